# data: bytes of any alignment, length and shape go where they belong; dom0 looks at the image as well
# shellcheck shell=dash

disks="xvdb:qdisk:512M xvdc:qdisk:256M xvdd:phy:128M"

# On an emulated amd64 processor every event costs a guest twenty times as much.
patience=1800
fio_size=40M
case $kernel in
*-pvh) fio_size=2M ;;
*-amd64) fio_size=10M ;;
esac
# On 5.10 io_uring hands EAGAIN to the user when the block layer splits a large request and
# finds no tag for the second part: with the stock driver as with ours (seen on amd64).
engine=io_uring
case $kernel in 5.10*) engine=libaio ;; esac

# The same job writes in the guest and, with `verify_only`, reads in dom0: four jobs
# on ranges of their own, from memory that lies 512 bytes into a page.
fio_verify() {
	local file=$1
	shift
	fio --name=unaligned --filename="$file" --direct=1 --ioengine=$engine --iodepth=32 --rw=randwrite \
		--bsrange=512-256k --blockalign=512 --iomem_align=512 --size=$fio_size --offset_increment=64M --numjobs=4 \
		--randseed=4711 --verify=crc32c --verify_fatal=1 --verify_state_save=0 --group_reporting --minimal "$@"
}

dom0() {
	ok "image is filled" dataio fill "$(image xvdb)" 512M 7
	ok "image for xen-blkback is filled" dataio fill "$(image xvdd)" 128M 8
	guest_start
	measure backend "QEMU $(qemu-system-i386 --version | sed -n 's/.*version \([^ ]*\).*/\1/p') qdisk, xen-blkback of $(uname -r)"
	guest_wait written
	ok "dom0 finds every byte of the grid and of the vectors where it belongs" \
		dataio -p "$(guest_said written)" check "$(image xvdb)" 7 grid vec:500
	ok "and on xen-blkback" dataio -p "$(guest_said written)" check "$(image xvdd)" 8 vec:200
	ok "dom0 finds every block that fio wrote" fio_verify "$(image xvdc)" --verify_only --ioengine=psync --direct=0
	guest_ended
}

guest() {
	local page
	load_driver
	wait_disk xvdb
	wait_disk xvdc
	wait_disk xvdd
	page=$(page_size)
	measure page_size "$page"
	measure negotiated "$(dmesg | sed -n 's/.* xvdb: \(.*sector-size.*\)/\1/p' | tail -n 1)"

	ok "reads and writes at every 512-byte offset in a page, 512 bytes to 256 KiB" dataio grid /dev/xvdb 7
	measure_dataio grid
	ok "readv and writev of up to 8 pieces of any length" dataio vec /dev/xvdb 7 500 grid
	measure_dataio vec
	ok "the same on xen-blkback" dataio vec /dev/xvdd 8 200
	measure_dataio blkback
	measure wrong "$(total wrong)"
	measure bytes "$(total bytes)"
	ok "fio verifies random sizes, unaligned, at depth 32, four jobs" fio_verify /dev/xvdc --end_fsync=1
	measure split "$(counter split_requests) of $(counter requests) requests, in $(counter slots) slots"
	ok "requests were split" [ "$(counter split_requests)" -gt 0 ]
	say written "$page"
}

# counter NAME - the sum over all disks.
counter() { cat /sys/kernel/debug/xen_blkfront_64k/*/*/"$1" | awk '{ sum += $1 } END { print sum }'; }

# The last line of a run of dataio, as `ok` has left it: `... N cases, N wrong, N bytes verified`.
measure_dataio() {
	sed -n 's/^dataio: [a-z]*: \(.* cases, .* wrong, .* bytes verified\)$/\1/p' /tmp/ok.out >/tmp/measured
	measure "$1" "$(cat /tmp/measured)"
	cat /tmp/measured >>/tmp/all-measured
}

# total WORD - the sum of the numbers before that word in all of these.
total() { grep -oE "[0-9]+ $1" /tmp/all-measured | awk '{ sum += $1 } END { print sum + 0 }'; }
