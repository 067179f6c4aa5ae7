# Shared by the scripts of the rig: messages, and the cache of what takes long to
# build.  To be sourced by bash; sets the shell's error options.
# shellcheck shell=bash

set -euo pipefail
shopt -s inherit_errexit

# shellcheck disable=SC2034
RIG=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/xbf64k
mkdir -p "$CACHE"

note() { printf '# %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
misuse() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 2; }

# all_kernels, own_kernels - the names in the table `kernels`, one a line: all, and the
# 64 KiB ones that are built here.
all_kernels() { awk '/^[^#]/ { print $1 }' "$RIG/kernels"; }
own_kernels() { all_kernels | grep -v -e -; }

# arch_of KERNEL - Debian's name of its architecture.
arch_of() { case $1 in *-amd64 | *-amd64-???) echo amd64 ;; *) echo arm64 ;; esac }

# use_arch NAME - what `arch/NAME` says holds from here on, and in scripts called.
use_arch() {
	export XBF_ARCH=$1
	# shellcheck source=arch/arm64
	. "$RIG/arch/$1"
}
use_arch "${XBF_ARCH:-arm64}"

# cached NAME INPUT... - prints the directory that holds NAME as made from these
# inputs (any text: versions, checksums, contents of files) by the calling script's
# function `build`.  Missing or unfinished, it is made by running that script again
# with the arguments `--into DIRECTORY`.
#
# The directory is made where it stays and marked when complete, rather than made
# elsewhere and renamed: kernel build trees hold absolute paths to themselves.
cached() {
	local name=$1 key dir
	key=$(printf '%s\0' "$(declare -f build)" "$@" | sha256sum | cut -c1-12)
	dir=$CACHE/$name-$key
	if [[ ! -e $dir/.complete ]]; then
		(
			flock 9
			[[ -e $dir/.complete ]] && exit
			note "building $name (log: $dir.log)"
			rm -rf "$dir"
			mkdir "$dir"
			"$0" --into "$dir" >"$dir.log" 2>&1 </dev/null 9>&- || {
				tail -n 20 "$dir.log" >&2
				die "building $name failed, see $dir.log"
			}
			touch "$dir/.complete"
		) 9>"$dir.lock"
	fi
	printf '%s\n' "$dir"
}

# sources [DIRECTORY...] - a checksum of all that the module is built from, and of these. What
# a compat test says of itself makes no difference.
sources() {
	(
		cd "$RIG/../.."
		find Makefile Kbuild src "$@" -type f -not -name '.*' -print0 | LC_ALL=C sort -z |
			xargs -0 awk 'FILENAME !~ "^src/compat/tests/" || !/^\/\* .* \*\/$/ { print FILENAME, $0 }' | sha256sum
	)
}

# kernel_make DIRECTORY ARGUMENT... - make for a guest kernel of our own, whose source and
# build are in that directory of the cache.
kernel_make() {
	# Paths relative to the cache make a rebuild under another key hit ccache.
	PATH=/usr/lib/ccache:$PATH CCACHE_BASEDIR=$CACHE CCACHE_NOHASHDIR=1 \
		make -C "$1/source" O="$1/build" ARCH=arm64 CROSS_COMPILE="$CROSS" "${@:2}"
}

# kernel_configure DIRECTORY FILE [ARGUMENT...] - allnoconfig and the lines of this file, each
# of which has to hold then; the arguments are make's.
kernel_configure() {
	local lost
	mkdir -p "$1/build"
	kernel_make "$1" KCONFIG_ALLCONFIG="$2" "${@:3}" allnoconfig
	lost=$(grep -x 'CONFIG_.*' "$2" | grep -vxFf "$1/build/.config" || true)
	[[ -z $lost ]] || die "not in the kernel's configuration:" "${lost//$'\n'/, }"
}

# apt_files COMMAND PACKAGE... - one line for each file that `apt-get COMMAND` (download,
# source) would fetch, with version and checksum: for cache keys.  apt takes seconds
# to say it, so the answer is kept until its lists change.
apt_files() {
	local answer
	answer=$CACHE/apt/$(printf '%s ' "$@" | sha256sum | cut -c1-12)
	if [[ ! $answer -nt /var/lib/apt/lists ]]; then
		mkdir -p "$CACHE/apt"
		apt-get "$1" -q --print-uris "${@:2}" | grep "^'" | cut -d' ' -f2- >"$answer.$$"
		mv "$answer.$$" "$answer"
	fi
	cat "$answer"
}

# closure TREE FILE... - the paths, relative to TREE, of these files (globs welcome,
# relative too), of what symbolic links among them lead to and of the shared
# libraries that they need, in turn.
closure() {
	local tree=$1 file lib dir
	local -A seen=()
	shift
	cd "$tree"
	# Unquoted on purpose: the globs open here, inside the tree.
	# shellcheck disable=SC2046,SC2048,SC2086
	set -- $(ls -d lib*/ld-linux-* $*)
	while (($#)); do
		file=$1
		shift
		[[ ${seen[$file]-} ]] && continue
		seen[$file]=1
		if [[ -L $file ]]; then
			lib=$(readlink "$file")
			[[ $lib == /* ]] || lib=/$(dirname "$file")/$lib
			set -- "$@" "$(realpath -sm --relative-to=/ "$lib")"
			continue
		fi
		for lib in $("${CROSS}readelf" -d "$file" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
			for dir in lib usr/lib usr/lib/*/lib; do
				[[ ! -e $dir/${CROSS%-}/$lib ]] || set -- "$@" "$dir/${CROSS%-}/$lib"
			done
		done
	done
	printf '%s\n' "${!seen[@]}"
}

# stage DIRECTORY - copies the files named on standard input, relative to here, into it.
stage() { cpio --quiet -pdm "$1"; }

# archive DIRECTORY - a newc cpio archive of all that it holds, on standard output.
archive() { (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0); }
