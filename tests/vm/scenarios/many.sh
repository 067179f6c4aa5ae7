# many: 64 disks in one guest, there at once and coming and going beside I/O; shutdown does not wait for any
# shellcheck shell=dash

kernels='*-amd64'
slow=1
# Names from xvdq on have numbers of the newer kind. QEMU has most of them: each of xen-blkback's takes a script of dom0's.
qdisks() {
	local first last
	for first in '' a b; do
		for last in a b c d e f g h i j k l m n o p q r s t u v w x y z; do echo "xvd$first$last:qdisk:16M"; done
	done | sed -n "$1p"
}
disks="$(qdisks 1,30 | paste -sd ' ') xvdca:phy:16M xvdcb:phy:16M xvdcc:phy:16M xvdcd:phy:16M"
memory=768
# libxl waits ten seconds for an answer of QEMU's, which has these to set up: so a guest is not created with all of them.
guest_prepare() {
	local disk
	for disk in $(qdisks 31,60); do ok "$disk is there before the guest is" disk_attach $disk; done
}
patience=900

dom0() {
	local disk
	guest_start
	guest_wait writing
	for disk in xvdc xvdq xvdaa xvdbb; do xl block-detach guest $disk & done
	wait
	guest_wait gone
	for disk in xvdc xvdq xvdaa xvdbb; do disk_attach $disk:qdisk:16M & done
	wait
	guest_wait end
	ok "shutdown is asked for" xl shutdown guest
	guest_gone
	is "and no disk was waited for" "$(grep -c 'timeout closing device' $console_log)" 0
}

count() { find /sys/block -name 'xvd*' | wc -l; }
are() { [ "$(count)" = "$1" ]; }

all_work() {
	local disk
	for disk in /sys/block/xvd*; do
		disk=${disk##*/}
		patiently disk_there "$disk" && dd if="/dev/$disk" of=/dev/null bs=64k count=16 iflag=direct || return
	done
}

guest() {
	local before job
	before=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
	load_driver
	ok "64 disks are there" patiently are 64 || count
	ok "all of them work" all_work
	measure memory "$(((before - $(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)) / 64)) KiB a disk"
	verified xvdb --size=14M --loops=5 >/tmp/load 2>&1 &
	job=$!
	say writing
	ok "four go" patiently are 60
	say gone
	ok "and come back" patiently are 64
	ok "with that, all of them work" all_work
	ok "another one was written to all the time" wait $job
	tail -n 3 /tmp/load
	mke2fs -q -t ext4 /dev/xvdb
	mount -t ext4 /dev/xvdb /mnt
	say end
	sleep 3600
}
