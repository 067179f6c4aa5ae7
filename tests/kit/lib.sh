# Shared by the tests of the kit.  To be sourced after the rig's lib.sh; makes the
# directory $out, which goes with the test, and unpacks the kit to $unpacked there.
# shellcheck shell=bash

repo=$(cd "$RIG/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
chmod 755 "$out"
count=0

# report NAME COMMAND... - one test; passes when the command does, and shows what it said if
# not.
report() {
	local name=$1 status=0
	shift
	count=$((count + 1))
	# Not as a condition, where bash would go on after an error.
	"$@" >"$out/said" 2>&1 &
	wait $! || status=$?
	if ((status == 0)); then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' "$out/said"
	fi
}

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
