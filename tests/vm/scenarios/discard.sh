# discard: what the guest throws away is freed, whole units only; a secure erase is asked for as such, and fails where it cannot be done
# shellcheck shell=dash

disks="xvdb:qdisk:64M xvdc:phy:64M"
patience=1800

# No real backend here can erase: xvdd does, xvde refuses although it has offered it.
erasing="feature-flush-cache=1 feature-discard=1 discard-granularity=4096 discard-secure=1"
guest_prepare() {
	# shellcheck disable=SC2086
	serve_disk xvdd 16 $erasing
	# shellcheck disable=SC2086
	serve_disk xvde 16 -r secure $erasing
	# xvdg refuses the other.
	# shellcheck disable=SC2086
	serve_disk xvdg 16 -r discard $erasing
	# Nor has one units that begin elsewhere than at the disk's first sector.
	serve_disk xvdf 16 feature-discard=1 discard-granularity=8192 discard-alignment=4096 discard-secure=1
}

# discards_of DEVICE - each as `SECTOR COUNT FLAG,`.
discards_of() { sed -n 's/^discard //p' "$(requests_to "$1")" | tr '\n' ','; }

dom0() {
	local device before
	for device in xvdb xvdc; do
		tr '\000' x </dev/zero | dd of="$(image $device)" bs=1M count=64 iflag=fullblock 2>/dev/null
	done
	guest_start
	guest_wait discarded
	for device in xvdb xvdc; do
		ok "the image of $device has become smaller" [ "$(du -k "$(image $device)" | cut -f 1)" -lt $((57 * 1024)) ]
	done
	ok "flushes have come to xvdd" grep flush "$(requests_to xvdd)"
	is "xvdd was asked to erase what is to be erased and to discard what is to be discarded" "$(discards_of xvdd)" "2048 128 1,6144 2048 0,"
	is "xvde was asked once to erase, not to discard instead, and to discard later" "$(discards_of xvde)" "2048 128 1,6144 2048 0,"
	is "xvdg was asked once to discard, and to erase later" "$(discards_of xvdg)" "6144 2048 0,2048 128 1,"
	is "xvdf was asked for whole units, from where they begin" "$(discards_of xvdf)" "8 112 0,"
	guest_ended
}

# all BYTE DEVICE OFFSET LENGTH - the disk has nothing but that byte there.
all() {
	dd if="/dev/$2" iflag=direct,skip_bytes,count_bytes bs=512 skip="$3" count="$4" of=/tmp/all 2>/dev/null &&
		[ -s /tmp/all ] && [ "$(tr -d "$1" </tmp/all | wc -c)" = 0 ]
}

# On a disk that frees units of UNIT bytes.
discards() {
	local device=$1 unit=$2
	wait_disk "$device"
	is "$device has units of $unit bytes" "$(cat "/sys/block/$device/queue/discard_granularity")" "$unit"
	ok "8 MiB of $device are discarded" blkdiscard -o 1M -l 8M "/dev/$device"
	ok "and read as zeroes" all '\000' "$device" 1048576 8388608
	ok "what lies before is untouched" all x "$device" 0 1048576
	ok "what lies after is untouched" all x "$device" 9437184 1048576
	# From a sector on that is in the middle of a unit, to another such one.
	ok "a discard of parts of units" blkdiscard -o $((32 * 1048576 + 512)) -l $((3 * 4096)) "/dev/$device"
	ok "leaves alone what is no whole unit" all x "$device" $((32 * 1048576)) 512
	ok "and takes the whole ones" all '\000' "$device" $((32 * 1048576 + 4096)) 8192
	ok "less than a unit is no error" blkdiscard -o 512 -l 512 "/dev/$device"
	is "there is no secure erase" "$(blkdiscard -s -o 40M -l 1M "/dev/$device" >/dev/null 2>&1; echo $?)" 1
	ok "and nothing became of it" all x "$device" $((40 * 1048576)) 1048576
}

fill() { tr '\000' x </dev/zero | dd of="/dev/$1" bs=64k count=256 iflag=fullblock oflag=direct; }
erase() { blkdiscard -s -o "$2" -l "$3" "/dev/$1"; }

# On a disk that frees units of 4096 bytes, and erases if asked rightly.
erases() {
	local device=$1
	wait_disk "$device"
	ok "$device gives back what was written" verified "$device" --end_fsync=1
	ok "$device is filled" fill "$device"
	ok "64 KiB of $device are erased" erase "$device" 1048576 65536
	ok "and read as zeroes" all '\000' "$device" 1048576 65536
	ok "what lies before is untouched" all x "$device" 983040 65536
	ok "what lies after is untouched" all x "$device" 1114112 65536
	ok "what begins in the middle of a unit is not erased" not erase "$device" 2097664 8192
	ok "nor what ends there" not erase "$device" 2097152 4608
	ok "and nothing became of either" all x "$device" 2097152 16384
	ok "what need not be erased is discarded" blkdiscard -o 3M -l 1M "/dev/$device"
	ok "and reads as zeroes" all '\000' "$device" 3145728 65536
}

# On one whose backend does not erase although it has offered to.
erases_not() {
	local device=$1 writes # the kernel counts an erasure as one
	wait_disk "$device"
	ok "$device is filled" fill "$device"
	writes=$(writes "$device")
	ok "an erasure that the backend refuses fails" not erase "$device" 1048576 65536
	is "it has come to the driver" "$(writes "$device")" $((writes + 1))
	ok "the driver says why" sh -c "dmesg | grep 'vbd-$(vbd "$device"): backend refuses a secure discard that it has offered: not done any more'"
	ok "so does another one" not erase "$device" 1048576 65536
	is "which does not come to the driver any more" "$(writes "$device")" $((writes + 1))
	ok "nothing became of either" all x "$device" 1048576 65536
	ok "discards are done as before" blkdiscard -o 3M -l 1M "/dev/$device"
	ok "and read as zeroes" all '\000' "$device" 3145728 65536
	ok "$device gives back what was written" verified "$device" --end_fsync=1
}

# On one whose backend does not discard although it has offered to.
discards_not() {
	local device=$1
	wait_disk "$device"
	ok "$device is filled" fill "$device"
	# To the kernel it is advice.
	ok "a discard that the backend refuses is no error" blkdiscard -o 3M -l 1M "/dev/$device"
	ok "the driver says why" sh -c "dmesg | grep 'vbd-$(vbd "$device"): backend refuses a discard that it has offered: not done any more'"
	ok "another one is not offered" not blkdiscard -o 4M -l 1M "/dev/$device"
	ok "nothing became of either" all x "$device" 3145728 2097152
	ok "an erasure is done as before" erase "$device" 1048576 65536
	ok "and reads as zeroes" all '\000' "$device" 1048576 65536
}

guest() {
	load_driver
	discards xvdb 512
	discards xvdc 4096
	ok "less than a unit of 4096 bytes is left as it is" all x xvdc 512 512
	erases xvdd
	erases_not xvde
	discards_not xvdg
	wait_disk xvdf
	ok "64 KiB of xvdf are discarded" blkdiscard -l 65536 /dev/xvdf
	ok "less than a unit there is no error" blkdiscard -l 8192 /dev/xvdf
	ok "it offers no secure erase, as kernels would cut one without regard to that" not erase xvdf 4096 8192
	say discarded
}
