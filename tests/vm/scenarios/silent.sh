# silent: a backend that stops answering holds up its own disk and nothing else; nothing is lost
# shellcheck shell=dash

# All qdisks are one QEMU process; the disk that must go on is xen-blkback's.
disks="xvdb:qdisk:256M xvdc:phy:64M"

# Before the guest runs: QEMU stands still with its disk half connected, and there is
# a disk whose backend has not even begun.
guest_prepare() {
	qdisk_stop_early xvdb
	fake_disk xvde
}

dom0() {
	guest_start
	guest_wait booted
	qdisk_continue
	guest_wait writing
	qdisk_stop
	tell stopped
	guest_wait other-disk
	ok "another disk is attached meanwhile" disk_attach xvdd:phy:16M
	guest_wait new-disk
	qdisk_continue
	tell continued

	guest_wait writing-again
	qdisk_stop
	ok "shutdown is asked for" xl shutdown guest
	guest_gone
	qdisk_continue
}

write_and_verify() {
	verified xvdb --ioengine=io_uring --iodepth=32 --size=200M --randseed=99
}

io_works() {
	dd if=/dev/urandom of=/tmp/data bs=1M count=4
	dd if=/tmp/data of="/dev/$1" bs=64k oflag=direct
	dd if="/dev/$1" of=/tmp/copy bs=64k count=64 iflag=direct
	cmp /tmp/data /tmp/copy
}

guest() {
	local job
	load_driver
	ok "the healthy disk is there when loading is done" disk_there xvdc
	ok "the half connected disk was not waited for" not disk_there xvdb
	is "each silent backend has its line" "$(dmesg | grep -c 'not waited for: the disk comes when it connects')" 2
	is "the kernel did not wait for devices" "$(dmesg | grep -c 'Waiting for devices to initialise')" 0
	say booted
	wait_disk xvdb

	# Each time that the block layer has waited so many ms, the driver looks whether the backend is there.
	echo 2000 >/sys/block/xvdb/queue/io_timeout
	write_and_verify >/tmp/load 2>&1 &
	job=$!
	patiently in_flight_are xvdb 1
	say writing
	await stopped
	sleep 10
	ok "another disk works" io_works xvdc
	say other-disk
	wait_disk xvdd
	ok "the new disk works" io_works xvdd
	ok "the silent disk's I/O waits" in_flight_are xvdb 1
	is "however often it was looked after" "$(dmesg | grep -c 'backend is gone')" 0
	say new-disk
	await continued
	ok "I/O goes on, and nothing is lost" wait $job
	tail -n 3 /tmp/load

	write_and_verify >/tmp/load 2>&1 &
	patiently in_flight_are xvdb 1
	say writing-again
	sleep 3600
}
