# names: disks of every kind of number get the names, minors, partitions and modes that the stock driver gives them
# shellcheck shell=dash

disks="xvda:qdisk:64M hdc:qdisk:64M sdd:qdisk:64M xvde:qdisk:64M xvdf2:qdisk:64M xvdaa:phy:64M xvdg:phy:64M:ro
	xvdh:qdisk:64M:ro,devtype=cdrom"

# No real backend here says of a disk that it is removable, or has larger sectors inside.
guest_prepare() { serve_disk xvdi 16 info=2 physical-sector-size=4096; }

dom0() {
	# One partition of type Linux, from sector 2048, of 4096 sectors.
	truncate -s 64M "$(image xvde)" "$(image xvdaa)"
	for device in xvde xvdaa; do
		printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\020\0\0' | dd of="$(image $device)" bs=1 seek=446 conv=notrunc
		printf '\125\252' | dd of="$(image $device)" bs=1 seek=510 conv=notrunc
	done 2>/dev/null
	guest_start
	guest_wait named
	# Numbers that are free in xenstore: one with the minors of hdc, and an extended one, which has others.
	for disk in xvdc:qdisk 268435968:phy; do
		device=${disk%:*}
		ok "a second xvdc can be attached, as $device" disk_attach $disk:32M
		tell "clashing-$device"
		guest_wait "refused-$device"
		ok "and detached" disk_detach "$device"
	done
	tell detached
	guest_ended
}

# minors DEVICE - as major:first.
minors() { cat "/sys/class/block/$1/dev"; }

partitions() { (cd "/sys/class/block/$1" && echo "$1"?*/partition); }

guest() {
	local device
	load_driver
	for device in xvda xvdc xvdd xvde xvdf2 xvdaa xvdg xvdi; do wait_disk $device; done
	is "xvda has minor 0 of major 202" "$(minors xvda)" 202:0
	is "hdc is xvdc" "$(minors xvdc)" 202:32
	is "sdd is xvdd" "$(minors xvdd)" 202:48
	is "a partition of xvde follows it" "$(minors xvde1)" 202:65
	is "and is where the table says" "$(cat /sys/class/block/xvde1/start /sys/class/block/xvde1/size | paste -sd ' ')" "2048 4096"
	is "a disk may be named like a partition" "$(minors xvdf2)" 202:82
	is "and has none itself" "$(partitions xvdf2)" "xvdf2?*/partition"
	is "xvdaa has an extended number" "$(minors xvdaa) $(minors xvdaa1)" "202:6656 202:6657"
	is "a disk of two modes" "$(cat /sys/block/xvdg/ro /sys/block/xvda/ro | paste -sd ' ')" "1 0"
	is "one can be removed" "$(cat /sys/block/xvdi/removable /sys/block/xvda/removable | paste -sd ' ')" "1 0"
	is "one has sectors of 4096 bytes inside" "$(cat /sys/block/xvdi/queue/logical_block_size /sys/block/xvdi/queue/physical_block_size | paste -sd ' ')" "512 4096"
	ok "one that is read-only can be read" dd if=/dev/xvdg of=/dev/null bs=64k count=4
	ok "and not written" not dd if=/dev/zero of=/dev/xvdg bs=64k count=1 oflag=direct
	case $kernel in
	*-amd64) cdrom ;;
	*) ok "only PV guests get a CD-ROM, others have emulated ones" disk_gone xvdh ;;
	esac
	is "a disk does not" "$(vbdctl /dev/xvda | sed -n 's/^capability: //p')" "Invalid argument"
	is "either has no sessions" "$(vbdctl /dev/xvda | sed -n 's/^multisession: //p')" none
	is "nor a tray" "$(vbdctl /dev/xvda | sed -n 's/^tray: //p')" "Inappropriate ioctl for device"
	is "a geometry is made up" "$(vbdctl /dev/xvda | sed -n 's/^geometry: //p')" "255 heads, 63 sectors, 8 cylinders"
	is "the device is found in sysfs as with the stock driver" \
		"$(cd /sys/block/xvda/device && echo "$(cat devtype) $(cat nodename) $(basename "$(readlink driver)") $(basename "$(readlink -f .)")")" \
		"vbd device/vbd/51712 vbd vbd-51712"
	say named
	refused xvdc 0xca20 "32 to 47"
	refused 268435968 0x10000200 "512 to 767"
	await detached
	ok "and remains" disk_there xvdc
}

cdrom() {
	wait_disk xvdh
	is "a CD-ROM is read-only" "$(cat /sys/block/xvdh/ro)" 1
	measure cdrom "removable $(cat /sys/block/xvdh/removable), $(vbdctl /dev/xvdh | paste -sd ' ')"
	is "it answers as a drive does" "$(vbdctl /dev/xvdh | sed -n 's/^capability: //p')" yes
}

# refused DEVICE NUMBER MINORS
refused() {
	await "clashing-$1"
	ok "it is refused with a line" patiently clash "vbd-$(vbd "$1"): virtual device $2 is xvdc with minors $3, expected none of that in use: not attached"
	ok "the first one is untouched" dd if=/dev/xvdc of=/dev/null bs=64k count=4 iflag=direct
	say "refused-$1"
}
clash() { dmesg | grep "$1"; }
