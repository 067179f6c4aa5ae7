# badinput: what xenstore or a parameter says wrongly is refused with one line; other disks go on
# shellcheck shell=dash

disks="xvdb:qdisk:64M"

# offer DEVICE NODE VALUE - a backend of no kind offers a disk with this one node wrong, or
# missing (`-`).
offer() { offered "$@" 6 Closed; }

# offered DEVICE NODE VALUE STATE NAME [NODE VALUE] - the same, answered with that state; another one is wrong as well.
offered() {
	local device=$1 node=$2 value=$3 path
	path=$(fake_disk "$device")
	xenstore-write "$path/sectors" 2048 "$path/sector-size" 512 "$path/info" 0 ${6:+"$path/$6" "$7"}
	if [ "$value" = - ]; then xenstore-rm "$path/$node"; else xenstore-write "$path/$node" "$value"; fi
	fake_offer "$device" && xenstore-write "$path/state" 4
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
	offered xvdn feature-discard 1 4 Connected discard-granularity 1000
	offered xvdo feature-discard 1 4 Connected discard-alignment 1000
	fake_disk xvdp many >/dev/null
	fake_disk xvdq 51968x >/dev/null
	tell offered
	guest_ended
}

# said DEVICE TEXT - exactly one line about the device, and it has the text.
said() {
	dmesg | grep "vbd-$(vbd "$1"): " >/tmp/said
	cat /tmp/said
	[ "$(wc -l </tmp/said)" = 1 ] && grep -qF "$2" /tmp/said
}

# said_too DEVICE TEXT - one line has it, and others are about the device: it is attached, or xenbus says as well that it is not.
said_too() { [ "$(dmesg | grep "vbd-$(vbd "$1"): " | grep -cF "$2")" = 1 ]; }

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
	ok "physical-sector-size 513 is not used" said_too xvdl \
		"backend says physical-sector-size 513, need a power of two from 512 to 1048576: not used"
	ok "no info" said xvdm "backend says no info, need a number"
	ok "discard-granularity 1000" said_too xvdn "backend says discard-granularity 1000 and discard-alignment 0, need multiples of 512: no discards"
	ok "discard-alignment 1000" said_too xvdo "backend says discard-granularity 512 and discard-alignment 1000, need multiples of 512: no discards"
	ok "a virtual device in words" patiently said_too xvdp "toolstack says virtual-device 'many', need a number: not attached"
	ok "one with something behind it" patiently said_too xvdq "toolstack says virtual-device '51968x', need a number: not attached"
	ok "the other disk works" dd if=/dev/xvdb of=/dev/null bs=64k iflag=direct
}
