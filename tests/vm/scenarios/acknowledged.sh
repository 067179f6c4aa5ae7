# acknowledged: no write that was acknowledged is lost when disks are detached under load, and when a backend is killed
# shellcheck shell=dash

slow=1
kernels='!(*-*)' # our own: packages come without the module that counts
disks="xvdb:qdisk:64M xvdc:phy:64M"
patience=1800
detaches=$(often 3 100 100) # of each disk

disk_of() { echo "$disks" | tr ' ' '\n' | grep "$1"; }

# The command line of the guest's QEMU, for another one like it, started in the same way.
qdisk_save() { cp "/proc/$(pidof qemu-system-i386)/cmdline" /tmp/qdisk; }
qdisk_start() { xargs -0 sh -c 'shift; exec qdisk "$@"' sh </tmp/qdisk >/dev/null 2>&1 & }

# replug DEVICE - detaches that disk and attaches it again.
replug() { disk_detach "$1" && disk_attach "$(disk_of "$1")" && patiently frontend_state_is "$1" 4; }

plug() {
	local n other
	for n in $(seq $detaches); do
		replug xvdb &
		other=$!
		replug xvdc && wait $other || return
		tell "plugged$n"
		guest_wait "wrote$n"
	done
}

dom0() {
	local device
	guest_start
	guest_wait writing
	ok "both are detached under load $detaches times" plug
	qdisk_save
	killall -KILL qemu-system-i386
	tell killed
	guest_wait failed
	ok "the disk of the dead backend is detached by force" disk_detach --force xvdb
	qdisk_start
	ok "and attached to another" disk_attach xvdb:qdisk:64M
	ok "which connects" patiently frontend_state_is xvdb 4
	guest_wait ended
	for device in xvdb xvdc; do
		ok "all that was acknowledged is on $device" acklog check "$(image $device)" $console_log /dev/$device
		measure $device "$(acklog check "$(image $device)" $console_log /dev/$device | tail -n 1)"
		ok "$device is detached" disk_detach $device
	done
	tell detached
	guest_ended
}

# are_back BEFORE - but for some that others may have taken.
are_back() { [ $(($1 - $(references))) -lt 100 ]; }

guest() {
	local device n before begun missing took
	insmod /modules/xbf_grants.ko
	before=$(references)
	load_driver
	for device in xvdb xvdc; do
		wait_disk $device
		acklog write /dev/$device /tmp/enough >"/tmp/$device.out" 2>&1 &
	done
	under_load xvdb xvdc
	say writing
	for n in $(seq $detaches); do
		await "plugged$n"
		under_load xvdb xvdc
		say "wrote$n"
	done
	await killed
	ok "the killed backend is noticed" patiently sh -c 'dmesg | grep -q "backend is gone: event channel status"'
	say failed
	ok "and its disk goes" patiently disk_gone xvdb
	ok "there is a new one" patiently wrote xvdb 50
	touch /tmp/enough
	wait
	for device in xvdb xvdc; do
		ok "the writer on $device lost nothing on its way" grep acknowledged "/tmp/$device.out"
		measure $device "$(cat /tmp/$device.out)"
	done
	say ended
	await detached
	begun=$(uptime_s)
	missing=$((before - $(references)))
	ok "grant references have come back" patiently are_back "$before"
	# Each time that a disk is detached, hundreds are still mapped. The core gets back ten a second of what it is left with.
	took=$(($(uptime_s) - begun))
	measure references "$missing of $before missing, $took s"
	ok "in less than half of the time that the core would take" [ $missing -lt 100 -o $((2 * 10 * took)) -le $missing ]
}
