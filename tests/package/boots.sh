# boots: systems that were installed elsewhere start, each from its disk, which the right driver has
#
# Each of dom0's disks has such a system in its first partition, and there the files /xbf/name and /xbf/boots. The latter has
# a line for each start: kernel, driver, systemd's unit, and what else is on the kernel's command line.
# shellcheck shell=dash

kernels='@(*-amd64|*-16k)'
memory=768
patience=800

dom0() {
	local disk name kernel driver unit more
	modprobe -a virtio_blk ext4
	# Initramfs of distributions are large.
	map_more 256
	for disk in /dev/vd?; do
		in_system cp /system/xbf/name /system/xbf/boots /run
		name=$(cat /run/name)
		while read -r kernel driver unit more; do starts </dev/null; done </run/boots
	done
}

# in_system COMMAND... - with that of $disk at /system.
in_system() {
	mkdir -p /system
	mount -t ext4 -o ro "${disk}1" /system || bail "no system on $disk"
	"$@"
	umount /system
}

starts() {
	local before limit=$patience
	# That makes its initramfs anew.
	[ "$more" != xbf.remove ] || limit=3000
	in_system cp "/system/boot/vmlinuz-$kernel" /rig/guest/kernel
	in_system cp "/system/boot/initrd.img-$kernel" /rig/guest/initrd
	disks="xvda:phy:$disk xvdb:phy:16M"
	cmdline="root=/dev/xvda1 ro systemd.unit=$unit $more"
	before=$(reports | wc -l)
	guest_file
	xl create /run/guest.cfg || bail "no guest"
	patience=$limit patiently not guest_there || guest_destroy
	is "$name: starts${more:+ with $more}" "$(reports | tail -n +$((before + 1)))" "$kernel, xvda by $driver"
}

reports() { sed -n 's/.*XBF-BOOT: \([^\r]*\).*/\1/p' "$console_log"; }
