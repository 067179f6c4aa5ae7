# hvm: in an HVM guest, disks that are still emulated, and CD-ROM drives, which always are, are left alone
# shellcheck shell=dash

kernels='*-hvm'
slow=1
disks="hda:qdisk:16M xvdb:qdisk:64M hdc:qdisk:16M:ro,devtype=cdrom"
patience=900

dom0() {
	for cmdline in '' xen_emul_unplug=unnecessary xen_emul_unplug=never; do
		guest_start
		guest_ended
	done
}

left_alone() { dmesg | grep "virtual device $1 is emulated: left alone"; }
works() { dd if="/dev/$1" of=/dev/null bs=64k count=64 iflag=direct; }

guest() {
	case $(cat /proc/cmdline) in
	*=never*)
		ok "the driver does not load where no PV disks are wanted" not insmod /modules/xen_blkfront_64k.ko
		return
		;;
	*=unnecessary*)
		load_driver
		wait_disk xvdb
		ok "a disk that is still emulated is left alone, with a line" left_alone 0x300
		ok "and is not there twice" disk_gone xvda
		;;
	*)
		load_driver
		wait_disk xvda
		wait_disk xvdb
		ok "a disk that was unplugged is taken" works xvda
		;;
	esac
	ok "one that has no emulated twin is taken" works xvdb
	ok "a CD-ROM drive is left alone, with a line" sh -c 'dmesg | grep "is a CD-ROM drive, which is emulated: left alone\|0x1600 is emulated: left alone"'
	ok "and is no disk" disk_gone xvdc
}
