#!/bin/bash
# The RPM packages as files: they are good to rpmlint, the same whenever they are built, and agree on this tree's version and on
# the kernel's release. What they do to a machine is the business of dnf.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/lib.sh"

cd "$RIG/../.."
# As Fedora names one: no version, and with one dash, so that packages can ask for it.
release=6.1.0-7.test.x86_64

# A kernel of this release, of the newest headers that are installed.
kernel() {
	cp -rL "$(readlink -f /lib/modules/*/build | sort -V | tail -n 1)" "$out/kernel"
	echo "#define UTS_RELEASE \"$release\"" >"$out/kernel/include/generated/utsrelease.h"
}

# built NAME - of this tree, elsewhere and with other times.
built() {
	copy "$out/$1"
	SOURCE_DATE_EPOCH=1 make -s -C "$out/$1" rpm KERNEL="$out/kernel"
}

# query PACKAGE OPTION... - of the one whose name begins so.
query() { rpm -qp "${@:2}" "$out"/one/.build/packages/"$1"*.rpm; }

good() { rpmlint -r rpm/xen-blkfront-64k.rpmlintrc rpm/xen-blkfront-64k.spec "$out"/one/.build/packages/*.rpm | tee /dev/stderr | grep '; 0 errors, 0 warnings,'; }

one_version() {
	local version
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
	[[ $(query '' --queryformat '%{VERSION}\n' | uniq -c) =~ ^\ *3\ $version$ ]]
	sed -n '/^%changelog/{n;p}' rpm/xen-blkfront-64k.spec | grep " $version-1$"
}

one_release() {
	query "kmod-xen-blkfront-64k-$release-" --requires | grep -x "kernel-uname-r = $release"
	query kmod- --list | grep -x "/lib/modules/$release/updates/xen_blkfront_64k.ko"
}

# elsewhere MACRO VALUE - a distribution has these places elsewhere.
elsewhere() {
	local HOME=$out/home
	rm -rf "$HOME" "$out/elsewhere"
	mkdir "$HOME"
	echo "%$1 $2" >"$HOME/.rpmmacros"
	copy "$out/elsewhere"
	SOURCE_DATE_EPOCH=1 make -s -C "$out/elsewhere" rpm
}

report "the packages are built" eval 'kernel && built one'
report "rpmlint has nothing to say" good
report "built again, they are the same" eval 'built two && diff -r "$out"/{one,two}/.build/packages'
report "with commands in /usr/bin they are built, too" elsewhere _sbindir /usr/bin
report "and with other programs' helpers in /usr/lib" elsewhere _libexecdir /usr/lib
report "dkms.conf and the packages have one version" one_version
report "the package for one kernel is for what its modules are installed below" one_release
echo "1..$count"
