# detach: disks come and go, idle, in use and with their backend killed; the driver unloads and loads again
# shellcheck shell=dash

disks="xvdb:qdisk:64M xvdc:phy:64M"

refuse() { fake_refuse "$1" && fake_close "$1"; }
stays_closed() {
	xenstore-write "$(backend_path "$1")/state" 6
	sleep 2
	frontend_state_is "$1" 6
}

dom0() {
	guest_start
	guest_wait idle
	ok "an idle disk is detached" disk_detach xvdb
	guest_wait gone
	ok "it is attached again" disk_attach xvdb:qdisk:64M
	guest_wait busy
	ok "a disk is detached while it is open and busy" disk_detach xvdc
	guest_wait failed
	ok "it is attached again under the same name" disk_attach xvdc:phy:64M
	guest_wait mounted
	ok "a disk with a mounted filesystem is detached" disk_detach xvdc
	guest_wait unmounted
	ok "it is attached again after that" disk_attach xvdc:phy:64M
	guest_wait used
	qdisk_stop
	ok "a disk whose backend is silent is detached by force" disk_detach --force xvdb
	guest_wait forced
	qdisk_continue
	ok "it is attached again, too" disk_attach xvdb:qdisk:64M
	guest_wait attached

	fake_online xvde
	ok "a backend that takes no ring is asked again" refuse xvde || return
	ok "more than once" refuse xvde
	serve_disk xvde 16
	fake_online xvdf
	fake_refuse xvdf
	ok "another one is to be" patiently heard_of_refusal xvdf
	xenstore-write "$(backend_path xvdf)/online" 0 "$(backend_path xvdf)/state" 5
	ok "but its disk is detached first" patiently frontend_state_is xvdf 6
	ok "and it is not asked any more" stays_closed xvdf
	fake_remove xvdf
	guest_wait served
	fake_remove xvde
	tell removed
	guest_wait unloaded
	tell reload
	guest_wait reloaded
	killall -KILL qemu-system-i386
	guest_ended
}

works() { dd if="/dev/$1" of=/dev/null bs=64k count=64 iflag=direct; }

fails() { ! works "$1"; }

guest() {
	local job
	load_driver
	wait_disk xvdb
	wait_disk xvdc
	say idle
	ok "the idle disk goes" patiently disk_gone xvdb
	say gone
	wait_disk xvdb
	ok "it works again" works xvdb

	dd if=/dev/zero of=/dev/xvdc bs=64k count=1000000 oflag=direct >/tmp/busy 2>&1 &
	job=$!
	sleep 1
	say busy
	ok "the disk that is open goes" patiently disk_gone xvdc
	wait $job
	ok "its I/O has failed" grep -E 'error|No space|No such' /tmp/busy
	say failed
	wait_disk xvdc
	ok "the new one works" works xvdc

	mke2fs -q -t ext4 /dev/xvdc
	ok "a filesystem is mounted" mount -t ext4 /dev/xvdc /mnt
	dd if=/dev/zero of=/mnt/file bs=64k count=1000000 >/tmp/busy 2>&1 &
	job=$!
	sleep 1
	say mounted
	ok "the disk with a filesystem goes" patiently disk_gone xvdc
	wait $job
	ok "and can be unmounted" umount /mnt
	say unmounted
	wait_disk xvdc
	ok "another filesystem can be had there" mke2fs -q -t ext4 /dev/xvdc
	say used
	ok "the disk with the silent backend goes" patiently disk_gone xvdb
	say forced
	wait_disk xvdb
	say attached

	wait_disk xvde
	ok "when it takes one the disk works" works xvde
	say served
	await removed
	ok "the disk of these entries goes" patiently disk_gone xvde

	ok "the driver unloads" unload_driver
	ok "no disk is left" disk_gone xvdb
	say unloaded
	await reload
	load_driver
	wait_disk xvdb
	wait_disk xvdc
	ok "disks work after loading again" works xvdb

	say reloaded
	ok "I/O to a killed backend fails instead of hanging" patiently fails xvdb
	ok "the reason is said" sh -c 'dmesg | grep "backend is gone: event channel status"'
	ok "another disk is not touched" works xvdc
}
