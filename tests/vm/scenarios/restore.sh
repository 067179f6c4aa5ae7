# restore: what a restore does to a frontend, under load and to backends that have changed, with 64 KiB pages
#
# Xen on arm64 saves no guest; a module of the test's calls the bus's own callbacks instead.
# shellcheck shell=dash

kernels='!(*-*)' # our own: packages come without the module
slow=1
disks="xvdb:qdisk:128M xvdc:phy:128M xvdd:phy:128M xvde:qdisk:512M"
memory=320
driver_options=max_ring_page_order=2
patience=900
# What was never saved has its grants left: the backend lets go of the rings when it is reconnected.
no_splat='xen:grant_table: WARNING: g.e. .* still in use!'

# blkback PARAMETER VALUE [NODE] - for disks that connect from now on; said in xenstore, as one that has just begun does.
blkback() {
	echo "$2" >"/sys/module/xen_blkback/parameters/$1"
	[ ! "${3-}" ] || xenstore-write "$(backend_path xvdc)/$3" "$2" "$(backend_path xvdd)/$3" "$2"
}

# xvdf is there when the driver comes, half connected.
guest_prepare() {
	qdisk_stop_early xvdb
	fake_disk xvdf
	fake_disk xvdg
}

dom0() {
	local loop
	truncate -s 16M "$(image xvdh)"
	disks="$disks xvdh:qdisk:$(loop_for "$(image xvdh)")"
	guest_start
	guest_wait waiting
	# Not before: QEMU looks at all disks when one of its nodes is written, and was stopped in the middle of that.
	offer_flush 0
	qdisk_continue
	flushed 1 "nothing is flushed where nothing can be" 0
	offer_flush 1
	tell fua1
	flushed 2 "FUA is not lost when the next backend has a cache" 4
	offer_flush 0
	tell fua2
	flushed 3 "nor a matter for one without" 0
	fake_online xvdi
	fake_refuse xvdi
	ok "a backend takes no ring" patiently heard_of_refusal xvdi
	tell refused
	guest_wait restored-refused
	ok "after a restore it is asked again" fake_close xvdi
	serve_disk xvdi 16
	amid
	replaced
	guest_wait running
	# Fewer rings, smaller ones, no persistent grants; and all of it again.
	blkback max_queues 1 multi-queue-max-queues
	round 1
	blkback max_ring_page_order 0 max-ring-page-order
	blkback feature_persistent 0
	round 2
	blkback max_queues 2 multi-queue-max-queues
	blkback max_ring_page_order 4 max-ring-page-order
	blkback feature_persistent 1
	round 3
	# Another size and larger sectors; nobody writes to this one. After that, swap.
	loop=$(loop_for "$(image xvdd)")
	truncate -s 192M "$(image xvdd)"
	ok "the image has grown" losetup -c "$loop"
	ok "and has larger sectors" losetup --sector-size 4096 "$loop"
	round 4
	qdisk_stop
	tell stopped
	guest_wait restored-twice
	qdisk_continue
	tell continued
	guest_ended
}

# amid - a backend waits for rings, and may be reading of those of before when the guest is restored.
amid() {
	fake_online xvdk
	ok "a backend is told of a ring" fake_offer xvdk
	tell amid
	guest_wait restored-amid
	ok "when it may be reading that, it is to close before it is told of another" fake_close xvdk
	serve_disk xvdk 16
}

# replaced - a backend falls silent in the middle of I/O, and dies; the next one has a smaller disk, larger sectors, and a cache.
replaced() {
	local silent
	serve_disk xvdj 16 -w asleep=100
	silent=$!
	patiently grep silent "$(requests_to xvdj)"
	tell asleep
	guest_wait restored-silent
	kill $silent
	wait $silent
	# On the same nodes: the frontend goes on.
	serve "$(domid)" "$(vbd xvdj)" 8 sector-size=4096 feature-flush-cache=1 >/run/requests.new &
	guest_wait taken-over
	ok "the write with FUA was flushed" grep flush /run/requests.new
}

# offer_flush 0|1 - by the backend of xvdh, from its next connection on.
offer_flush() { xenstore-write "$(backend_path xvdh)/feature-flush-cache" "$1"; }

# flushed NUMBER TEXT TIMES - so often QEMU has flushed what is below xvdh since it was asked the last time.
flushed() {
	local now
	guest_wait "fua$1"
	now=$(awk '{ print $16 }' "/sys/block/$(basename "$(loop_for "$(image xvdh)")")/stat")
	is "$2" $((now - ${flushes:-0})) "$3"
	flushes=$now
}

round() {
	tell "round$1"
	guest_wait "round$1"
}

# connected DEVICE TIMES - so often it has said that it is connected.
connected() { [ "$(connections "$1")" -ge "$2" ]; }
connections() { dmesg | grep -c " $1: .* sector-size"; }
rings() { dmesg | grep " $1: .* sector-size" | grep -o "$2" | paste -sd ' '; }

# restored DEVICE - and connected again. A backend that still connects to what was there before fails when that goes; where
# guests are really restored, that one was for another domain. Twice in a row is for backends that are silent.
restored() {
	local before
	before=$(connections "$1")
	restore "$1" && patiently connected "$1" $((before + 1))
}

# restored_round NUMBER DISK... - each of them in the middle of I/O.
restored_round() {
	local number=$1 disk
	shift
	await "round$number"
	for disk; do
		patiently in_flight_are "$disk" 1
		ok "$disk is restored, time $number" restore "$disk"
	done
	for disk; do ok "$disk connects" patiently connected "$disk" $((number + 1)); done
	say "round$number"
}

# one read|write BYTES OFFSET - on xvdj. Busybox's dd goes on without O_DIRECT where that is refused.
one() { fio --name=one --filename=/dev/xvdj --direct=1 --rw="$1" --bs="$2" --size="$2" --offset="$3"; }

# taken_over - what waits for one backend when its disk gets another one: as much of it as that can do is done.
taken_over() {
	local slots fua odd beyond before
	wait_disk xvdj
	dd if=/dev/xvdj of=/dev/null bs=512k count=15 iflag=direct &
	slots=$!
	await asleep
	before=$(in_flight xvdj)
	fua xvdj 1 >/dev/null &
	fua=$!
	one write 512 $((8191 * 512)) &
	odd=$!
	one read 4k 12M &
	beyond=$!
	patiently in_flight_are xvdj $((before + 3))
	ok "xvdj is restored while that waits" restore xvdj
	say restored-silent
	ok "one of several slots is done by the next backend" wait $slots
	ok "so is a write with FUA" wait $fua
	ok "one that is no whole sector there fails" not wait $odd
	ok "with a line" sh -c "dmesg | grep 'vbd-$(vbd xvdj): request of 512 bytes at sector 8191 in 1 segments, expected sectors of 4096 bytes'"
	ok "so does one beyond the end" not wait $beyond
	say taken-over
	ok "the disk is smaller" patiently size_is xvdj 16384
	ok "and has larger sectors" patiently sector_is xvdj 4096
	ok "and works" verified xvdj --size=8M --bsrange=4k-256k --blockalign=4k
}

guest() {
	local before disk n queues
	load_driver
	insmod /modules/xbf_resume.ko
	ok "restored before the first backend connects" restore xvdb
	ok "and one whose backend has not begun" restore xvdf
	ok "twice" restore xvdf
	say waiting
	for disk in xvdb xvdc xvdd xvde xvdh; do wait_disk $disk; done
	for n in 1 2 3; do
		[ $n = 1 ] || { await fua$((n - 1)) && ok "xvdh is restored" restored xvdh; }
		ok "writes with FUA, time $n" fua xvdh 4
		say fua$n
	done
	await refused
	ok "one that takes no ring is restored" restore xvdi
	say restored-refused
	ok "and is there when its backend does" patiently disk_there xvdi

	await amid
	ok "one that waits for its backend is restored" restore xvdk
	say restored-amid
	ok "and is there when that has closed" patiently disk_there xvdk

	taken_over
	queues=$(queues xvdc)
	for disk in xvdb xvdc; do keep_verified $disk test -e /tmp/enough & done
	say running
	restored_round 1 xvdb xvdc
	restored_round 2 xvdb xvdc
	restored_round 3 xvdb xvdc
	is "there are as many hardware queues as at first" "$(queues xvdc)" "$queues"

	await round4
	ok "the other one is restored" restore xvdd
	ok "it connects" patiently connected xvdd 2
	ok "it has the new size" patiently size_is xvdd 393216
	ok "and the larger sectors" patiently sector_is xvdd 4096
	ok "and works" verified xvdd --bsrange=4k-256k --blockalign=4k

	mkswap /dev/xvde
	ok "a disk is swap space" swapon /dev/xvde
	mount -o remount,size=400m /tmp
	(
		while [ ! -e /run/filled ]; do
			restored xvde
			sleep 1
		done
	) &
	ok "more than memory is written while that is restored" dataio fill /tmp/big 300M 5
	touch /run/filled
	wait $!
	ok "and comes back from there" dataio check /tmp/big 5
	measure swap "$(awk '$1 == "/dev/xvde" { print $4 }' /proc/swaps) KiB, connected $(connections xvde) times"
	rm /tmp/big
	ok "it is given back" swapoff /dev/xvde
	say round4

	# No time to connect in between, once without a backend that could.
	await stopped
	before=$(connections xvdb)
	for n in 1 2 3; do
		ok "restored while the backend is silent, time $n" restore xvdb
		ok "and one that is not, again" restored xvdc
	done
	say restored-twice
	await continued
	ok "that one connects when it goes on" patiently connected xvdb $((before + 1))
	for n in $(seq 10); do
		ok "restored in the middle of it, time $n" restored xvdb
		ok "and the other one" restored xvdc
		sleep 0.$((n % 7))
	done
	sleep 5
	touch /tmp/enough
	wait
	for disk in xvdb xvdc; do
		ok "verified writes to $disk never fail" always_verified $disk
		measure "$disk" "written $(cat /tmp/$disk.rounds) times, connected $(connections $disk) times"
	done
	is "rings as there were" "$(rings xvdc 'rings [0-9]*' | cut -d' ' -f-8)" "rings 2 rings 1 rings 1 rings 2"
	is "slots as there were" "$(rings xvdc 'slots [0-9]*' | cut -d' ' -f-8)" "slots 128 slots 128 slots 32 slots 128"
	is "data as it can be" "$(rings xvdc 'data [a-z ]*' | cut -d' ' -f-11)" "data in persistent grants data in persistent grants data in place"
	ok "the driver unloads" unload_driver
}

sector_is() { [ "$(cat "/sys/block/$1/queue/logical_block_size")" = "$2" ]; }
