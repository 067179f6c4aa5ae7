#!/bin/bash
# unplug.t [KERNEL]... - emulated disks of HVM guests are unplugged for our driver as for the
# stock one: the kernel's object that does it comes out the same on x86, bit for bit.
. "$(dirname "$0")/../vm/lib.sh"
# Trees are copied as links, which do not lead to another filesystem.
export TMPDIR=$CACHE
. "$(dirname "$0")/lib.sh"

unplug=arch/x86/xen/platform-pci-unplug.o

# object NAME [LINE] - makes $out/NAME.o from $tree with this line in the configuration.
object() {
	local kmake=(make -s -C "$tree" O="$tree-build" ARCH=x86 CROSS_COMPILE=x86_64-linux-gnu-)
	mkdir -p "$tree-build"
	printf 'CONFIG_%s=y\n' 64BIT SMP PCI HYPERVISOR_GUEST PARAVIRT XEN XEN_PVHVM_GUEST MODULES BLOCK BLK_DEV PRINTK \
		UNWINDER_FRAME_POINTER >"$out/config"
	printf '%s\n' "${@:2}" >>"$out/config"
	"${kmake[@]}" KCONFIG_ALLCONFIG="$out/config" allnoconfig
	if grep -vxFf "$tree-build/.config" "$out/config" | grep .; then
		die "not in the kernel's configuration"
	fi
	"${kmake[@]}" "$unplug"
	cp "$tree-build/$unplug" "$out/$1.o"
}

# unplugs NAME - whether this object says that it unplugs disks.
unplugs() { grep -qF 'unplug emulated disks' "$out/$1.o"; }

stock() {
	object stock CONFIG_XEN_BLKDEV_FRONTEND=y
	unplugs stock
}

none() {
	object none
	if unplugs none; then die "no driver, and disks are unplugged"; fi
}

# like NAME LINE - the object with this line is as that one.
like() {
	object ours "$2"
	cmp "$out/$1.o" "$out/ours.o"
}

# Would the tests above see it?
without_header() {
	cp "$1/include/xen/platform_pci.h" "$tree/include/xen/"
	like none CONFIG_XEN_BLKDEV_FRONTEND_64K=y
}

(($#)) || set -- "$(own_kernels | tail -n 1)"
for kernel; do
	tree=$out/$kernel
	source_copy "$kernel" "$tree"
	add "$tree"
	report "$kernel: disks are unplugged with the stock driver" stock
	report "$kernel: disks stay without any" none
	report "$kernel: built in, ours is to the kernel as the stock driver" like stock CONFIG_XEN_BLKDEV_FRONTEND_64K=y
	report "$kernel: as a module too" like stock CONFIG_XEN_BLKDEV_FRONTEND_64K=m
	report "$kernel: with the kernel's own header disks stay" without_header "$(source_of "$kernel")"
done
echo "1..$count"
