# hostile: a backend that answers what it was not asked, or keeps a request's frames, breaks its own disk and no other; one that
# is not trusted sees no more than it is given
# shellcheck shell=dash

disks="xvdb:qdisk:16M"
# Each is from `serve`, which does this wrong after so many right answers: in the middle of the load.
hostile="xvdc:again xvdd:nobody xvde:operation xvdf:too-many xvdg:keep xvdh:halfway"
right=100
# Around all that it sends, dataio has such bytes, which never are on a disk.
canary=$((0xc5))
patience=1800
# The kernel says so of each attempt to take back a frame that a backend keeps.
no_splat='WARNING: g\.e\. 0x[0-9a-f]+ still in use'

guest_prepare() {
	local disk
	serve_disk xvdi 16 -w "late=$right"
	for disk in xvdj xvdk; do serve_disk $disk 16 -l $canary; done
	distrust xvdk
	for disk in $hostile; do serve_disk "${disk%:*}" 16 -w "${disk#*:}=$right"; done
	# The last of them does not end by itself.
	halfway=$!
}

dom0() {
	local disk
	guest_start
	guest_wait given
	ok "a backend sees what lies beside the data" grep -q 'saw [0-9]* words' "$(requests_to xvdj)"
	is "one that is not trusted does not" "$(cat "$(requests_to xvdk)")" ""
	guest_wait broken
	kill $halfway
	xenstore-write "$(backend_path xvdh)/state" 6
	for disk in $hostile; do
		ok "the guest has closed ${disk%:*}" patiently backend_state_is "${disk%:*}" 6
		fake_remove "${disk%:*}"
	done
	tell removed
	guest_wait gone
	for disk in $hostile; do serve_disk "${disk%:*}" 16; done
	tell anew
	guest_ended
}

# said DEVICE REGEX - exactly one line that says what was wrong, and it has the text.
said() {
	dmesg | grep "vbd-$(vbd "$1"): .*expected" >/tmp/said
	cat /tmp/said
	[ "$(wc -l </tmp/said)" = 1 ] && grep -q "$2" /tmp/said
}

# fails DEVICE WHAT REGEX [COMMAND...] - that one, or a verified load.
fails() {
	local device=$1 what=$2 regex=$3
	shift 3
	[ $# -gt 0 ] || set -- verified "$device"
	ok "I/O on $device fails when its backend $what" not "$@"
	ok "one line says so" patiently said "$device" "$regex"
	ok "$device takes no more I/O" not dd if="/dev/$device" of=/dev/null bs=4k count=1 iflag=direct
	ok "another disk is as it was" verified xvdb
}

guest() {
	local disk
	load_driver
	wait_disk xvdb
	for disk in $hostile; do wait_disk "${disk%:*}"; done
	ok "all is well with another disk" verified xvdb
	for disk in xvdj xvdk; do
		wait_disk $disk
		ok "unaligned vectors on $disk, whose backend looks around" sh -c "dataio fill /dev/$disk 16M 7 && dataio vec /dev/$disk 7 100"
	done
	say given
	fails xvdc "answers a request twice" "backend answers slot .*, expected a slot that waits for an answer: disk broken"
	fails xvdd "answers one that was never sent" "backend answers slot 18446744073709551615 .*, expected a slot number within the ring: disk broken"
	fails xvde "answers as another operation" "backend answers slot .* operation 5 .*, expected the operation that was asked for: disk broken"
	fails xvdf "answers more than were sent" "backend says rsp_prod [0-9]*, expected [0-9]* to [0-9]*: disk broken"
	fails xvdg "keeps frames" "backend keeps [0-9]* frames of a finished request mapped, expected none: memory is at risk"
	# Of the 16 frames of a request 11 are mapped: the grants of the others may be named in a slot that is read later.
	fails xvdh "stops in the middle of a request" "backend keeps 11 frames of a finished request mapped, expected none: memory is at risk" \
		dd if=/dev/xvdh of=/dev/null bs=64k count=200 iflag=direct
	wait_disk xvdi
	dmesg -c >/dev/null
	ok "I/O on xvdi ends when its backend unmaps frames late" verified xvdi
	# As often as it is asked before it is given up.
	ok "and is asked for one at a time" [ "$(dmesg | tee /tmp/late | grep -c 'still in use')" -le 11 ]
	ok "having been asked" grep -q 'still in use' /tmp/late
	say broken
	await removed
	for disk in $hostile; do ok "${disk%:*} can be removed" patiently disk_gone "${disk%:*}"; done
	say gone
	await anew
	for disk in $hostile; do
		wait_disk "${disk%:*}"
		ok "with a backend that does nothing wrong it works" verified "${disk%:*}"
	done
}
