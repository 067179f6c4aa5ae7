# builtin: the driver is built in, and the kernel mounts its root from the disk by itself, without any initramfs
# shellcheck shell=dash disable=SC2034

disks="xvda:qdisk:512M xvdb:qdisk:256M"
initramfs=none
cmdline="root=/dev/xvda rw init=/init"

# A backend that begins and then falls silent must not hold up the others.
guest_prepare() { xenstore-write "$(fake_disk xvdc)/state" 2; }

dom0() {
	make_root xvda 512M
	ok "image is filled" dataio fill "$(image xvdb)" 256M 7
	guest_start
	guest_wait written
	ok "dom0 finds every byte where it belongs" dataio -p "$(guest_said written)" check "$(image xvdb)" 7 vec:500
	guest_ended
	ok "fsck finds nothing to do" e2fsck -fn "$(image xvda)"
}

guest() {
	ok "root is an ext4 that the kernel mounted" grep "^/dev/root / ext4 " /proc/mounts
	is "root is xvda" "$(awk '$5 == "/" { print $3 }' /proc/self/mountinfo)" "$(cat /sys/block/xvda/dev)"
	is "its driver is ours" "$(basename "$(readlink /sys/block/xvda/device/driver/module)")" xen_blkfront_64k
	is "no module is loaded" "$(wc -l </proc/modules)" 0
	is "the silent backend has its line" "$(dmesg | grep -c 'not waited for: the disk comes when it connects')" 1
	is "the kernel did not wait for devices" "$(dmesg | grep -c 'Waiting for devices to initialise')" 0
	ok "readv and writev of up to 8 pieces of any length" dataio vec /dev/xvdb 7 500
	say written "$(page_size)"
	ok "root becomes read-only" mount -o remount,ro /
}
