#!/bin/bash
# The RPM packages on a machine: installed, upgraded, downgraded and removed by dnf from a repository, in a chroot that has DKMS,
# dracut and kernels as Fedora has them, made of Debian's. Root, Debian 12, after tests/setup.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/lib.sh"

here=$RIG/../package
ours=xen_blkfront_64k
dkms=xen-blkfront-64k-dkms
options=/etc/modprobe.d/xen-blkfront-64k-options.conf

# ---- The machine ----

# stub NAME PROVIDES [PLACE SOURCE] - a package of this name, which has in PLACE what the machine has as SOURCE.
stub() {
	printf '%s\n' "Name: $1" 'Version: 1' 'Release: 1' 'Summary: Part of a system' 'License: none' 'AutoReqProv: no' "Provides: $2" \
		'%description' '%install' "${3:+mkdir -p \$RPM_BUILD_ROOT$(dirname "$3") && cp -rL $system$4 \$RPM_BUILD_ROOT$3}" '%files' "${3-}" >"$out/$1.spec"
	rpmbuild -bb --quiet --define "_topdir $out/stub" --define '__os_install_post %{nil}' --define '_build_id_links none' "$out/$1.spec"
}

# repository - has ours, what the system has without rpm knowing, and headers for another kernel.
repository() {
	mkdir "$out/repository"
	stub system '/bin/sh dkms dracut kmod'
	stub kernel-devel kernel-devel "/usr/src/kernels/$late" "/usr/src/linux-headers-$kernel"
	cp "$packages"/*.rpm "$out"/stub/RPMS/*/*.rpm "$out/repository/"
	createrepo_c --quiet "$out/repository"
	printf '%s\n' '[main]' reposdir=/none gpgcheck=0 plugins=0 [local] "name=local" "baseurl=file://$out/repository" >"$out/dnf.conf"
}

# like_fedora - has places that are others' there, initramfs by its names, with little in them for speed, and kernel-install's
# plugins.
like_fedora() {
	mkdir -p "$system"/usr/{lib/dracut/dracut.conf.d,share/{licenses,man/man4}}
	printf '%s\n' drivers=ext4 compress=cat >"$system/etc/dracut.conf.d/fast.conf"
	mv "$system/boot/initrd.img-$kernel" "$system/boot/initramfs-$kernel.img"
	install -m755 "$system/etc/kernel/install.d/dkms" "$system/usr/lib/kernel/install.d/40-dkms.install"
	printf '#!/bin/sh\n[ "$1" != add ] || dracut -q --force "/boot/initramfs-$2.img" "$2"\n' >"$system/usr/lib/kernel/install.d/50-dracut.install"
	chmod +x "$system/usr/lib/kernel/install.d/50-dracut.install"
}

# another KERNEL - with the same modules.
another() {
	cp -a "$system/lib/modules/$kernel" "$system/lib/modules/$1"
	rm -rf "$system/lib/modules/$1/updates"
	inside depmod "$1"
}

# without_headers KERNEL - another kernel, which has none yet.
without_headers() {
	another "$1"
	ln -sfn "/usr/src/kernels/$1" "$system/lib/modules/$1/build"
	touch "$system/boot/initramfs-$1.img"
}

# broken KERNEL - one that no module can be built for: a header is no C.
broken() {
	mkdir "$system/lib/modules/$1"
	inside cp -rL "/lib/modules/$kernel/build" "/lib/modules/$1/build"
	echo no C >"$system/lib/modules/$1/build/include/generated/autoconf.h"
	touch "$system/boot/initramfs-$1.img"
}

# stuck KERNEL - one that no initramfs can be made for.
stuck() {
	mkdir "$system/lib/modules/$1"
	touch "$system/boot/initramfs-$1.img"
	echo "[[ \$kernel != $1 ]] || exit 1" >"$system/etc/dracut.conf.d/stuck.conf"
}

machine() {
	repository
	like_fedora
	broken $broken
	stuck $stuck
}

# ---- What happens to it ----

# dnf ARGUMENT... - does it, and no scriptlet fails.
dnf() { report "dnf $*" dnf_content "$@"; }
dnf_content() {
	command dnf --config "$out/dnf.conf" --releasever 1 --installroot "$system" -y "$@" >"$out/dnf.log" 2>&1 || { cat "$out/dnf.log"; return 1; }
	cat "$out/dnf.log"
	not grep -E 'scriptlet (failed|in)' "$out/dnf.log"
}

said() { grep -F "$1" "$out/dnf.log"; }

# is_at KERNEL PLACE - the module is the one that this kernel finds for a disk, and in its initramfs.
is_at() {
	inside modinfo -k "$1" -F filename $ours | grep -x "/lib/modules/$1/$2/$ours.ko"
	grep -x "alias xen:vbd $ours" "$system/lib/modules/$1/modules.alias"
	inside lsinitrd "/boot/initramfs-$1.img" >"$out/initramfs"
	grep "/$ours\.ko" "$out/initramfs"
}

# is_gone KERNEL... - from all of these.
is_gone() {
	local kernel
	for kernel; do
		not inside modinfo -k "$kernel" $ours
		inside lsinitrd "/boot/initramfs-$kernel.img" >"$out/initramfs"
		not grep "/$ours\.ko" "$out/initramfs"
	done
}

# kernel_install KERNEL - as its package does it; all plugins are run, of which a later one makes the initramfs.
kernel_install() {
	rm -f "$system/boot/initramfs-$1.img"
	inside kernel-install add "$1" "/boot/vmlinuz-$kernel"
	[[ -e $system/boot/initramfs-$1.img ]]
}

rm -rf "$out"
out=$(mktemp -d "$CACHE/dnf-XXXXXX")
trap 'umount "$system/proc" "$system" 2>/dev/null || true; rm -rf "$out"' EXIT
system=$out/system
base=$("$here/build-system" bookworm dracut)
native=$(cd /lib/modules && ls -d -- */build | sort -V | tail -n 1)
native=${native%/build}
packages=$("$here/build-packages" "rpm KERNEL=$native" 0.1.0 0.1.1)
use_system "$base/root"
kernel=$(basename "$system"/lib/modules/*)
broken=5.0-broken stuck=5.1-stuck new=6.2-new late=6.3-late
kmod=kmod-xen-blkfront-64k-$native

report "a machine and a repository" machine
dnf install system
files >"$out/before"

dnf install $dkms-0.1.0
report "DKMS has it for one kernel" has_status "0.1.0 $kernel installed"
report "it is where DKMS puts it" is_at "$kernel" updates/dkms
report "a kernel that it cannot be built for is said, and why" eval 'said "cannot be built for $broken" && grep "error:" "$system/var/lib/xen-blkfront-64k/failed/$broken"'
report "so is an initramfs that cannot be made" said "the initramfs of $stuck cannot be made"
dnf reinstall $dkms xen-blkfront-64k-common
report "nothing has changed" has_status "0.1.0 $kernel installed"
report "nor where it is" is_at "$kernel" updates/dkms

echo "options $ours max_queues=3" >>"$system$options"
dnf upgrade $dkms
report "only the new version is there" has_status "0.1.1 $kernel installed"
report "with its sources alone" [ "$(cd "$system/usr/src" && echo xen-*)" = xen-blkfront-64k-0.1.1 ]
report "it is there" is_at "$kernel" updates/dkms
report "a changed parameter is kept" grep max_queues=3 "$system$options"
dnf downgrade $dkms-0.1.0 xen-blkfront-64k-common-0.1.0
report "only the old version is there" has_status "0.1.0 $kernel installed"
report "it is there" is_at "$kernel" updates/dkms
report "a changed parameter is kept" grep max_queues=3 "$system$options"

another $new
report "a new kernel is installed" kernel_install $new
report "it has the module" is_at $new updates/dkms
report "one that it cannot be built for is, up to the initramfs" kernel_install $broken
without_headers $late
dnf install kernel-devel
report "a kernel that gets headers later has it" is_at $late updates/dkms

dnf remove $dkms
report "DKMS has nothing any more" has_status ""
report "nor has a kernel, or its initramfs" is_gone "$kernel" $new $late
report "nothing is left but the changed parameters" diff <(sort "$out/before" <(echo "$options.rpmsave")) <(files | grep -v -e /usr/src/kernels -e "[/-]$new" -e "[/-]$late")

# A module for one kernel, which has no headers here.
another "$native"
report "another kernel" inside dracut -q --force "/boot/initramfs-$native.img" "$native"
files >"$out/before"
dnf install "$kmod-0.1.0"
report "it is there for its kernel" is_at "$native" extra
report "and for no other" is_gone "$kernel"
dnf upgrade "$kmod"
report "the new version is there" is_at "$native" extra
dnf remove "$kmod"
report "it is gone" is_gone "$native"
report "nothing is left" diff "$out/before" <(files)
echo "1..$count"
