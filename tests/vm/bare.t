#!/bin/bash
# On a machine that is no guest of Xen, QEMU alone, the module does not load, and takes nothing.

. "$(dirname "$0")/lib.sh"
. "$RIG/../tap.sh"

use_arch amd64
kernel=6.1-amd64

# machine - boots, tries, and says on its console what came of it.
machine() {
	local image module
	image=$("$RIG/build-image" $kernel)
	module=$("$RIG/build-module" $kernel)
	mkdir "$out/stage"
	find "$module" -name xen_blkfront_64k.ko -exec cp {} "$out/stage/" \;
	cat >"$out/stage/try" <<-'END'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		mkdir -p /proc /dev
		mount -t proc proc /proc
		mount -t devtmpfs devtmpfs /dev
		exec >/dev/console 2>&1
		insmod /xen_blkfront_64k.ko
		echo "insmod: $?, left: $(grep -cE 'xen_blkfront_64k|xvd' /proc/modules /proc/devices | paste -sd ' ')"
		reboot -f
	END
	chmod +x "$out/stage/try"
	{ cat "$("$RIG/build-guest")/initrd" && archive "$out/stage"; } >"$out/initrd"
	timeout 900 qemu-system-x86_64 -accel tcg -m 512 -nographic -no-reboot -kernel "$image" -initrd "$out/initrd" \
		-append 'quiet console=ttyS0 rdinit=/try' </dev/null | tee "$out/console"
}

said() { tail -n 20 "$out/console" && grep "$1" "$out/console"; }

report "the machine boots" machine
report "it has no such device" said 'insert module .*: No such device'
report "nothing is left of the module" said 'insmod: 1, left: /proc/modules:0 /proc/devices:0'
echo "1..$count"
