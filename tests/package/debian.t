#!/bin/bash
# The Debian package as a file, and its source: lintian has nothing to say of both, and the package is the same whenever it is
# built and agrees with itself on its version. What it does to a machine is the business of `cases`.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/lib.sh"

repo=$(cd "$RIG/../.." && pwd)

# built NAME - of this tree, elsewhere and with other times.
built() {
	copy "$out/$1"
	make -s -C "$out/$1" deb
}

same() { cmp "$out"/{one,two}/.build/packages/xen-blkfront-64k-dkms_*.deb; }

good() { silent lintian --allow-root --fail-on error,warning,info --suppress-tags repeated-path-segment "$@"; }

good_source() {
	copy "$out/source"
	(cd "$out/source" && dpkg-buildpackage -d -S -us -uc)
	good "$out"/*.changes
}

one_version() {
	local version
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$repo/dkms.conf")
	grep -qF "MODULE_VERSION(\"$version\")" "$repo/src/main.c"
	head -n 1 "$repo/debian/changelog" | grep -qF "($version)"
}

report "the package is built" built one
report "lintian has nothing to say" good "$out"/one/.build/packages/*.deb
report "nor of its source" good_source
report "built again, it is the same" eval 'built two && same'
report "dkms.conf, the module and the package have one version" one_version
echo "1..$count"
