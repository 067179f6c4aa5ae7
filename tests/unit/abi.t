#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Is the block protocol's layout in the kernel's header that of Xen's own?
#
#   abi.t [kernel source or headers]
#
# Without the argument: KERNEL_SRC, or one that a cache or a package has.

. "$(dirname "$0")/build.sh"

header=include/xen/interface/io/blkif.h
given=${1:-${KERNEL_SRC:-}}

# kernel_source: print the first of the usual places that has the header
kernel_source()
{
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/xbf64k
	for dir in "$cache"/*/source "$cache"/*/linux-source-* \
		   /usr/src/linux-headers-*-common /lib/modules/*/source; do
		[ ! -f "$dir/$header" ] || { echo "$dir"; return; }
	done
}

# table <architecture> <output> <xen or kernel> <header> <arguments of gcc>
table()
{
	compiler=$1-linux-gnu-gcc
	output=$2
	defines="-DPICK(xen,kernel)=$3 -DBLKIF_H=<$4>"
	shift 4
	# shellcheck disable=SC2086 # two words
	"$compiler" -O2 -ffreestanding -S -o "$BUILD/abi.s" \
		-I"$unit/include" $defines "$@" "$unit/abi.c" &&
		sed -n 's/.*"->\(.*\)"$/\1/p' "$BUILD/abi.s" >"$output"
}

# same_layout <architecture> <the kernel's name for it>
same_layout()
{
	table "$1" "$BUILD/abi.kernel" kernel xen/interface/io/blkif.h \
		-I"$kernel/include" -I"$kernel/arch/$2/include" &&
		table "$1" "$BUILD/abi.xen" xen xen/io/blkif.h \
			-I"$BUILD/xen-public" &&
		diff -u "$BUILD/abi.xen" "$BUILD/abi.kernel" &&
		grep -x "slots of a ring of 4 KiB 32" "$BUILD/abi.kernel"
}

kernel=${given:-$(kernel_source)}
if [ -z "$kernel" ]; then
	echo "1..0 # SKIP no kernel source or headers: set KERNEL_SRC"
	exit
fi
if [ ! -f /usr/include/xen/io/blkif.h ]; then
	echo "1..0 # SKIP Xen's public headers are missing: libxen-dev"
	exit
fi
# The architecture's own headers must not come along with Xen's.
mkdir -p "$BUILD/xen-public"
ln -sfn /usr/include/xen "$BUILD/xen-public/xen"

echo "# kernel: $kernel"
echo 1..2
number=0
for pair in x86_64:x86 aarch64:arm64; do
	number=$((number + 1))
	arch=${pair%:*}
	if ! command -v "$arch-linux-gnu-gcc" >/dev/null; then
		echo "ok $number - $arch # SKIP no $arch-linux-gnu-gcc"
	else
		report "$number" "$arch" same_layout "$arch" "${pair#*:}"
	fi
done
