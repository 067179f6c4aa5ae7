#!/bin/bash
# Builds the module for every 64 KiB kernel of the rig with all warnings on, runs
# sparse and checkpatch on it, and sees bad build requests refused with one line.
. "$(dirname "$0")/vm/lib.sh"

repo=$(cd "$RIG/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
count=0

# report NAME COMMAND... - one test; passes when the command does, and says nothing. The
# command sets $skip where there is nothing to be seen.
report() {
	local name=$1 status=0 skip=
	shift
	count=$((count + 1))
	"$@" >"$out/log" 2>&1 || status=$?
	if ((status == 0)) && [[ ! -s $out/log ]]; then
		echo "ok $count - $name${skip:+ # SKIP $skip}"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' "$out/log"
	fi
}

# Kbuild's own progress lines are not warnings; all else is.
build() { make -s -C "$repo" KERNEL="$1" ARCH=arm64 CROSS_COMPILE="$CROSS" BUILD="$out/$2" W=1 "${@:3}" | sed '/^  /d'; }

# Newer kernels turn Debian 12's sparse down before it has looked at anything.
sparse() {
	build "$1" "$2-sparse" C=2 >"$out/sparse" 2>&1 || true
	if grep -q 'sparse is not available or not up to date' "$out/sparse"; then
		skip="this kernel wants a newer sparse than $(sparse_version)"
	else
		cat "$out/sparse"
	fi
}
sparse_version() { command sparse --version; }

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

# refuses TEXT ARGUMENT... - make fails and says TEXT.
refuses() {
	! make -C "$repo" BUILD="$out/none" "${@:2}" >"$out/said" 2>&1 || return 1
	grep -qF -e "$1" "$out/said" || cat "$out/said"
	[[ ! -e $out/none ]] || echo "left something in BUILD"
}

for name in $(all_kernels); do
	kernel=$("$RIG/build-kernel" "$name")
	report "builds for $name without a warning" build "$kernel" "$name"
	report "sparse finds nothing on $name" sparse "$kernel" "$name"
done
report "builds for installed headers by release, and installs" installs
source=$(readlink -f "$kernel/source")
report "checkpatch --strict finds nothing in src" checkpatch "$source" src
report "checkpatch --strict finds nothing in tests" \
	checkpatch "$source" tests --max-line-length=135 --ignore PREFER_KERNEL_TYPES,EMBEDDED_FUNCTION_NAME
report "a directory that is no kernel is named" refuses "looked for a prepared kernel build tree in /nowhere" KERNEL=/nowhere
report "a release that is not installed is named" refuses "/lib/modules/9.9-none/build" KERNEL=9.9-none

echo "1..$count"
