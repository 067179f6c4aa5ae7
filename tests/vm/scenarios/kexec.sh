# kexec: a second kernel, started by the first, or after that one crashed under load, has the disks and all that was written
# shellcheck shell=dash

kernels='*-hvm' # a PV guest has no kexec, and on arm64 Xen has no soft reset
slow=1
disks="xvdb:qdisk:64M xvdc:phy:64M xvdd:qdisk:128M"
memory=1024
patience=900
# The crash is on purpose.
no_splat='sysrq triggered crash|Call Trace:'

dom0() {
	# Where the guest finds what to start.
	truncate -s 128M "$(image xvdd)"
	dd if=/rig/guest/kernel of="$(image xvdd)" conv=notrunc 2>/dev/null
	dd if=/rig/guest/initrd of="$(image xvdd)" bs=1M seek=64 conv=notrunc 2>/dev/null
	cmdline=crashkernel=384M
	for way in kexec crash; do
		guest_start
		guest_wait ready
		tell sizes "$(stat -c %s /rig/guest/kernel) $(stat -c %s /rig/guest/initrd)"
		tell way $way
		guest_wait second
		guest_ended
	done
}

pattern() { seq 1000000 | dd bs=64k count=64 iflag=fullblock 2>/dev/null; }

load() {
	fio --name=load --direct=1 --ioengine=libaio --iodepth=32 --rw=randwrite --bsrange=4k-128k --offset=8M --size=48M --time_based --runtime=3600 \
		--minimal --filename="/dev/$1" >/dev/null 2>&1 &
}

# fetch OFFSET-IN-MIB SIZE FILE
fetch() { dd if=/dev/xvdd of="$3" bs=1M skip="$1" count="$2" iflag=count_bytes 2>/dev/null; }

first() {
	local disk option=-l
	for disk in xvdb xvdc; do
		pattern | dd of="/dev/$disk" bs=64k oflag=direct iflag=fullblock 2>/dev/null
	done
	say ready
	await sizes
	await way
	# shellcheck disable=SC2046
	set -- $(told sizes)
	fetch 0 "$1" /tmp/kernel
	fetch 64 "$2" /tmp/initrd
	[ "$(told way)" = kexec ] || option=-p
	ok "a second kernel is loaded for $(told way)" \
		kexec -s $option /tmp/kernel --initrd=/tmp/initrd --append="console=hvc0 printk.devkmsg=on second=$(told way)" || bail "none"
	# Not before a kexec: whoever asks for one ends what writes first. QEMU 7.2 crashed the one time that it was tried.
	[ "$(told way)" = crash ] || kexec -e
	load xvdb
	load xvdc
	sleep 5
	echo c >/proc/sysrq-trigger
}

guest() {
	local disk way
	load_driver
	for disk in xvdb xvdc xvdd; do wait_disk $disk; done
	way=$(sed -n 's/.* second=//p' /proc/cmdline)
	[ "$way" ] || first
	for disk in xvdb xvdc; do
		ok "after a $way, all that was written to $disk is there" sh -c "[ \"\$(dd if=/dev/$disk bs=64k count=64 2>/dev/null | md5sum)\" = '$(pattern | md5sum)' ]"
		ok "and $disk is written" verified "$disk"
	done
	say second
}
