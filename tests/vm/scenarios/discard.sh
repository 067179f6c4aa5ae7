# discard: what the guest throws away is freed, whole units only; a secure erase that the backend cannot do fails
# shellcheck shell=dash

disks="xvdb:qdisk:64M xvdc:phy:64M"

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
	guest_ended
}

# all BYTE DEVICE OFFSET LENGTH - the disk has nothing but that byte there.
all() { [ "$(dd if="/dev/$2" iflag=direct,skip_bytes,count_bytes bs=512 skip="$3" count="$4" 2>/dev/null | tr -d "$1" | wc -c)" = 0 ]; }

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

guest() {
	load_driver
	discards xvdb 512
	discards xvdc 4096
	ok "less than a unit of 4096 bytes is left as it is" all x xvdc 512 512
	say discarded
}
