# What a scenario's guest side is written with (busybox sh, after report.sh).
# shellcheck shell=dash

# say TOKEN [VALUE] - lets dom0's `guest_wait TOKEN` return.
say() { xenstore-write "data/say/$1" "${2-1}"; }

# await TOKEN - until dom0 tells it; bails if it never does.
await() { patiently told "$1" >/dev/null || bail "dom0 never told '$1'"; }

# told TOKEN - the value that dom0 gave with `tell TOKEN VALUE`; fails if it has not yet.
told() { xenstore-read "data/tell/$1" 2>/dev/null; }

# load_driver [PARAMETER=VALUE...] - the scenario's $driver (`ours`, the default, or
# `stock`) with its $driver_options and these.
load_driver() {
	local module=xen_blkfront_64k
	[ "${driver:-ours}" = ours ] || module=xen-blkfront
	# shellcheck disable=SC2086
	insmod "/modules/$module.ko" ${driver_options-} "$@" || bail "no driver $module"
}

# unload_driver - xenbus holds the module for every device, so they are unbound first.
unload_driver() {
	local module=xen_blkfront_64k
	[ "${driver:-ours}" = ours ] || module=xen_blkfront
	(cd /sys/bus/xen/drivers/vbd && for device in vbd-*; do echo "$device" >unbind; done)
	rmmod "$module"
}

# disk_there DEVICE - it exists and has a size; wait_disk waits for that.
disk_there() {
	local size
	{ read -r size <"/sys/class/block/$1/size"; } 2>/dev/null && [ "$size" -gt 0 ] && [ -b "/dev/$1" ]
}
wait_disk() { ok "$1 appears" patiently disk_there "$1" || bail "no $1"; }

# queues DEVICE - how many hardware queues it has.
queues() { find "/sys/block/$1/mq" -mindepth 1 -maxdepth 1 | wc -l; }

# verified DEVICE [OPTION...] - writes all over it, of any length, many at a time; what is read back is right. OPTIONs are fio's.
# A load gives way to what is done meanwhile, but not as far as `acklog`, which has many more threads.
verified() {
	local device=$1
	shift
	fio --name=verified --filename="/dev/$device" --direct=1 --ioengine=libaio --iodepth=16 --rw=randwrite --bsrange=512-256k --blockalign=512 \
		--size=16M --verify=crc32c --verify_fatal=1 --verify_state_save=0 --nice=10 --randseed=4711 --group_reporting --minimal "$@"
}

# fua DEVICE N - that many writes with FUA, one at a time. Other ways of writing have the kernel flush as well.
fua() { fio --name=fua --filename="/dev/$1" --direct=1 --sync=1 --ioengine=libaio --rw=write --bs=4k --size=$(($2 * 4))k --minimal; }

# keep_verified DEVICE COMMAND... - that with other data each time, until COMMAND succeeds. always_verified DEVICE: never in vain.
keep_verified() {
	local device=$1 n=0
	shift
	until "$@" >/dev/null; do
		n=$((n + 1))
		verified "$device" --iodepth=32 --size=8M --fsync=16 --randseed=$n >"/tmp/$device.out" 2>&1 || return
		echo $n >"/tmp/$device.rounds"
	done
	touch "/tmp/$device.good"
}
always_verified() {
	tail -n 5 "/tmp/$1.out"
	[ -e "/tmp/$1.good" ]
}

# writes DEVICE - how many have ended since it appeared; 0 if it is not there. wrote DEVICE N: more than so many.
writes() {
	local n=0
	{ read -r _ _ _ _ n _ <"/sys/class/block/$1/stat"; } 2>/dev/null
	echo "$n"
}
wrote() { [ "$(writes "$1")" -gt "$2" ]; }

# under_load DEVICE... - until fifty more writes to each of them have ended; bails if they never do.
under_load() {
	local device
	for device; do
		patiently wrote "$device" $(($(writes "$device") + 50)) || bail "$device is not written to"
	done
}

# page_size - of this kernel, in bytes: a block of tmpfs (5.10 may have no smaps).
page_size() { stat -f -c %s /run; }

# size_is DEVICE SECTORS
size_is() { [ "$(cat "/sys/class/block/$1/size")" = "$2" ]; }

# in_flight DEVICE - how many of its requests are. in_flight_are DEVICE N - that many, or more.
in_flight() { awk '{ print $1 + $2 }' "/sys/block/$1/inflight"; }
in_flight_are() { [ "$(in_flight "$1")" -ge "$2" ]; }

# counter DEVICE NAME - of all its rings together.
counter() { cat "/sys/kernel/debug/xen_blkfront_64k/vbd-$(vbd "$1")"/*/"$2" | awk '{ sum += $1 } END { print sum + 0 }'; }

# restore DEVICE - what a restore of the guest does to it; with the rig's own kernels, after insmod of xbf_resume.
restore() { echo "vbd-$(vbd "$1")" >/sys/module/xbf_resume/parameters/device; }

# references - how many grant references are left to the guest; with the rig's own kernels, after insmod of xbf_grants.
references() { cat /sys/module/xbf_grants/parameters/free; }

# diagnose - says how disks are. What processes wait for dom0 asks the kernel.
diagnose() {
	local file
	for file in /sys/block/xvd*/inflight /sys/kernel/debug/block/xvd*/requeue_list /sys/kernel/debug/block/xvd*/state \
		/sys/kernel/debug/block/xvd*/hctx*/state /sys/kernel/debug/block/xvd*/hctx*/flags /sys/kernel/debug/block/xvd*/hctx*/dispatch \
		/sys/kernel/debug/block/xvd*/hctx*/busy /sys/kernel/debug/block/xvd*/hctx*/cpu*/*_rq_list \
		/sys/kernel/debug/block/xvd*/sched/* /sys/kernel/debug/xen_blkfront_64k/*/*/*; do
		[ ! -f "$file" ] || sed "s,^,$file: ," "$file"
	done
}

# disk_gone DEVICE - for `patiently`.
disk_gone() { [ ! -e "/sys/class/block/$1" ]; }
