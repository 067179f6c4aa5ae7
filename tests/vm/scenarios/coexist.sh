# coexist: with the kernel's own driver there first, we say so, and can take a disk that it has let go
# shellcheck shell=dash

kernels='*-amd64' # on 64 KiB pages the kernel's own driver oopses when it lets go of a disk
disks="xvdb:phy:64M xvdc:phy:64M"

dom0() {
	ok "an image is filled" dataio fill "$(image xvdc)" 64M 7
	guest_start
	guest_ended
}

guest() {
	local xen=/sys/bus/xen/drivers ours=xen_blkfront_64k
	insmod /modules/xen-blkfront.ko
	wait_disk xvdb
	wait_disk xvdc
	load_driver
	ok "we say that the kernel's own driver is there" sh -c 'dmesg | grep "has block major 202: disks that it has let go can be bound to driver xen_blkfront_64k"'
	ok "and leave it what it has" test -e $xen/vbd/vbd-51728 -a -e $xen/vbd/vbd-51744
	echo vbd-51744 >$xen/vbd/unbind
	ok "it lets a disk go" patiently disk_gone xvdc
	echo vbd-51744 >$xen/$ours/bind
	wait_disk xvdc
	ok "it is ours" test -e $xen/$ours/vbd-51744
	ok "on another major" not grep -q '^202:' /sys/block/xvdc/dev
	ok "it works" dataio vec /dev/xvdc 7 50
	ok "and so does the other one" dd if=/dev/xvdb of=/dev/null bs=64k count=64 iflag=direct
	echo vbd-51744 >$xen/$ours/unbind
	ok "we let it go" patiently disk_gone xvdc
	ok "we unload" rmmod $ours
}
