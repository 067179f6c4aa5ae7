# smoke: what a guest writes to a qdisk is what it reads back and what dom0 finds in the image
# shellcheck shell=dash

disks="xvdb:qdisk:64M"

dom0() {
	guest_start
	guest_wait written
	ok "image holds what the guest wrote" \
		test "$(dd if="$(image xvdb)" bs=1M count=4 2>/dev/null | md5sum)" = "$(guest_said written)"
	ok "disk is detached" disk_detach xvdb
	guest_ended
}

guest() {
	load_driver
	wait_disk xvdb
	dd if=/dev/urandom of=/tmp/data bs=1M count=4
	ok "write" dd if=/tmp/data of=/dev/xvdb bs=1M conv=fsync
	echo 3 >/proc/sys/vm/drop_caches
	ok "read back" cmp -n 4194304 /tmp/data /dev/xvdb
	say written "$(md5sum </tmp/data)"
	ok "disk goes away" patiently disk_gone xvdb
}
