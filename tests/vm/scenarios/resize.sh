# resize: a backend that says another capacity while the disk is in use changes its size, up and down
# shellcheck shell=dash

disks="xvdb:qdisk:64M xvdc:phy:64M"
patience=900

# say_sectors N - as a backend says it: the number, and its state once more.
say_sectors() {
	xenstore-write "$backend/sectors" "$1"
	xenstore-write "$backend/state" 4
}

dom0() {
	local size backend
	guest_start
	backend=$(backend_path xvdb)
	guest_wait ready
	for size in 262144 65536 bad; do
		say_sectors $size
		tell "size$size"
		guest_wait "seen$size"
	done
	for size in $(seq 131073 131172); do say_sectors $size; done
	tell sizes
	guest_wait changed
	truncate -s 96M "$(image xvdc)"
	losetup -c "$(loop_for "$(image xvdc)")"
	tell grown
	guest_ended
}

blockdev_is() { [ "$(blockdev --getsize64 /dev/xvdb)" = $(($1 * 512)) ]; }

guest() {
	local size begun events
	load_driver
	wait_disk xvdb
	# Held open, as by a filesystem; the kernel's own size of it follows as well.
	exec 7</dev/xvdb
	events=$(cat /sys/kernel/uevent_seqnum)
	say ready
	for size in 262144 65536; do
		await size$size
		ok "the disk has $size sectors" patiently size_is xvdb $size
		ok "and so has whoever holds it open" patiently blockdev_is $size
		ok "user space is told" patiently told_since "$events"
		events=$(cat /sys/kernel/uevent_seqnum)
		say seen$size
	done
	await sizebad
	ok "a capacity that is none is refused with a line" patiently refused
	ok "and nothing changes" size_is xvdb 65536
	ok "its data can still be read" dd if=/dev/xvdb of=/dev/null bs=64k count=16
	begun=$(uptime_s)
	events=$(cat /sys/kernel/uevent_seqnum)
	say seenbad
	await sizes
	ok "of a hundred changes the last one counts" patiently size_is xvdb 131172
	ok "and user space is not told more often than once a second" seldom
	say changed
	# Xen-blkback looks when it is asked for something.
	await grown
	wait_disk xvdc
	ok "a disk that xen-blkback sees grow while it is written to works" verified xvdc --size=60M --bsrange=64k-256k
	ok "and has the new size" soon size_is xvdc 196608
	ok "up to its end" verified xvdc --offset=64M --size=32M
}

told_since() { [ "$(cat /sys/kernel/uevent_seqnum)" -gt "$1" ]; }

# seldom - counted since then, with one at each end.
seldom() {
	local events=$(($(cat /sys/kernel/uevent_seqnum) - events)) seconds=$(($(uptime_s) - begun))
	echo "$events events in $seconds s"
	[ $events -le $((seconds + 2)) ]
}

refused() { dmesg | grep -q "backend says sectors 'bad', need a number: ignored"; }
