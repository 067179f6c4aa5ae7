# plug: disks that are attached and detached, and unbound and bound, again and again leave nothing behind
# shellcheck shell=dash

disks="xvdb:qdisk:32M xvdc:phy:32M"
patience=1800
# Of two disks.
plugs=$(often 3 100 500)
binds=$(often 20 500 500)

# dropped DEVICE - dom0's kernel is done with that backend. One that is not takes a disk attached again for a frontend that
# comes back, and does not say anew what it offers: with one ring instead of two, what is left would be another number.
dropped() { [ ! -e "/sys/bus/xen-backend/devices/vbd-$(domid)-$(vbd "$1")" ]; }

dom0() {
	local device round
	guest_start
	guest_wait ready
	for round in $(seq $plugs); do
		for device in xvdb xvdc; do
			if ! disk_detach $device >/tmp/detach 2>&1; then
				ok "$device is detached, time $round" not cat /tmp/detach
				return
			fi
			patiently dropped $device
			disk_attach "$(echo "$disks" | tr ' ' '\n' | grep $device)" >/tmp/attach 2>&1 || {
				ok "$device is attached, time $round" not cat /tmp/attach
				return
			}
		done
		tell "round$round"
		guest_hear "round$round"
	done
	for round in $(seq $binds); do guest_hear "bound$round"; done
	guest_ended
}

reads() { dd if="/dev/$1" of=/dev/null bs=64k count=16 iflag=direct 2>/dev/null; }

# left - free memory in KiB, free grant references, interrupts and threads of the driver. Of memory the most in twenty looks: what processes hold for
# a moment is more than what is looked for. What processors and slabs keep at hand is free, too: it comes and goes by MiB.
left() {
	local free most=0
	sync
	echo 1 | tee /sys/kernel/slab/*/shrink >/dev/null
	for _ in $(seq 20); do
		echo 3 >/proc/sys/vm/drop_caches
		free=$(($(awk '$1 == "pages" && $2 == "free" { n += $3 } $1 == "count:" { n += $2 } END { print n }' /proc/zoneinfo) * $(page_size) / 1024))
		[ "$free" -le $most ] || most=$free
	done
	echo "$most $(references) $(grep -c vbd- /proc/interrupts) $(ps | grep -c '\[vbd-')"
}

bind() {
	local device
	for device in xvdb xvdc; do
		echo "vbd-$(vbd $device)" >/sys/bus/xen/drivers/vbd/unbind
		patiently disk_gone $device || return
		echo "vbd-$(vbd $device)" >/sys/bus/xen/drivers/vbd/bind
	done
	for device in xvdb xvdc; do
		patiently disk_there $device && reads $device || return
	done
}

# as_before BEFORE - but for a MiB of memory and some references, of which a disk keeps what it has needed. What the backend still
# had mapped comes back later.
as_before() {
	after=$(left)
	echo "before: $1, after: $after"
	# shellcheck disable=SC2086
	set -- $1 $after
	[ $(($1 - $5)) -lt 1024 ] && [ $(($2 - $6)) -lt 20 ] && [ "$3 $4" = "$7 $8" ]
}

guest() {
	local device round before after
	insmod /modules/xbf_grants.ko
	load_driver
	for device in xvdb xvdc; do wait_disk $device; done
	for round in 1 2 3; do bind; done
	say ready
	for round in $(seq $plugs); do
		await "round$round"
		for device in xvdb xvdc; do
			patiently disk_there $device && reads $device || bail "$device does not work after being attached for the ${round}th time"
		done
		# The first time, the kernel makes room that it keeps.
		[ "$round" != 1 ] || before=$(left)
		say "round$round"
	done
	ok "both work after being attached $plugs times each" true
	ok "nothing is left of $((2 * plugs)) disks" soon as_before "$before"
	measure attached "$before, then $after"
	for round in $(seq $binds); do
		bind || break
		say "bound$round"
	done
	ok "both work after being bound $binds times each" [ "$round" = $binds ]
	before=$after
	ok "nothing is left of $((2 * binds)) bindings" soon as_before "$before"
	measure bound "$before, then $after"
}
