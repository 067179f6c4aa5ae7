# stock: the control; the kernel's own driver corrupts data on 6.1 and takes xenbus down on newer kernels
# shellcheck shell=dash

disks="xvdb:qdisk:512M"
driver=stock
case $kernel in
6.1) expect_splat= ;;
*) expect_splat='WARNING: .*blk_validate_limits|Internal error: Oops' ;;
esac

dom0() {
	ok "image is filled" dataio fill "$(image xvdb)" 512M 7
	guest_start
	guest_wait end
	# A guest whose xenbus is dead does not end by itself.
	guest_destroy
}

guest() {
	case $kernel in
	6.1) corrupts ;;
	*) oopses ;;
	esac
}

corrupts() {
	load_driver
	wait_disk xvdb
	is "half the ring is all it uses" "$(cat /sys/block/xvdb/queue/nr_requests)" 16
	dataio grid /dev/xvdb 7 >/tmp/grid
	is "the grid ends with wrong cases" $? 1
	measure stock_grid "$(tail -n 1 /tmp/grid)"
}

# Loading waits five minutes for a disk that cannot come.
oopses() {
	insmod /modules/xen-blkfront.ko &
	ok "it oopses while attaching" patiently oopsed
	ok "there is no disk" not disk_there xvdb
}

oopsed() { dmesg | grep -q 'Internal error: Oops'; }
