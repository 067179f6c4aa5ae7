# badinput: what xenstore or a parameter says wrongly is refused with one line; other disks go on
# shellcheck shell=dash

disks="xvdb:qdisk:64M"

# offer DEVICE NODE VALUE - a backend of no kind offers a disk with this one node wrong, or
# missing (`-`).
offer() { offered "$@" 6 Closed; }

# offered DEVICE NODE VALUE STATE NAME - the same, answered with that state.
offered() {
	local device=$1 node=$2 value=$3 path
	path=$(fake_disk "$device")
	xenstore-write "$path/sectors" 2048 "$path/sector-size" 512 "$path/info" 0
	if [ "$value" = - ]; then xenstore-rm "$path/$node"; else xenstore-write "$path/$node" "$value"; fi
	xenstore-write "$path/state" 2
	patiently frontend_state_is "$device" 3 && xenstore-write "$path/state" 4
	ok "$device with $node $value is answered with $5" patiently frontend_state_is "$device" "$4"
}

dom0() {
	guest_start
	guest_wait loaded
	offer xvdc sectors -
	offer xvdd sectors 0
	offer xvde sectors 99999999999999999999999
	offer xvdf sectors 18446744073709551615
	offer xvdg sectors many
	offer xvdh sector-size 1000
	offer xvdi sector-size 0
	offer xvdj sector-size 65536
	offer xvdk sector-size -
	offered xvdl physical-sector-size 513 4 Connected
	offer xvdm info -
	tell offered
	guest_ended
}

# said DEVICE TEXT - exactly one line about the device, and it has the text.
said() {
	dmesg | grep "vbd-$(vbd "$1"): " >/tmp/said
	cat /tmp/said
	[ "$(wc -l </tmp/said)" = 1 ] && grep -qF "$2" /tmp/said
}

guest() {
	ok "with enable=0 it does not load" not insmod /modules/xen_blkfront_64k.ko enable=0
	ok "and says so" sh -c 'dmesg | grep "xen_blkfront_64k: enable=0: disks are left to another driver"'
	ok "and has taken no major number" not grep ' xvd$' /proc/devices
	load_driver max_request_slots=99
	wait_disk xvdb
	ok "a parameter out of range is clamped, with a line" \
		sh -c 'dmesg | grep "max_request_slots 99, expected 2 to 8: using 8"'
	say loaded
	await offered
	ok "no sectors" said xvdc "backend says no sectors, need a number: not attached"
	ok "zero sectors" said xvdd "backend says sectors 0, need 1 to"
	ok "sectors past 64 bits" said xvde "backend says sectors '99999999999999999999999', need a number"
	ok "absurd sectors" said xvdf "backend says sectors 18446744073709551615, need 1 to"
	ok "sectors in words" said xvdg "backend says sectors 'many', need a number"
	ok "sector-size 1000" said xvdh "backend says sector-size 1000, need a power of two from 512 to 4096"
	ok "sector-size 0" said xvdi "backend says sector-size 0, need a power of two"
	ok "sector-size 65536" said xvdj "backend says sector-size 65536, need a power of two"
	ok "no sector-size" said xvdk "backend says no sector-size, need a number"
	ok "physical-sector-size 513 is not used" sh -c \
		'dmesg | grep "vbd-$1: backend says physical-sector-size 513, need a power of two from 512 to 1048576: not used"' - "$(vbd xvdl)"
	ok "no info" said xvdm "backend says no info, need a number"
	ok "the other disk works" dd if=/dev/xvdb of=/dev/null bs=64k iflag=direct
}
