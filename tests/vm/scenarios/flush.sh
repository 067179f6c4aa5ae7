# flush: a flush reaches the backend, its error is an error and no more, and where nothing can be flushed it is done
# shellcheck shell=dash

disks="xvdb:phy:16M xvdc:phy:/dev/dm-0 xvdd:qdisk:16M xvde:qdisk:16M"

# moody UP DOWN - the disk below xvdc works or fails for so many seconds.
moody() {
	local loop
	loop=$(loop_for "$(image xvdc)")
	echo "0 32768 flakey $loop 0 $1 $2 1 error_writes"
}

# What QEMU offers is in xenstore before the guest is let run.
guest_prepare() {
	local path
	path=$(backend_path xvdd)
	xenstore-rm "$path/feature-flush-cache"
	path=$(backend_path xvde)
	xenstore-rm "$path/feature-flush-cache"
	# QEMU does not know barriers: it answers with an error.
	xenstore-write "$path/feature-barrier" 1
	# No real one refuses what it has offered.
	serve_disk xvdf 16 -r flush feature-flush-cache=1
	serve_disk xvdg 16 -r write feature-flush-cache=1
	# Nor does one know barriers any more.
	serve_disk xvdh 16 -r flush feature-flush-cache=1 feature-barrier=1
}

flushes() { cat "/sys/bus/xen-backend/devices/vbd-$(domid)-$(vbd "$1")/statistics/f_req"; }

dom0() {
	local before
	modprobe dm-flakey
	truncate -s 16M "$(image xvdc)"
	moody 3600 0 | dmsetup create moody
	guest_start
	guest_wait flushed
	ok "five flushes have come to xen-blkback" [ "$(flushes xvdb)" -ge 5 ]
	dmsetup suspend moody
	moody 0 3600 | dmsetup load moody
	dmsetup resume moody
	tell failing
	guest_wait failed
	dmsetup suspend moody
	moody 3600 0 | dmsetup load moody
	dmsetup resume moody
	before=$(flushes xvdc)
	tell working
	guest_wait flushed-again
	ok "after an error flushes go on" [ "$(flushes xvdc)" -gt "$before" ]
	guest_wait refused
	is "a backend that refuses a flush is not asked again" "$(grep -c flush "$(requests_to xvdf)")" 1
	is "one that has barriers as well is asked for those from then on, for each write with FUA too" \
		"$(uniq -c "$(requests_to xvdh)" | awk '{ print $1, $2 }' | paste -sd ,)" "1 flush,6 barrier"
	guest_ended
}

# flush DISK - and nothing else.
flush() { dd if=/dev/null of="$1" conv=notrunc,fsync; }

guest() {
	local device n
	load_driver
	for device in xvdb xvdc xvdd xvde; do wait_disk $device; done
	for n in 1 2 3 4 5; do ok "flush number $n" flush /dev/xvdb; done
	ok "one of the disk that will fail" flush /dev/xvdc
	say flushed
	await failing
	ok "an error of the disk is an error of the flush" not flush /dev/xvdc
	ok "each time" not flush /dev/xvdc
	say failed
	await working
	ok "a flush that can be done is done again" flush /dev/xvdc
	say flushed-again
	ok "a backend that offers no flush has nothing to flush" sh -c "dmesg | grep 'xvdd: .*flush none'"
	ok "there it is done at once" flush /dev/xvdd
	ok "a barrier is the second choice" sh -c "dmesg | grep 'xvde: .*flush barrier'"
	ok "its error is an error, too" not flush /dev/xvde
	ok "and does not turn it off" not flush /dev/xvde
	ok "writes are not touched by that" dd if=/dev/zero of=/dev/xvde bs=64k count=4 oflag=direct
	for device in xvdf xvdg xvdh; do wait_disk $device; done
	ok "a flush that the backend refuses is done without" flush /dev/xvdf
	ok "which is said" sh -c "dmesg | grep 'vbd-$(vbd xvdf): backend refuses operation 3 that it has offered: taken as having no cache'"
	ok "so is another one, with a write" dd if=/dev/zero of=/dev/xvdf bs=64k count=1 oflag=direct conv=fsync
	ok "xvdf gives back what was written" verified xvdf --size=8M --end_fsync=1
	ok "a write that the backend refuses fails" not dd if=/dev/zero of=/dev/xvdg bs=64k count=1 oflag=direct
	ok "each time" not dd if=/dev/zero of=/dev/xvdg bs=64k count=1 oflag=direct
	ok "a flush that can be done as a barrier is" flush /dev/xvdh
	ok "so is the next one" flush /dev/xvdh
	ok "and what four writes with FUA ask for" fua xvdh 4
	say refused
}
