# What a scenario's dom0 side is written with (busybox sh, after report.sh).
#
# A disk is written DEVICE:BACKEND:SIZE[:ro], with backend `qdisk` (QEMU) or `phy`
# (xen-blkback over a loop device): `xvdb:qdisk:64M`.  Instead of the size of an image
# yet to be made, it may name a block device or a file that is there: `xvdc:phy:/dev/dm-0`.
# All the qdisks of a guest live in one QEMU process.
# shellcheck shell=dash

console_log=/var/log/xen/console/guest-guest.log
console_end='--- end of the guest console ---'

# image DEVICE - the file behind a disk of the scenario.
image() { echo "/images/$1.img"; }

# disk_spec DISK - in xl's words; makes the image and the loop device if missing.
disk_spec() {
	local device backend source mode target script=
	IFS=: read -r device backend source mode <<-END
		$1
	END
	case $source in
	/*) target=$source ;;
	*)
		target=$(image "$device")
		[ -e "$target" ] || truncate -s "$source" "$target"
		;;
	esac
	if [ "$backend" = phy ]; then
		[ -b "$target" ] || target=$(loop_for "$target")
		script=,script=block-simple
	fi
	echo "format=raw,vdev=$device,access=${mode:-rw},backendtype=$backend$script,target=$target"
}

# loop_for FILE - its loop device, made if there is none; losetup takes $loop_options
# (such as `--sector-size 4096`).
loop_for() {
	local loop
	loop=$(losetup -n -O NAME -j "$1")
	# shellcheck disable=SC2086
	[ "$loop" ] || loop=$(losetup ${loop_options-} --show -f "$1")
	echo "$loop"
}

# guest_file [LINE...] - writes /run/guest.cfg, the guest in xl's words: with the
# scenario's disks ($disks), memory in MiB ($memory) and kernel command line ($cmdline),
# and with the initramfs unless $initramfs is `none`; LINEs are added to it.
guest_file() {
	local disk specs=
	for disk in ${disks-}; do specs="$specs'$(disk_spec "$disk")',"; done
	cat >/run/guest.cfg <<-END
		name = "guest"
		kernel = "/rig/guest/kernel"
		$([ "${initramfs-}" = none ] || echo 'ramdisk = "/rig/guest/initrd"')
		extra = "console=hvc0 printk.devkmsg=on ${cmdline-}"
		memory = ${memory:-512}
		vcpus = 2
		on_reboot = "restart"
		on_crash = "destroy"
		device_model_version = "qemu-xen"
		device_model_override = "/bin/qdisk"
		disk = [ $specs ]
		$guest_config
		$(printf '%s\n' "$@")
	END
}

# guest_start [LINE...] - creates the guest of guest_file and lets it run.
guest_start() {
	guest_file "$@"
	ok "guest is created" xl create -p /run/guest.cfg || bail "no guest"
	if type guest_prepare >/dev/null; then guest_prepare; fi
	xl unpause guest
}

# map_more MIB - of a guest's pages at a time than before, such as all of its kernel and initramfs. That takes page numbers from
# the balloon; from an empty one it would hot-add memory, which warns on this kernel.
map_more() {
	local node=/sys/devices/system/xen_memory/xen_memory0/target_kb
	echo $(($(cat $node) - $1 * 1024)) >$node
}

# domid - of the guest, 0 when there is none (it changes when the guest reboots).
domid() {
	local id last=0
	for id in $(xenstore-list /local/domain); do [ "$id" -le $last ] || last=$id; done
	echo $last
}

guest_there() { [ "$(domid)" != 0 ]; }

# guest_said TOKEN - the value that the guest gave with `say TOKEN VALUE`.
guest_said() { xenstore-read "/local/domain/$(domid)/data/say/$1" 2>/dev/null; }

# guest_wait TOKEN - until the guest says it; if it dies or never does, says what Xen's tools know of it, has it and its kernel
# say what they are at, and bails.
guest_wait() {
	local key
	patiently said_or_gone "$1" && [ "$gone" -lt 20 ] && return
	tail -n 20 /var/log/xen/*guest.log
	xl vcpu-list
	tell diagnose
	sleep 60
	# Processors; tasks that wait, and then all of them.
	for key in l w t; do xl sysrq guest $key && sleep 5; done
	bail "the guest never said '$1'"
}

# Gone many times in a row is gone; between the two lives of a reboot it comes back.
# A guest whose side has ended will say nothing more.
said_or_gone() {
	local id word ended=
	id=$(domid)
	for word in $(xenstore-list "/local/domain/$id/data/say" 2>/dev/null); do
		[ "$word" != "$1" ] || { gone=0 && return; }
		[ "$word" != end ] || ended=1
	done
	if [ "$id" != 0 ] && [ ! "$ended" ]; then
		gone=0
		return 1
	fi
	gone=$((${gone:-0} + 1))
	[ $gone -ge 20 ]
}

# tell TOKEN [VALUE] - lets the guest's `await TOKEN` return.
tell() { xenstore-write "/local/domain/$(domid)/data/tell/$1" "${2-1}"; }

# guest_hear TOKEN - as guest_wait, and nothing is left of what either side said of it, so that the guest can say it anew: the
# names in a directory of xenstore may not take more than 2048 bytes.
guest_hear() {
	local side
	guest_wait "$1"
	for side in tell say; do xenstore-rm "/local/domain/$(domid)/data/$side/$1" 2>/dev/null; done
}

# guest_ended - waits until the guest's side has run to its end and the guest is off.
guest_ended() {
	guest_wait end
	tell bye
	guest_gone
}

# guest_gone - waits until there is no guest.
guest_gone() { ok "guest is gone" patiently not guest_there; }

guest_destroy() { ! guest_there || xl destroy guest; }

# qdisk_open DEVICE - QEMU has its image open.
qdisk_open() {
	local fd image
	image=$(image "$1")
	for fd in /proc/"$(pidof qemu-system-i386)"/fd/*; do [ ! "$fd" -ef "$image" ] || return 0; done
	return 1
}

# disk_attach DISK, disk_detach [--force] DEVICE - a QEMU that has said that it closed a disk
# removes its nodes after that, and would take those of the next one of this name. libxl
# gives a backend ten seconds to be there or to be gone; that is no measure here, so it is
# asked again, of an attached disk after what there is of it was detached.
disk_attach() { patiently not qdisk_open "${1%%:*}" && patiently attach_once "$1"; }
attach_once() { xl block-attach guest "$(disk_spec "$1")" || { disk_detach "${1%%:*}" && return 1; }; }
disk_detach() { patiently detach_once "$@"; }
detach_once() {
	local force=
	[ "$1" != --force ] || force=$1
	# shellcheck disable=SC2086
	xl block-detach $force guest "${2-$1}" || ! xenstore-exists "/libxl/$(domid)/device/vbd/$(vbd "${2-$1}")"
}

# qdisk_stop, qdisk_continue - all qdisks of the guest fall silent, and go on. Before the guest runs, qdisk_stop_early DEVICE
# does the former when that disk is half connected. In the middle of a message of QEMU's, xenstored waits for the rest, and
# all others for xenstored: then QEMU goes on a little.
qdisk_stop() {
	killall -STOP qemu-system-i386
	until timeout 10 xenstore-exists /local; do
		qdisk_continue
		sleep 0.2
		killall -STOP qemu-system-i386
	done
}
qdisk_stop_early() {
	patiently backend_state_is "$1" 2
	sleep 1
	qdisk_stop
}
qdisk_continue() { killall -CONT qemu-system-i386; }

# backend_path DEVICE - the backend's directory in xenstore.
backend_path() { xenstore-read "/local/domain/$(domid)/device/vbd/$(vbd "$1")/backend"; }

# fake_disk DEVICE [NUMBER] - gives the guest a disk whose backend is xenstore entries and nothing
# else, in state Initialising, and prints the backend's directory; NUMBER is what is said to be its virtual device. fake_remove DEVICE - removes them.
fake_remove() { xenstore-rm "$(backend_path "$1")" "/local/domain/$(domid)/device/vbd/$(vbd "$1")"; }
fake_disk() {
	local vbd back front
	vbd=$(vbd "$1")
	back=/local/domain/0/backend/fake/$(domid)/$vbd
	front=/local/domain/$(domid)/device/vbd/$vbd
	xenstore-write "$back/frontend" "$front" "$back/frontend-id" "$(domid)" "$back/state" 1
	xenstore-chmod -r "$back" n0 "r$(domid)"
	# The guest's own before there is a state, which is what makes the guest look.
	xenstore-write "$front" ''
	xenstore-chmod "$front" "n$(domid)" r0
	xenstore-write "$front/backend" "$back" "$front/backend-id" 0 "$front/virtual-device" "${2-$vbd}" \
		"$front/device-type" disk "$front/state" 1
	echo "$back"
}

# fake_online DEVICE - the same of a disk that the toolstack wants to be there. fake_offer DEVICE - its backend waits for a ring,
# and is told of one. fake_refuse DEVICE - that one takes none: it says what xen-blkback says while it has I/O of the time
# before; heard_of_refusal DEVICE - the guest has said so. fake_close DEVICE - it closes when the guest has, which is to open
# again then.
fake_online() { xenstore-write "$(fake_disk "$1")/online" 1; }
fake_offer() { xenstore-write "$(backend_path "$1")/state" 2 && patiently frontend_state_is "$1" 3; }
fake_refuse() { fake_offer "$1" && xenstore-write "$(backend_path "$1")/state" 5; }
heard_of_refusal() { grep -q "vbd-$(vbd "$1"): backend closes instead" "$console_log"; }
fake_close() {
	patiently frontend_state_is "$1" 6 || return
	xenstore-write "$(backend_path "$1")/state" 6
	patiently frontend_state_is "$1" 1
}

# serve_disk DEVICE MIB [ARGUMENT...] - gives the guest a disk that our own `serve` is the
# backend of, with what ARGUMENTs it is told; what it is asked for is in requests_to DEVICE.
serve_disk() {
	local device=$1
	shift
	fake_disk "$device" >/dev/null
	serve "$(domid)" "$(vbd "$device")" "$@" >"$(requests_to "$device")" &
}
requests_to() { echo "/run/requests.$1"; }

# distrust DEVICE - its backend, as `untrusted` in xl's words of a disk, which this xl does not know.
distrust() { xenstore-write "/local/domain/$(domid)/device/vbd/$(vbd "$1")/trusted" 0; }

# frontend_state_is DEVICE STATE - the number that the guest's driver has last written.
frontend_state_is() { [ "$(xenstore-read "/local/domain/$(domid)/device/vbd/$(vbd "$1")/state")" = "$2" ]; }

# backend_state_is DEVICE STATE - the number that its backend has last written.
backend_state_is() { [ "$(xenstore-read "$(backend_path "$1")/state")" = "$2" ]; }

# make_root DEVICE SIZE - an ext4 image of the guest's own initramfs, to be $root.
make_root() {
	rm -rf /run/root
	mkdir -p /run/root/dev /run/root/proc
	(cd /run/root && zcat /rig/guest/initrd.1.gz | cpio -idm && cpio -idmu </rig/guest/initrd.2) 2>/dev/null
	truncate -s "$2" "$(image "$1")"
	mke2fs -q -t ext4 -d /run/root "$(image "$1")"
	rm -rf /run/root
}

# forward_console - the guest's console, line by line, marked as such, until told its end.
forward_console() {
	touch "$console_log"
	mkfifo /run/console
	tail -f -n +1 "$console_log" >/run/console &
	awk -v end="$console_end" '{ sub(/\r$/, "") } $0 == end { exit } { print "guest: " $0; fflush() }' </run/console
	kill $!
}
