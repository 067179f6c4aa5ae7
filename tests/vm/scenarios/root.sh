# root: the root filesystem is on the disk, the driver in the initramfs; a tree survives a reboot
# shellcheck shell=dash

disks="xvda:qdisk:512M"
root=xvda

dom0() {
	make_root xvda 512M
	guest_start
	guest_wait written
	ok "reboot is asked for" xl reboot guest
	guest_wait verified
	guest_ended
	ok "fsck finds nothing to do" e2fsck -fn "$(image xvda)"
}

write_tree() {
	local i
	mkdir /tree
	for i in $(seq 40); do
		mkdir "/tree/$i"
		dd if=/dev/urandom of="/tree/$i/odd" bs=$((i * 1777)) count=1
		dd if=/dev/urandom of="/tree/$i/big" bs=64k count=$i
		ln "/tree/$i/odd" "/tree/$i/link"
	done
	(cd /tree && find . -type f -exec md5sum {} +) >/tree.md5
	sync
}

guest() {
	ok "root is the ext4 of $root" grep "^/dev/$root / ext4 " /proc/mounts
	if [ ! -e /tree.md5 ]; then
		ok "a tree is written" write_tree
		say written
		sleep 3600
	fi
	ok "after the reboot every file has its checksum" sh -c 'cd /tree && md5sum -c /tree.md5'
	is "no file is missing" "$(find /tree -type f | wc -l)" 120
	say verified
	ok "root becomes read-only" mount -o remount,ro /
}
