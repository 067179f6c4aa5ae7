# Shared by the tests of the kit.  To be sourced after the rig's lib.sh; makes the
# directory $out, which goes with whoever sources this, and unpacks the kit to $unpacked there.
# shellcheck shell=bash

. "$RIG/../tap.sh"

repo=$(cd "$RIG/../.." && pwd)

# make_kit REPOSITORY - prints the archive's path.
make_kit() { (cd "$1" && realpath "$(make -s kit)"); }

# source_of KERNEL - prints where the rig has the source of one of its kernels.
source_of() {
	local build
	build=$("$RIG/build-kernel" "$1")
	readlink -f "$build/source"
}

# source_copy KERNEL DIRECTORY - a copy of it, of links but for where the kit's script works.
source_copy() {
	local source dir
	source=$(source_of "$1")
	cp -al "$source" "$2"
	for dir in drivers/block include/xen; do
		rm -r "${2:?}/$dir"
		cp -a "$source/$dir" "$2/$dir"
	done
}

kit=$(make_kit "$repo")
tar -xJf "$kit" -C "$out"
unpacked=$out/$(basename "$kit" .tar.xz)
add() { "$unpacked/add-to-kernel" "$@"; }
