#!/bin/bash
# Builds the module for the newest 64 KiB kernel and natively, with all warnings on, runs
# checkpatch and shellcheck, and sees kernels that it cannot be built for refused with one
# line. All other kernels, sparse and clang are the business of matrix/.
. "$(dirname "$0")/vm/lib.sh"
. "$(dirname "$0")/tap.sh"

repo=$(cd "$RIG/../.." && pwd)
# The newest native kernel with headers.
native=$(readlink -f /lib/modules/*-amd64/build | sort -V | tail -n 1)
arm64=(ARCH=arm64 CROSS_COMPILE="$CROSS")

# Kbuild's own progress lines are not warnings; all else is.
build() { make -s -C "$repo" KERNEL="$1" "${arm64[@]}" BUILD="$out/$2" W=1 | sed '/^  /d'; }

# checkpatch KERNEL-SOURCE DIRECTORY OPTION... - on the C files there. What xenbus and
# cmocka call things is not ours to change, and compat/ is there to define types and
# macros that newer kernels have, by what older ones have.
checkpatch() {
	local ignore=CAMELCASE,COMPLEX_MACRO,MACRO_ARG_REUSE,MACRO_ARG_UNUSED,MACRO_WITH_FLOW_CONTROL,NEW_TYPEDEFS,DEPRECATED_API
	find "$repo/$2" -name '*.[ch]' -print0 | (cd "$out" && xargs -0 "$1/scripts/checkpatch.pl" --root="$1" --strict \
		--quiet --no-summary --show-types --ignore "$ignore" "${@:3}" -f)
}

# All scripts, those without a first line that says so being parts of others. What these
# share are variables.
scripts() {
	cd "$repo"
	{ find . -path ./.build -prune -o -name '*.sh' -print; grep -rlIE --exclude-dir=.git --exclude-dir=.build '^#!.*sh$' .; } |
		sort -u | xargs shellcheck -S warning -e SC2034,SC2154
}

# What a kernel is like is the business of compat/ alone, and its version nobody's.
unconditional() {
	! grep -nE '^[[:space:]]*#[[:space:]]*(el)?if' "$repo"/src/*.[ch] | grep -vE '#ifndef XBF_[A-Z]+_H$'
	! grep -rnE 'KERNEL_VERSION|LINUX_VERSION|RHEL_RELEASE' "$repo"/{Kbuild,Makefile,src}
}

# By release, natively, as a user of installed headers does it.
installs() {
	local release root=$out/root
	release=$(basename "$(dirname "$(find /lib/modules/*/build -lname "$native")")")
	make -s -C "$repo" KERNEL="$release" BUILD="$out/native" W=1 INSTALL_MOD_PATH="$root" install >"$out/said" 2>&1 ||
		cat "$out/said"
	modinfo -F vermagic "$out/native/xen_blkfront_64k.ko" | grep -q "^$release " || echo "not built for $release"
	grep -q '^alias xen:vbd xen_blkfront_64k$' "$root/lib/modules/$release/modules.alias" || echo "depmod has not run"
}

# not_built TEXT ARGUMENT... - make install fails, says TEXT in one line besides make's own,
# and leaves nothing but, where only compiling shows it, objects.
not_built() {
	! make -s -C "$repo" BUILD="$out/none" INSTALL_MOD_PATH="$out/modules" install "${@:2}" >"$out/said" 2>&1 || return 1
	cat "$out/said"
	grep -qE -e "$1" "$out/said"
	[[ $(grep -cvE '^make(\[[0-9]\])?: ' "$out/said") == 1 && ! -e $out/modules && ! -e $out/none/xen_blkfront_64k.ko ]]
}

refused() {
	not_built "$@"
	[[ ! -e $out/none ]]
}

stops() {
	not_built "$1" KERNEL="$kernel" "${arm64[@]}" "${@:2}"
	rm -r "$out/none"
}

# kernels - directories that nothing can be built for, each in its own way.
kernels() {
	make -s -C "$source" O="$out/unprepared" ARCH=arm64 allnoconfig >/dev/null
	mkdir -p "$out/noxen/include/config"
	ln -s "$native"/{Makefile,scripts} "$out/noxen/"
	ln -s "$native/include/generated" "$out/noxen/include/"
	grep -v XENBUS_FRONTEND "$native/include/config/auto.conf" >"$out/noxen/include/config/auto.conf"
	printf '#include <xen/grant_table.h>\n#define %s(...) nonesuch(__VA_ARGS__)\n' gnttab_end_foreign_access_ref >"$out/breaks.h"
	printf '#define xbf_no_kernel_has_this() 0\n' >"$out/accepts.h"
}

name=$(own_kernels | tail -n 1)
kernel=$("$RIG/build-kernel" "$name")
source=$(readlink -f "$kernel/source")
report "builds for $name without a warning" silent build "$kernel" "$name"
report "builds for installed headers by release, and installs" silent installs
report "checkpatch --strict finds nothing in src" silent checkpatch "$source" src
report "checkpatch --strict finds nothing in tests" \
	silent checkpatch "$source" tests --max-line-length=135 --ignore PREFER_KERNEL_TYPES,EMBEDDED_FUNCTION_NAME
report "shellcheck finds nothing in scripts" silent scripts
report "no kernel version and no condition is in the driver" silent unconditional

kernels
report "a directory that is no kernel is named" refused "/nowhere: no kernel build tree" KERNEL=/nowhere
report "a release that is not installed is named" refused "/lib/modules/9.9-none/build: no kernel build tree" KERNEL=9.9-none
report "a kernel without .config is named" refused "$source: has no .config" KERNEL="$source"
report "a kernel that is not prepared is named" refused "modules_prepare" KERNEL="$out/unprepared"
report "a kernel without Xen is named" refused "without CONFIG_XEN_XENBUS_FRONTEND" KERNEL="$out/noxen"
report "a compiler that does not fit is named" stops "built with .*gcc.*, CC= chooses another.*-fnonesuch" KCFLAGS=-fnonesuch
report "a compiler that is not there is named" stops "gcc-nowhere ended with 127" KERNEL="$native" ARCH=x86 CROSS_COMPILE= CC=gcc-nowhere
report "a compiler that takes anything is not believed" stops "this compiler takes anything" KCFLAGS="-include $out/accepts.h"
report "an interface of no known form is named, with the kernel" \
	stops "kernel $name\.[^ ]*: gnttab_end_foreign_access_ref\(\) has none of" KCFLAGS="-include $out/breaks.h"

echo "1..$count"
