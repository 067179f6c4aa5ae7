# queues: as many rings as processors and backend allow, of as many frames as they agree on, all of them used
# shellcheck shell=dash

disks="xvdb:qdisk:64M xvdc:phy:256M xvdd:phy:64M"
driver_options=max_ring_page_order=4
cases=200

dom0() {
	local device
	for device in xvdb xvdd; do
		ok "image for $device is filled" dataio fill "$(image $device)" 64M 7
	done
	guest_start
	guest_wait written
	for device in xvdb xvdd; do
		ok "dom0 finds every byte on $device where it belongs" \
			dataio -p "$(guest_said written)" check "$(image $device)" 7 vec:$cases
	done
	is "QEMU takes one ring of 16 frames" "$(said xvdb ring-page-order) $(said xvdb multi-queue-num-queues)" "4 "
	is "xen-blkback takes two" "$(said xvdc ring-page-order) $(said xvdc multi-queue-num-queues)" "4 2"
	tell looked
	guest_ended
}

# said DEVICE NODE - what the guest's driver has written for the backend.
said() { xenstore-read "/local/domain/$(domid)/device/vbd/$(vbd "$1")/$2" 2>/dev/null; }

guest() {
	load_driver
	for device in xvdb xvdc xvdd; do wait_disk $device; done
	is "a disk of QEMU has a queue" "$(queues xvdb)" 1
	is "one of xen-blkback has a queue for each processor" "$(queues xvdc)" 2
	is "each with a tag for each of 512 slots" "$(cat /sys/block/xvdc/mq/1/nr_tags)" 512
	for device in xvdb xvdd; do
		ok "readv and writev on $device" dataio vec /dev/$device 7 $cases
	done
	ok "fio verifies at depth 600, four jobs" verified xvdc --iodepth=600 --bsrange=512-128k --offset_increment=64M --numjobs=4
	ok "both rings were used" used "vbd-$(vbd xvdc)" ring-0 ring-1
	measure requests "$(cat "/sys/kernel/debug/xen_blkfront_64k/vbd-$(vbd xvdc)"/*/requests | paste -sd ' ')"
	say written "$(page_size)"
	await looked
	unload_driver
	load_driver max_queues=1 max_ring_page_order=2
	wait_disk xvdc
	is "a disk has no more queues than it may have" "$(queues xvdc)" 1
	is "nor larger rings" "$(cat /sys/block/xvdc/mq/0/nr_tags)" 128
}

# used DEVICE RING... - each has had requests.
used() {
	local device=$1 ring
	shift
	for ring; do
		[ "$(cat "/sys/kernel/debug/xen_blkfront_64k/$device/$ring/requests")" -gt 0 ] || return 1
	done
}
