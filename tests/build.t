#!/bin/bash
# Builds the module for the newest 64 KiB kernel and natively, with all warnings on, runs
# checkpatch, and sees kernels that it cannot be built for refused with one line. All
# other kernels, sparse and clang are the business of matrix/.
. "$(dirname "$0")/vm/lib.sh"

repo=$(cd "$RIG/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
count=0

# report NAME COMMAND... - one test; passes when the command does, and says nothing.
report() {
	local name=$1 status=0
	shift
	count=$((count + 1))
	"$@" >"$out/log" 2>&1 || status=$?
	if ((status == 0)) && [[ ! -s $out/log ]]; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' "$out/log"
	fi
}

# Kbuild's own progress lines are not warnings; all else is.
build() { make -s -C "$repo" KERNEL="$1" ARCH=arm64 CROSS_COMPILE="$CROSS" BUILD="$out/$2" W=1 | sed '/^  /d'; }

# checkpatch KERNEL-SOURCE DIRECTORY OPTION... - on the C files there. What xenbus and
# cmocka call things is not ours to change, and compat/ is there to define types and
# macros that newer kernels have.
checkpatch() {
	local ignore=CAMELCASE,COMPLEX_MACRO,MACRO_ARG_REUSE,MACRO_ARG_UNUSED,MACRO_WITH_FLOW_CONTROL,NEW_TYPEDEFS
	find "$repo/$2" -name '*.[ch]' -print0 | (cd "$out" && xargs -0 "$1/scripts/checkpatch.pl" --root="$1" --strict \
		--quiet --no-summary --show-types --ignore "$ignore" "${@:3}" -f)
}

# By release, natively, as a user of installed headers does it.
installs() {
	local release root=$out/root
	release=$(cd /lib/modules && ls -d ./*-amd64 | sort -V | tail -n 1 | sed 's|^\./||')
	make -s -C "$repo" KERNEL="$release" BUILD="$out/native" W=1 INSTALL_MOD_PATH="$root" install >"$out/said" 2>&1 ||
		cat "$out/said"
	modinfo -F vermagic "$out/native/xen_blkfront_64k.ko" | grep -q "^$release " || echo "not built for $release"
	grep -q '^alias xen:vbd xen_blkfront_64k$' "$root/lib/modules/$release/modules.alias" || echo "depmod has not run"
}

# refuses TEXT ARGUMENT... - make fails, says TEXT in one line and leaves nothing.
refuses() {
	! make -C "$repo" BUILD="$out/none" "${@:2}" >"$out/said" 2>&1 || return 1
	one_line "$1"
	[[ ! -e $out/none ]] || echo "left something in BUILD"
}

# stops TEXT ARGUMENT... - as above, where only compiling shows it: there is no module.
stops() {
	! make -s -C "$repo" BUILD="$out/stops" "${@:2}" >"$out/said" 2>&1 || return 1
	one_line "$1"
	[[ ! -e $out/stops/xen_blkfront_64k.ko ]] || echo "there is a module"
	rm -rf "$out/stops"
}

# What was said is the line with the text, and make's own.
one_line() {
	grep -qE -e "$1" "$out/said" && [[ $(grep -cvE '^make(\[[0-9]\])?: ' "$out/said") == 1 ]] || cat "$out/said"
}

# not_built_for - kernels that nothing can be built for, each in its own way.
not_built_for() {
	local native
	native=$(readlink -f /lib/modules/*-amd64/build | sort -V | tail -n 1)
	make -s -C "$source" O="$out/unprepared" ARCH=arm64 allnoconfig >/dev/null
	mkdir -p "$out/noxen/include/config"
	ln -s "$native"/{Makefile,scripts} "$out/noxen/"
	ln -s "$native/include/generated" "$out/noxen/include/"
	grep -v XENBUS_FRONTEND "$native/include/config/auto.conf" >"$out/noxen/include/config/auto.conf"
	printf '#include <xen/grant_table.h>\n#define %s(...) nonesuch(__VA_ARGS__)\n' gnttab_end_foreign_access_ref >"$out/breaks.h"
}

name=$(own_kernels | tail -n 1)
kernel=$("$RIG/build-kernel" "$name")
report "builds for $name without a warning" build "$kernel" "$name"
report "builds for installed headers by release, and installs" installs
source=$(readlink -f "$kernel/source")
report "checkpatch --strict finds nothing in src" checkpatch "$source" src
report "checkpatch --strict finds nothing in tests" \
	checkpatch "$source" tests --max-line-length=135 --ignore PREFER_KERNEL_TYPES,EMBEDDED_FUNCTION_NAME

not_built_for
report "a directory that is no kernel is named" refuses "/nowhere: no kernel build tree" KERNEL=/nowhere
report "a release that is not installed is named" refuses "/lib/modules/9.9-none/build: no kernel build tree" KERNEL=9.9-none
report "a kernel without .config is named" refuses "$source: has no .config" KERNEL="$source"
report "a kernel that is not prepared is named" refuses "modules_prepare" KERNEL="$out/unprepared"
report "a kernel without Xen is named" refuses "without CONFIG_XEN_XENBUS_FRONTEND" KERNEL="$out/noxen"
report "a compiler that does not fit is named" stops "built with .*gcc.*, CC= chooses another.*-fnonesuch" \
	KERNEL="$kernel" ARCH=arm64 CROSS_COMPILE="$CROSS" KCFLAGS=-fnonesuch
report "an interface of no known form is named, with the kernel" stops "kernel 7.*: gnttab_end_foreign_access_ref\(\) has none of" \
	KERNEL="$kernel" ARCH=arm64 CROSS_COMPILE="$CROSS" KCFLAGS="-include $out/breaks.h"

echo "1..$count"
