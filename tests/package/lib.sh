# Shared by the tests of packages: this tree as they are made of it, and systems that they are installed in. To be sourced after
# the rig's lib.sh.
# shellcheck shell=bash

# copy DIRECTORY - what packages are made of, elsewhere and with other times.
copy() {
	mkdir "$1"
	(cd "$RIG/../.." && cp -r --parents Makefile Kbuild dkms.conf README.md LICENSE src debian rpm "$1")
}

# use_system ROOT - has this one, of build-system, at $system; what is changed there is in $system.layer.
use_system() {
	mkdir -p "$system" "$system.layer"/{upper,work}
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$system.layer/upper,workdir=$system.layer/work" "$system"
	mount -t proc proc "$system/proc"
}

# inside COMMAND... - in the system; before that, what in_turn has.
in_turn=()
inside() { "${in_turn[@]}" chroot "$system" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
not() { ! "$@"; }

# status - of ours in DKMS: `VERSION KERNEL installed`, for all kernels, in one line.
status() { inside dkms status xen-blkfront-64k | sed 's,^[^/]*/\([^,]*\)\, \([^,]*\)\, [^:]*: \([a-z]*\).*,\1 \2 \3,' | sort -V | paste -sd ' '; }

has_status() {
	local found
	found=$(status 2>/dev/null)
	echo "$found"
	[[ $found == "$1" ]]
}

# files - all that there is, but for what package managers keep for themselves and depmod makes.
files() {
	inside find /boot /etc /usr /var/lib -not -path '/usr/lib/modules/*/modules.*' -not -name 'mok.*' \
		-not -path '/var/lib/apt/*' -not -path '/var/lib/dpkg/*' -not -path '/var/lib/rpm/*' -not -path '/var/lib/dnf/*' | sort
}
