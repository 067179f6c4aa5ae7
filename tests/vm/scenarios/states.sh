# states: a backend and a toolstack that say anything, in any order, neither crash nor hang what is not theirs
# shellcheck shell=dash

disks="xvdb:qdisk:64M xvdc:phy:64M"
patience=900
sequences=$(often 250 1000 1000)

dom0() {
	guest_start
	guest_wait ready
	if [ "$seed" ]; then
		states -v "$(domid)" "$seed" 1 2>&1 | while IFS= read -r line; do diag "$line"; done
	else
		# Among what the guest says, so that it is seen which it was.
		ok "$sequences sequences of states and nodes are played" played 1 $sequences
	fi
	tell over
	guest_wait left
	ok "a disk is attached after that" disk_attach xvdd:qdisk:16M
	guest_ended
}

played() {
	{ states "$(domid)" "$@" && : >/tmp/played; } | while IFS= read -r line; do printf '%s\n' "$line" >"$marks"; done
	[ -e /tmp/played ]
}

reads() { dd if="/dev/$1" of=/dev/null bs=64k count=64 iflag=direct; }
devices() { basename -a /sys/bus/xen/devices/vbd-* | paste -sd ' '; }
all_are() { [ "$(devices)" = "$1" ]; }

guest() {
	local before
	load_driver
	wait_disk xvdb
	wait_disk xvdc
	before=$(devices)
	while ! told over >/dev/null; do
		reads xvdb && reads xvdc || echo "failed" >>/tmp/failed
		sleep 1
	done >/dev/null 2>&1 &
	say ready
	await over
	wait
	ok "two disks worked all the time" not cat /tmp/failed
	ok "all other devices are gone" patiently all_are "$before" || devices
	say left
	wait_disk xvdd
	ok "a new one works" reads xvdd
	measure lines "$(dmesg | grep -c 'vbd-')"
	measure states "$(dmesg | sed -n 's/.*vbd-[0-9]*: //p' | sed "s/'.*'/S/;s/[0-9][0-9]*/N/g" | sort | uniq -c | sort -rn | head -n 30 | paste -sd ';')"
	ok "the driver unloads" unload_driver
}
