#!/bin/bash
# kit.t [KERNEL]... - the kit in whole kernels (the newest 64 KiB one): built as a module and
# built in, and a guest that boots from its disk with nothing else.
. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd)

built() { "$here/build-tree" "$kernel" >"$out/tree"; }

quiet() {
	cat "$tree/warnings"
	[[ ! -s $tree/warnings ]]
}

# As udev asks for it.
loadable() {
	local release
	release=$(basename "$tree"/modules/lib/modules/*)
	modprobe -d "$tree/modules" -S "$release" --show-depends xen:vbd | tee "$out/depends"
	grep -q "^insmod .*/$release/kernel/drivers/block/xen_blkfront_64k/xen_blkfront_64k.ko" "$out/depends"
}

boots() { "$RIG/run" -k "$kernel" -i "$tree/Image" -o "$out/run" "$here/builtin.sh"; }

(($#)) || set -- "$(own_kernels | tail -n 1)"
for kernel; do
	report "$kernel: builds, built in and as a module" built
	tree=$(<"$out/tree")
	report "$kernel: the compiler has nothing to say, with W=1" quiet
	report "$kernel: the module is installed, and is what modprobe finds" loadable
	report "$kernel: a guest boots from its disk with the driver built in" boots
done
echo "1..$count"
