#!/bin/bash
# The command xen-blkfront-64k: what it says of machines that are made of files here, under two
# shells. What it does on a real one is the business of `cases`.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../tap.sh"

repo=$(cd "$RIG/../.." && pwd)
K=6.1.0-1-test
command=$out/command
sed 's/@VERSION@/9.9/' "$repo/src/tools/xen-blkfront-64k" >"$command"

# machine - one where all is well: the module is there for the kernel, with the kernel's own beside it, in the initramfs.
machine() {
	root=$out/root tools=$out/tools
	rm -rf "$root" "$tools"
	mkdir -p "$root"/{boot,usr/libexec/xen-blkfront-64k,etc/modprobe.d,proc/sys/kernel,sys/{bus/xen/devices,hypervisor}} "$root/lib/modules/$K/"{build/include,kernel,updates/dkms} "$tools"
	echo "$K" >"$root/proc/sys/kernel/osrelease"
	echo "root=/dev/xvda1" >"$root/proc/cmdline"
	echo xen >"$root/sys/hypervisor/type"
	touch "$root/usr/libexec/xen-blkfront-64k/dkms-build" "$root/lib/modules/$K/modules.builtin" "$root/lib/modules/$K/updates/dkms/xen_blkfront_64k.ko"
	echo "updates/dkms/xen_blkfront_64k.ko: kernel/drivers/xen/some.ko" >"$root/lib/modules/$K/modules.dep"
	echo "kernel/drivers/block/xen-blkfront.ko:" >>"$root/lib/modules/$K/modules.dep"
	printf '%s\n' "usr/lib/modules/$K/updates/dkms/xen_blkfront_64k.ko" usr/lib/modprobe.d/xen-blkfront-64k.conf "usr/lib/modules/$K/kernel/drivers/block/xen-blkfront.ko" >"$root/boot/initrd.img-$K"
	# What a machine has of other packages. modinfo's answers are lines of a file.
	tool lsinitramfs 'cat "$1"'
	tool modinfo "sed -n \"s/^\$2: //p\" '$root/modinfo'"
	tool dkms :
	tool update-initramfs :
	printf '%s\n' "version: 9.9" "vermagic: $K SMP mod_unload" >"$root/modinfo"
}

tool() { printf '#!/bin/sh\n%s\n' "$2" >"$tools/$1" && chmod +x "$tools/$1"; }

# disk DEVICE NAME DRIVER - bound to the driver of this module, or of none: then it is built in.
disk() {
	local sys=$root/sys device
	device=$sys/bus/xen/devices/$1
	mkdir -p "$device/block/$2/queue" "$device/block/$2/mq/"{0,1} "$sys/block" "$sys/bus/xen/drivers/$3"
	echo "device/vbd/${1#vbd-}" >"$device/nodename"
	echo 512 >"$device/block/$2/queue/logical_block_size"
	echo "202:16" >"$device/block/$2/dev"
	ln -s "../bus/xen/devices/$1/block/$2" "$sys/block/$2"
	ln -sfn "$sys/bus/xen/drivers/$3" "$device/driver"
	[[ ! ${4-} ]] || { mkdir -p "$sys/module/$4"; ln -sfn "$sys/module/$4" "$sys/bus/xen/drivers/$3/module"; }
}

run() { PATH=$tools:/usr/bin:/bin XBF_ROOT=$root $shell "$command" "$@"; }

# says STATUS TEXT ARGUMENT... - ends with it, and has a line with the text.
says() {
	local status=0
	run "${@:3}" >"$out/words" 2>&1 || status=$?
	cat "$out/words"
	[[ $status == "$1" ]] && grep -qE -e "$2" "$out/words"
}

machine_builtin() {
	machine
	echo kernel/drivers/block/xen-blkfront.ko >"$root/lib/modules/$K/modules.builtin"
	sed -i /xen-blkfront/d "$root/lib/modules/$K/modules.dep"
}

for shell in dash 'busybox sh'; do
	t() { report "$shell: $1" "${@:2}"; }
	machine
	t "all is well: exit 0" says 0 'driver +xen_blkfront_64k' check
	t "check as JSON" [ "$(run check --json | python3 -c 'import json, sys; print([(k["kernel"], k["driver"], k["version"]) for k in json.load(sys.stdin)])')" = "[('$K', 'xen_blkfront_64k', '9.9')]" ]
	sed -i /xen_blkfront_64k/d "$root/boot/initrd.img-$K"
	t "not in the initramfs" says 1 "problem +not in the initramfs: update-initramfs -u -k $K" check
	t "then the kernel's own has the disks" says 1 'driver +xen_blkfront$' check
	machine
	sed -i /modprobe/d "$root/boot/initrd.img-$K"
	t "the initramfs does not prefer it" says 1 "problem .*prefer.*update-initramfs" check
	machine
	mv "$root/boot/initrd.img-$K" "$root/boot/initramfs-$K.img"
	mv "$tools/lsinitramfs" "$tools/lsinitrd"
	rm "$tools/update-initramfs"
	tool dracut :
	t "dracut's initramfs" says 0 "initramfs +/boot/initramfs-$K.img" check
	sed -i '/64k\.ko/d' "$root/boot/initramfs-$K.img"
	t "without it" says 1 "dracut --force /boot/initramfs-$K.img $K" check

	machine
	sed -i /64k/d "$root/lib/modules/$K/modules.dep"
	t "not built" says 1 "not built: dkms install xen-blkfront-64k/9.9 -k $K" check
	mv "$root/lib/modules/$K/build" "$out/"
	t "no headers" says 1 "no headers.*linux-headers-$K" check
	rm "$tools/dkms"
	t "no dkms, and no headers" says 1 "dkms is not installed" check
	mv "$out/build" "$root/lib/modules/$K/"
	t "no dkms" says 1 "dkms is not installed" check
	mkdir -p "$root/var/lib/xen-blkfront-64k/failed"
	touch "$root/var/lib/xen-blkfront-64k/failed/$K"
	t "could not be built" says 1 "could not be built" check
	sed -i /xen-blkfront/d "$root/lib/modules/$K/modules.dep"
	t "and no other driver: exit 3" says 3 'driver +none' check
	rm -r "${root:?}/usr" "${root:?}/var"
	t "from a package for one kernel alone" says 3 "install kmod-xen-blkfront-64k-$K" check
	echo kernel/drivers/block/xen_blkfront_64k/xen_blkfront_64k.ko >"$root/lib/modules/$K/modules.builtin"
	rm "$root/boot/initrd.img-$K"
	echo 'blacklist xen_blkfront_64k' >"$root/etc/modprobe.d/some.conf"
	t "ours is built in: that is all" says 0 'driver +xen_blkfront_64k' check
	echo xen_blkfront_64k.enable=0 >"$root/proc/cmdline"
	t "and switched off" says 3 'switched off on the kernel command line' check
	machine
	mkdir -p "$root/var/lib/xen-blkfront-64k/kept/$K"
	t "could not be built, but one is left from before" says 0 'note +left from before an upgrade' check

	machine
	sed -i "s/vermagic: $K/vermagic: 6.1.0-2-test/" "$root/modinfo"
	t "built for another kernel" says 1 'built for another kernel' check
	machine
	echo 'options xen_blkfront_64k max_queues=2 enable=0' >"$root/etc/modprobe.d/some.conf"
	t "switched off by a parameter" says 1 'switched off' check
	machine
	echo 'quiet xen_blkfront_64k.enable=0' >"$root/proc/cmdline"
	t "switched off on the command line" says 1 'problem +switched off on the kernel command line' check
	mkdir -p "$root/boot/loader/entries"
	printf '%s\n' "version $K" 'options root=/dev/xvda1 ro' >"$root/boot/loader/entries/some.conf"
	t "maybe for this boot alone" says 1 'problem +what switches it off was on .* not known for the next' check
	t "so that it is not taken for switched off" says 1 'driver +xen_blkfront_64k' check
	printf '%s\n' "linux /boot/vmlinuz-$K" 'options root=/dev/xvda1 xen_blkfront_64k.enable=0' >"$root/boot/loader/entries/some.conf"
	t "for the next, too" says 1 'problem +switched off on the kernel command line' check
	echo root=/dev/xvda1 >"$root/proc/cmdline"
	t "by an option of its own" says 1 'problem +switched off on the kernel command line' check
	sed -i "s/$K/6X1.0-1-test/" "$root/boot/loader/entries/some.conf"
	t "not by another kernel's" says 0 'driver +xen_blkfront_64k' check
	machine
	echo 'install xen-blkfront-64k /bin/true' >"$root/etc/modprobe.d/some.conf"
	t "not loaded by modprobe" says 1 'driver +xen_blkfront$' check

	machine
	echo "usr/lib/modprobe.d/xen-blkfront-64k.conf" >"$root/boot/initrd.img-$K"
	t "neither is in the initramfs: exit 3" says 3 'no driver would have the disks' check
	: >"$root/boot/initrd.img-$K"
	t "an initramfs that cannot be read" says 1 'cannot be read: update-initramfs' check
	rm "$root/boot/initrd.img-$K"
	t "no initramfs, and no kernel in /boot: not looked into" says 1 'problem +no initramfs in /boot' check
	touch "$root/boot/vmlinuz-$K"
	t "no initramfs for a kernel: exit 3" says 3 "no initramfs: update-initramfs -c -k $K" check
	machine
	touch -d '-1 hour' "$root/boot/initrd.img-$K"
	t "an initramfs older than the module" says 1 'older than the module: update-initramfs' check
	machine
	mkdir -p "$root/image/main/etc/modprobe.d"
	tool unmkinitramfs "cp -r '$root/image/main' \"\$2\""
	echo '#options xen_blkfront_64k enable=0' >"$root/image/main/etc/modprobe.d/some.conf"
	t "a comment in the initramfs switches nothing off" says 0 'driver +xen_blkfront_64k' check
	echo 'options xen-blkfront-64k enable=off' >"$root/image/main/etc/modprobe.d/some.conf"
	t "switched off in the initramfs alone" says 1 'problem +switched off in the initramfs, by enable=0' check
	: >"$root/image/main/etc/modprobe.d/some.conf"
	echo 'options xen_blkfront_64k enable=0' >"$root/etc/modprobe.d/some.conf"
	t "switched off, but not in the initramfs yet" says 0 'note .*not in the initramfs yet: update-initramfs' check
	tool unmkinitramfs 'echo no room >&2; exit 1'
	t "one that cannot be unpacked" says 1 'problem .*cannot be unpacked, so that enable=0 .*: no room' check
	t "nothing unpacked stays" [ ! "$(ls -d "${TMPDIR:-/var/tmp}"/xen-blkfront-64k.* 2>/dev/null)" ]

	machine
	for conf in 'blacklist xen-blkfront' 'install xen_blkfront /bin/false'; do
		echo "$conf" >"$root/etc/modprobe.d/some.conf"
		t "$conf: does not hinder ours" says 0 'driver +xen_blkfront_64k' check
	done
	sed -i /64k/d "$root/lib/modules/$K/modules.dep"
	t "but without ours there is none: exit 3" says 3 'driver +none' check
	rm "$root/etc/modprobe.d/some.conf"
	for option in modprobe.blacklist=some,xen_blkfront module_blacklist=xen_blkfront initcall_blacklist=xlblk_init; do
		echo "ro $option quiet" >"$root/proc/cmdline"
		t "nor with $option" says 3 'driver +none' check
	done
	machine
	printf 'blacklist %s\n' xen_blkfront xen_blkfront_64k >"$root/etc/modprobe.d/some.conf"
	t "both are blacklisted: exit 3" says 3 'problem +blacklisted, and nothing else loads it' check

	machine
	sed -i '/modprobe/d;/64k/d' "$root/boot/initrd.img-$K"
	t "JSON has every problem" [ "$(run check --json | python3 -c 'import json, sys; print([len(k["problems"]) for k in json.load(sys.stdin)])')" = "[2]" ]
	machine_builtin
	mkdir -p "$root/etc/default"
	echo 'GRUB_CMDLINE_LINUX="initcall_blacklist=xlblk_init"' >"$root/etc/default/grub"
	tool unmkinitramfs :
	echo 'options xen_blkfront_64k enable=0' >"$root/etc/modprobe.d/some.conf"
	t "and every note" [ "$(run check --json | python3 -c 'import json, sys; print([len(k["notes"]) for k in json.load(sys.stdin)])')" = "[2]" ]

	machine_builtin
	t "the kernel's own is built in" says 1 'add initcall_blacklist=xlblk_init to the kernel command line' check
	tool grubby :
	t "grubby is told of this kernel alone" says 1 "grubby --update-kernel=/boot/vmlinuz-$K --args=" check
	mv "$root/lib/modules/$K/modules.dep" "$out/modules.dep"
	t "nothing is added while ours is not there" [ ! "$(run check | grep blacklist)" ]
	t "but it is said" says 1 'built in: when nothing else is in the way' check
	mv "$out/modules.dep" "$root/lib/modules/$K/modules.dep"
	mkdir -p "$root/etc/default"
	echo 'GRUB_CMDLINE_LINUX="initcall_blacklist=xlblk_init"' >"$root/etc/default/grub"
	t "and put off" says 0 'driver +xen_blkfront_64k' check
	t "when the boot loader knows" says 0 'note +initcall_blacklist=xlblk_init counts when the boot loader' check
	mkdir -p "$root/boot/grub"
	echo "	linux	/vmlinuz-$K root=/dev/xvda1 ro quiet" >"$root/boot/grub/grub.cfg"
	t "it has not been told" says 1 'the boot loader does not have initcall_blacklist=xlblk_init .*update-grub|grubby' check
	t "so that it is not put off" says 1 'driver +xen_blkfront$' check
	echo "	linux	/vmlinuz-$K root=/dev/xvda1 ro initcall-blacklist=xlblk_init" >>"$root/boot/grub/grub.cfg"
	t "now it has" says 0 'driver +xen_blkfront_64k' check
	t "and nothing is to be done" [ ! "$(run check | grep note)" ]
	mkdir -p "$root/boot/loader/entries" "$root/boot/grub2"
	printf '%s\n' "version $K" 'options $kernelopts' >"$root/boot/loader/entries/some.conf"
	echo kernelopts=root=/dev/xvda1 ro >"$root/boot/grub2/grubenv"
	t "an entry of its own counts more" says 1 'driver +xen_blkfront$' check
	echo kernelopts=root=/dev/xvda1 ro initcall_blacklist=xlblk_init >"$root/boot/grub2/grubenv"
	t "with the variable that it names" says 0 'driver +xen_blkfront_64k' check
	rm -r "$root/boot/loader" "$root/boot/grub" "$root/boot/grub2"
	echo '#GRUB_CMDLINE_LINUX="initcall_blacklist=xlblk_init"' >"$root/etc/default/grub"
	t "a comment does not" says 1 'driver +xen_blkfront$' check
	t "and can stay" silent run leaving
	rm "$root/etc/default/grub"
	echo 'ro initcall_blacklist=some,xlblk_init,other' >"$root/proc/cmdline"
	t "one of several does" says 0 'driver +xen_blkfront_64k' check
	echo 'blacklist xen_blkfront_64k' >"$root/etc/modprobe.d/some.conf"
	t "put off, and ours is blacklisted: exit 3" says 3 'problem +blacklisted' check
	rm "$root/etc/modprobe.d/some.conf"
	echo 'GRUB_CMDLINE_LINUX=quiet' >"$root/etc/default/grub"
	t "put off for this boot, maybe for no other" says 1 'initcall_blacklist=xlblk_init was on .* not known for the next' check
	rm "$root/etc/default/grub"
	t "it has to go with the module" says 0 '^xen-blkfront-64k: initcall_blacklist=xlblk_init is .*: take it out' leaving
	sed -i /64k/d "$root/lib/modules/$K/modules.dep"
	t "put off, and ours is not built: exit 3" says 3 'driver +none' check
	machine
	mkdir -p "$root/etc/default"
	echo 'GRUB_CMDLINE_LINUX="xen_blkfront_64k.enable=0"' >"$root/etc/default/grub"
	t "switched off for the next boot" says 1 'switched off on the kernel command line' check

	machine
	mkdir -p "$root/sys/module/module/parameters"
	echo Y >"$root/sys/module/module/parameters/sig_enforce"
	t "signatures count, and there is none" says 1 'not signed' check
	echo 'signer: someone' >>"$root/modinfo"
	mkdir -p "$root/var/lib/dkms"
	echo someone >"$root/var/lib/dkms/mok.pub"
	tool mokutil 'echo "is not enrolled"'
	t "a key that is not enrolled" says 1 'mokutil --import .*/var/lib/dkms/mok.pub' check
	mkdir -p "$root/var/lib/shim-signed/mok"
	touch "$root/var/lib/shim-signed/mok/MOK.der"
	tool mokutil 'case $2 in */dkms/*) echo "is already enrolled" ;; *) echo "is not enrolled" ;; esac'
	t "one of two keys" says 0 'signed +someone' check
	echo other >"$root/var/lib/dkms/mok.pub"
	t "another's, enrolled" says 1 "key of 'someone' is not known .* its certificate" check
	rm "$root/usr/libexec/xen-blkfront-64k/dkms-build"
	sed -i /signer/d "$root/modinfo"
	t "a package that is not signed" says 1 'not signed, .*: ask whoever has built it' check
	echo 'signer: someone' >>"$root/modinfo"
	rm -r "$root/var/lib/shim-signed" "$root/var/lib/dkms/mok.pub"
	tool mokutil 'echo "is already enrolled"'
	t "a key that is not there" says 1 "key of 'someone' is not known" check
	echo '1 I--Q--- 1 perm 1 0 0 asymmetri someone: 1234: X509.rsa 5678 []' >"$root/proc/keys"
	t "a key of the running kernel" says 0 'signed +someone' check
	echo someone >"$root/var/lib/dkms/mok.pub"
	tool mokutil 'echo "is not enrolled"'
	t "whatever other keys there are" says 0 'signed +someone' check
	tool mokutil 'echo "is already enrolled"'
	rm "$root/proc/keys"
	t "a key that is" says 0 'signed +someone' check

	machine
	echo CONFIG_MODULE_SIG_FORCE=y >"$root/boot/config-$K"
	t "the kernel itself requires signatures" says 1 'not signed' check

	machine
	N=7.3.4-test
	cp -r "$root/lib/modules/$K" "$root/lib/modules/$N"
	echo kernel/drivers/block/xen-blkfront.ko: >"$root/lib/modules/$N/modules.dep"
	t "one of two kernels" says 1 "not built: dkms install .* -k $N" check
	t "the other one alone" says 0 'driver +xen_blkfront_64k' check $K
	echo CONFIG_ARM64_64K_PAGES=y >"$root/boot/config-$N"
	t "with pages of 64 KiB the kernel's own is none: exit 3" says 3 'with pages of 64 KiB, .* needs backends with indirect descriptors' check
	t "it has to be said when the module goes" says 0 "$N has pages of 64 KiB: without this module there are no disks" leaving
	disk vbd-51712 xvda vbd xen_blkfront_64k
	tool xenstore-read 'case $1 in */backend) echo /backend ;; /backend/feature-max-indirect-segments) echo 256 ;; esac'
	t "a backend with indirect descriptors" says 1 'driver +xen_blkfront$' check
	t "is no reason to say so" silent run leaving
	mv "$root/boot/config-$N" "$root/config"
	echo $N >"$root/proc/sys/kernel/osrelease"
	tool getconf 'echo 65536'
	rm "$tools/xenstore-read"
	t "a kernel without its configuration is asked for its pages" says 3 'with pages of 64 KiB' check
	rm "$tools/getconf"
	mv "$root/config" "$root/boot/config-$N"
	tool xenstore-read 'case $1 in */backend) echo /backend ;; *) echo 8 ;; esac'
	t "one with too few" says 3 'driver +none' check
	rm "$tools/xenstore-read"
	t "asked for it and an older one" says 3 'driver +none' check $K $N
	cp -r "$root/lib/modules/$N" "$root/lib/modules/7.0-test"
	mv "$root/boot/config-$N" "$root/boot/config-7.0-test"
	t "an older one without disks is not the next one" says 1 'driver +none' check
	t "but is when it is asked for" says 3 'driver +none' check 7.0-test
	rm -r "$root/lib/modules/7.0-test"
	mv "$root/boot/config-7.0-test" "$root/boot/config-$N"
	mv "$root/lib/modules/$N" "$root/lib/modules/6.8.0-test"
	mv "$root/boot/config-$N" "$root/boot/config-6.8.0-test"
	t "before 6.9 it is one" says 1 'driver +xen_blkfront$' check
	t "which may corrupt data" says 1 'with pages of 64 KiB, .* may corrupt data' check
	mkdir "$root/lib/modules/9.9-headers"
	touch "$root/lib/modules/9.9-headers/modules."{dep,builtin}
	t "headers alone are no kernel" says 4 "no kernel '9.9-headers'" check 9.9-headers
	touch "$root/boot/vmlinuz-9.9-headers"
	t "one without a module of its own is" says 3 'driver +none' check 9.9-headers

	machine
	disk vbd-51712 xvda vbd xen_blkfront_64k
	disk vbd-51728 xvdb vbd xen_blkfront_64k
	for ring in 0 1; do
		mkdir -p "$root/sys/kernel/debug/xen_blkfront_64k/vbd-51728/ring-$ring"
		echo 21 >"$root/sys/kernel/debug/xen_blkfront_64k/vbd-51728/ring-$ring/requests"
		echo 3000000021 >"$root/sys/kernel/debug/xen_blkfront_64k/vbd-51728/ring-$ring/slots"
	done
	t "all disks are ours" says 0 'driver +xen_blkfront_64k' status
	tool xenstore-read 'case $1 in */5632/device-type) echo cdrom ;; esac'
	mkdir -p "$root/sys/bus/xen/devices/vbd-5632"
	echo device/vbd/5632 >"$root/sys/bus/xen/devices/vbd-5632/nodename"
	t "a CD-ROM drive need not be" says 0 'why +CD-ROM drives of HVM guests are left to emulation' status
	rm "$tools/xenstore-read"
	rm -r "$root/sys/bus/xen/devices/vbd-5632"
	echo '65536 sectors, rings 2' >"$root/sys/kernel/debug/xen_blkfront_64k/vbd-51728/negotiated"
	t "what was negotiated" says 0 'negotiated +65536 sectors, rings 2' status
	t "counters of all rings" says 0 'requests +42' status
	t "large ones, too" says 0 'slots +6000000042' status
	t "queues" says 0 'queues +2' status
	t "status as JSON" [ "$(run status --json | python3 -c 'import json, sys; print([(d["disk"], d.get("requests")) for d in json.load(sys.stdin)])')" = "[('xvda', None), ('xvdb', 42)]" ]
	disk vbd-51744 xvdc other xen_blkfront
	t "one is the kernel's own driver's" says 1 "why +the kernel's own driver was there first" status
	tool getconf 'echo 16384'
	t "with larger pages it cannot be moved" says 1 "why +the kernel's own driver was there first; reboot" status
	t "bind: nor is it" says 4 'xvdc: left as it is: with pages of more than 4 KiB' bind xvdc
	rm "$tools/getconf"
	echo 'options xen_blkfront_64k enable=0' >"$root/etc/modprobe.d/some.conf"
	t "as ours is switched off" says 1 'why +xen_blkfront_64k is switched off, in /etc/modprobe.d' status
	rm "$root/etc/modprobe.d/some.conf"
	t "bind: it is ours already" says 4 '^xen-blkfront-64k: xvdb: xen_blkfront_64k has it already$' bind xvdb
	echo '/dev/xvdc1 /mnt ext4 rw 0 0' >"$root/proc/mounts"
	mkdir "$root/sys/bus/xen/devices/vbd-51744/block/xvdc/xvdc1"
	echo 202:33 >"$root/sys/bus/xen/devices/vbd-51744/block/xvdc/xvdc1/dev"
	t "bind: not when it is mounted" says 4 'xvdc: xvdc1 is mounted' bind xvdc
	: >"$root/proc/mounts"
	mkdir -p "$root/sys/bus/xen/devices/vbd-51744/block/xvdc/xvdc1/holders/dm-0"
	t "bind: not when something is made of it" says 4 'xvdc1 is a part of dm-0' bind xvdc
	rm -r "$root/sys/bus/xen/devices/vbd-51744/block/xvdc/xvdc1"
	t "bind" run bind xvdc
	t "bind: taken from the other, given to ours" [ "$(cat "$root/sys/bus/xen/drivers/other/unbind" "$root/sys/bus/xen/drivers/vbd/bind" | paste -sd ' ')" = "vbd-51744 vbd-51744" ]
	for name in '' . .. /dev/ vbd- 'vbd-*' xvd xvda/queue ../xvda; do
		t "unbind: '$name' is no disk" says 4 "no disk '.*', expected some of: .*xvda" unbind "$name"
	done
	t "unbind: none of these was taken from ours" [ ! -e "$root/sys/bus/xen/drivers/vbd/unbind" ]
	mkdir -p "$root/proc/77" "$root/sys/fs/btrfs/some/devices"
	echo '36 35 202:16 / /mnt rw - ext4 /dev/root rw' >"$root/proc/77/mountinfo"
	t "unbind: not when mounted in another namespace" says 4 'xvdb is mounted' unbind xvdb
	rm "$root/proc/77/mountinfo"
	touch "$root/sys/fs/btrfs/some/devices/xvdb"
	t "unbind: not when btrfs has it beside another" says 4 'xvdb is mounted' unbind xvdb
	rm "$root/sys/fs/btrfs/some/devices/xvdb"
	echo '/dev/xvdb partition 1 0 -2' >"$root/proc/swaps"
	t "unbind: not swap space" says 4 'swap space' unbind /dev/xvdb
	: >"$root/proc/swaps"
	t "unbind by number" run unbind vbd-51728
	t "unbind: taken from ours" [ "$(cat "$root/sys/bus/xen/drivers/vbd/unbind")" = vbd-51728 ]
	t "unbind: not what is another's" says 4 'its driver is xen_blkfront, not' unbind xvdc

	rm "$root/sys/bus/xen/drivers/vbd/unbind"
	mkdir "$root/sys/bus/xen/drivers/vbd/unbind"
	t "the kernel refuses: one line" refuses 4 "the kernel refuses 'vbd-51728'" run unbind xvdb

	machine
	disk vbd-51712 xvda vbd ''
	printf 'a"b\\c\td\ne' >"$root/sys/bus/xen/devices/vbd-51712/nodename"
	t "JSON of odd characters" [ "$(run status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["frontend"])')" = 'a"b\c d e' ]
	mkdir -p "$root/sys/module/xen_blkfront_64k"
	rm -r "$root/sys/bus/xen/devices/vbd-51712/"{driver,block}
	t "no driver has a disk" says 1 "why +no driver has it: 'xen-blkfront-64k bind vbd-51712'" status
	t "which '/' is no name of" says 4 "no disk '/'" bind /
	machine
	disk vbd-51712 xvda vbd ''
	t "built in: has a disk" says 1 'driver +xen_blkfront .built in' status
	mv "$root/sys/hypervisor" "$out/"
	t "the same where the kernel does not say that it is a guest" says 1 'driver +xen_blkfront .built in' status
	mv "$out/hypervisor" "$root/sys/"
	t "no such disk: one line with those that are there" says 4 "no disk 'xvdz', expected some of: .*xvda" unbind xvdz
	rm -r "$root/sys/bus/xen/devices/"*
	t "a guest without disks" says 0 'this guest has no disks of Xen' status
	rm -r "$root/sys/hypervisor"
	t "no Xen" says 4 'this is no guest of Xen' status
	t "which check says in a line" says 0 '^xen-blkfront-64k: not on Xen here' check
	t "no such kernel" says 4 "no kernel '1.2.3', expected some of: $K" check 1.2.3
	tool mktemp 'exit 1'
	t "no temporary directory: one line" refuses 4 'no temporary directory can be made in /' run check
	rm "$tools/mktemp"
	t "no command: usage, exit 2" says 2 '^usage: ' ''
	t "unknown command" says 2 "unknown command 'frob'" frob
	t "unknown option" says 2 "unknown option '--frob'" check --frob
	t "status takes no argument" says 2 "unknown argument 'xvda'" status xvda
	t "nor does leaving" says 2 "unknown argument 'xvda'" leaving xvda
	t "bind takes one" says 2 'expected one disk' bind
	t "version" says 0 '^xen-blkfront-64k 9.9$' --version
	t "help" says 0 '^usage: ' --help
done
machine
chmod 600 "$root/boot/initrd.img-$K"
shell='setpriv --reuid=nobody dash'
disk vbd-51712 xvda vbd xen_blkfront_64k
report "not root: status goes without what is for root, with a line" says 0 '^xen-blkfront-64k: not root: without' status
report "not root: an initramfs that cannot be read is said to be so" says 1 'not looked into: must be root' check
root='' shell='setpriv --reuid=nobody dash'
report "not root: one line" says 4 '^xen-blkfront-64k: bind: must be root$' bind xvdb
for helper in dkms-build initramfs; do
	report "$helper: unknown option" refuses 2 "$helper: unknown option '--frob', expected" sh "$repo/src/tools/$helper" --frob
	report "$helper: not root: one line" refuses 4 "$helper: must be root" $shell "$repo/src/tools/$helper"
done
for page in "$repo"/src/tools/*.[48]; do
	report "$(basename "$page") is a good page" silent mandoc -T lint -W warning "$page"
	report "$(basename "$page") has a name for whatis" sh -c 'lexgrog "$1"' sh "$page"
done
echo "1..$count"
