# Shared by the scripts of the build matrix: what Debian offers, and where it builds.
# To be sourced by bash.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/../vm/lib.sh"

# shellcheck disable=SC2034
MATRIX=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$MATRIX/../.." && pwd)
# Where `build` leaves what it found, a directory a kernel.
# shellcheck disable=SC2034
RESULTS=${XBF_RESULTS:-$CACHE/matrix}

# apt with the machine's way to the archive and a state of its own, which knows every suite there is
# and nothing of what is installed: the machine's own apt never sees the newer suites.
APT=$CACHE/matrix-apt
export APT_CONFIG=$APT/apt.conf

# toolchain RELEASE - the release whose compilers its kernels are built with.
toolchain() {
	case $1 in
	forky | experimental) echo sid ;;
	*) echo "$1" ;;
	esac
}

apt_setup() {
	mkdir -p "$APT"/{lists,archives}/partial
	touch "$APT/status"
	cat >"$APT/debian.sources" <<-EOF
		Types: deb
		URIs: http://deb.debian.org/debian
		Suites: bullseye bookworm bookworm-backports trixie trixie-backports forky sid experimental
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

		Types: deb
		URIs: http://deb.debian.org/debian-security
		Suites: bullseye-security bookworm-security trixie-security
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

		Types: deb-src
		URIs: http://deb.debian.org/debian
		Suites: sid
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	EOF
	env -u APT_CONFIG apt-config dump Acquire | grep -v '^Acquire::IndexTargets' >"$APT/acquire.conf"
	cat >"$APT_CONFIG" <<-EOF
		#include "$APT/acquire.conf";
		Dir::State "$APT";
		Dir::State::status "$APT/status";
		Dir::Cache "$APT";
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "/dev/null";
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$APT";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; "arm64"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
	EOF
}

# index - prints the name of a file with one line for each package of a kernel, and for
# each tool that the trees hold, in all suites: `suite architecture package version
# sha256 path dependencies`.  It is made anew when older than a day.
index() {
	mkdir -p "$APT"
	(
		flock 9
		[[ -e $APT/index && $(find "$APT/index" -mtime -1) ]] && exit
		note "asking Debian's suites what they offer"
		apt_setup
		apt-get update -qq -o APT::Update::Error-Mode=any >&2 || {
			[[ -e $APT/index ]] || die "apt-get update failed"
			note "not reached: taking what they offered on $(date -r "$APT/index" +%F)"
			exit
		}
		# shellcheck disable=SC2016
		apt-get indextargets --format '$(RELEASE) $(FILENAME)' 'Created-By: Packages' | while read -r suite file; do
			/usr/lib/apt/apt-helper cat-file "$file" | awk -v suite="$suite" '
				/^[A-Z][^ ]*: / { field = $1; sub(/^[^ ]* /, ""); is[field] = $0 }
				/^$/ {
					if (is["Package:"] ~ /^(linux-(headers|kbuild|image|modules|base|binary)(-unsigned)?-[0-9].*|gcc|clang|sparse)$/)
						print suite, is["Architecture:"], is["Package:"], is["Version:"], is["SHA256:"], is["Filename:"], is["Depends:"]
					delete is
				}'
		done | sort -u >"$APT/index.new"
		weed "$APT/index.new"
		mv "$APT/index.new" "$APT/index"
	) 9>"$APT/index.lock"
	printf '%s\n' "$APT/index"
}

# weed INDEX - takes those header packages out that are listed but can no longer be had
# (long-term support ends like that), until the newest of all that are left can.
# shellcheck disable=SC2046,SC2086 # the words of $gone
weed() {
	local gone
	while
		gone=$(choose "$1" | while read -r _ _ arch version _ package _; do
			awk -v p="$package" -v a="$arch" -v v="$version" '$3 == p && $2 == a && $4 == v {
				print "http://deb.debian.org/" ($1 ~ /-security$/ ? "debian-security/" : "debian/") $6, $6
			}' "$1"
		done | perl -MHTTP::Tiny -ane 'print "$F[1]\n" if HTTP::Tiny->new->head($F[0])->{status} == 404')
		[[ $gone ]]
	do
		note "listed, but gone from Debian's archive:" $(basename -a $gone)
		grep -vFf <(printf ' %s \n' $gone) "$1" >"$1.weeded"
		mv "$1.weeded" "$1"
	done
}

# all_ids - each kernel of the table in each flavour, one line each: `id release
# architecture version abi headers common kbuild name`: three packages before the name.
all_ids() {
	local file
	file=$(index)
	choose "$file"
}

# choose INDEX - all_ids, from that index. The kbuild package is that of the machine that
# builds; a version that has none there yet does not count.
choose() {
	awk '
		FNR == NR { if (/^[^#]/) { name[++names] = $1; release[names] = $2 }; next }
		$2 == "amd64" && $3 ~ /^linux-kbuild-/ { kbuild[$3, $4] = 1 }
		$3 ~ /^linux-headers-/ && match($0, /linux-headers-[^ ]+-common[^ ,]*/) {
			row[++rows] = $0
			common[rows] = substr($0, RSTART, RLENGTH)
		}
		END {
			for (n = 1; n <= names; n++)
				for (r = 1; r <= rows; r++) {
					$0 = row[r]
					series = name[n]
					sub(/-.*/, "", series)
					if (index($1 "-", release[n] "-") != 1 || index($4, series) != 1 ||
					    substr($4, length(series) + 1, 1) !~ /[.~-]/ || !match($0, /linux-kbuild-[^ ,]+/))
						continue
					made_by = substr($0, RSTART, RLENGTH)
					abi = common[r]
					sub(/-common.*/, "", abi)
					flavour = substr($3, length(abi) + 2)
					sub(/^linux-headers-/, "", abi)
					if (kbuild[made_by, $4])
						print n, name[n] "-" flavour, release[n], $2, $4, abi, $3, common[r], made_by, name[n]
				}
		}' "$MATRIX/kernels" "$1" | LC_ALL=C sort -k1,1n -k2,2 -k5,5Vr | awk '!seen[$2]++' | cut -d' ' -f2-
}

# find_id ID - its line of all_ids.
find_id() {
	all_ids | awk -v id="$1" '$1 == id' | grep . ||
		misuse "unknown kernel '$1', expected one of: $(all_ids | cut -d' ' -f1 | paste -sd ' ')"
}

# package_line NAME ARCHITECTURE VERSION - the package's checksum, for cache keys; nothing
# where no suite has it.
package_line() {
	awk -v p="$1" -v a="$2" -v v="$3" '$3 == p && ($2 == a || $2 == "all") && $4 == v { print $5; exit }' "$(index)"
}

# locate KERNEL - finds an id, NAME-64k (of those in ../vm/kernels) or the directory of a
# prepared kernel build tree, and makes it if need be. Sets `kernel`, the directory to
# build against as seen by `inside`; `layer`, what has to be laid over the tools for
# that; `host`, where that same directory is outside; `tools`, the release whose compilers
# to use; `arch`; and `cross`, what make has to be told.
# shellcheck disable=SC2034
locate() {
	local found release headers
	layer=
	case $1 in
	*/*)
		[[ -e $1/include/config/auto.conf ]] || misuse "expected a prepared kernel build tree, no include/config/auto.conf in '$1'"
		kernel=$(realpath "$1") tools=bookworm arch=amd64
		! grep -qx CONFIG_ARM64=y "$1/include/config/auto.conf" || arch=arm64
		;;
	*-64k)
		kernel=$(env -u APT_CONFIG XBF_ARCH=arm64 "$RIG/build-kernel" "${1%-64k}") tools=bookworm arch=arm64
		;;
	*)
		found=$(find_id "$1")
		read -r _ release arch _ _ headers _ <<<"$found"
		layer=$("$MATRIX/build-headers" "$1")/root kernel=/usr/src/$headers tools=$(toolchain "$release")
		;;
	esac
	host=$layer$kernel
	# Those of our own making know no pahole.
	cross=()
	[[ $layer ]] || cross+=(PAHOLE=none)
	[[ $arch == amd64 ]] || cross+=(ARCH="$arch" CROSS_COMPILE=aarch64-linux-gnu-)
}

# inside OUTPUT COMMAND... - runs a command where what was located can be built for: in the
# tree of tools with the kernel's headers over it. It sees this repository, the cache and
# the kernel, each at its own path, and OUTPUT likewise; all that it writes elsewhere is
# lost. Mounts and processes go when it ends, however it ends.
inside() {
	local tree visible=("$REPO" "$CACHE")
	tree=$("$MATRIX/build-tree" "$tools")
	[[ $layer ]] || visible+=("$kernel" "$(readlink -e "$kernel/source" || echo "$kernel")")
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --kill-child --propagation private bash -euc '
		top=$1/top lower=${2:+$2:}$1/root out=$3
		IFS=: read -ra seen <<<"$4"
		shift 4
		mount -t tmpfs none "$top"
		over() {
			n=$((${n-0} + 1))
			mkdir -p "$2" "$top/$n"/{upper,work}
			mount -t overlay none "$2" -o "lowerdir=$1,upperdir=$top/$n/upper,workdir=$top/$n/work"
		}
		over "$lower" "$top/root"
		for dir in "${seen[@]}"; do
			over "$dir" "$top/root$dir"
		done
		mkdir -p "$top/root$out"
		mount --bind "$out" "$top/root$out"
		mount -t proc none "$top/root/proc"
		mount --rbind /dev "$top/root/dev"
		exec env -i HOME=/root LC_ALL=C PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$top/root" "$@"
	' bash "$tree" "$layer" "$1" "$(IFS=:; printf '%s' "${visible[*]}")" "${@:2}"
}
