# resume: saved under load and restored, to the same backends and to others, and saved without leaving, a guest goes on
# shellcheck shell=dash

kernels='*-amd64' # Xen on arm64 cannot save a guest
slow=1
disks="xvdb:qdisk:128M xvdc:phy:128M xvdd:phy:128M xvde:qdisk:64M"
more=$(often 0 26 26)
driver_options=max_ring_page_order=2
memory=256
# All that is counted at the end stays in the log.
cmdline=log_buf_len=4M
patience=1800

# blkback_queues N - for disks that connect from now on.
blkback_queues() { echo "$1" >/sys/module/xen_blkback/parameters/max_queues; }

dom0() {
	local n
	modprobe dm_mod
	truncate -s 16M "$(image xvdf)"
	echo "0 32768 linear $(loop_for "$(image xvdf)") 0" | dmsetup create held
	disks="$disks xvdf:phy:/dev/dm-0"
	guest_start
	guest_wait alive
	restored_held
	restored "to the same backends, once more"
	# What each of them can do is another thing, and so is how many rings there are.
	disks="xvdb:phy:128M xvdc:qdisk:128M xvdd:phy:128M xvde:phy:64M"
	blkback_queues 1
	restored "to backends that differ"
	disks="xvdb:qdisk:128M xvdc:phy:128M xvdd:qdisk:128M xvde:qdisk:64M"
	blkback_queues 2
	restored "and to others again"
	for n in $(seq $more); do
		case $disks in
		*xvde:qdisk*) disks=${disks%xvde*}xvde:phy:64M ;;
		*) disks=${disks%xvde*}xvde:qdisk:64M ;;
		esac
		restored "for the ${n}th time after that"
	done
	ok "guest is saved and goes on as if nothing was" xl save -c guest /images/saved
	rm -f /images/saved
	alive
	tell enough
	guest_wait end
	ok "all that was acknowledged is there" acklog check "$(image xvde)" $console_log /dev/xvde
	measure acknowledged "$(acklog check "$(image xvde)" $console_log /dev/xvde | tail -n 1)"
	tell bye
	# Whoever started it has taken that for its end, and will not clean up.
	patiently not running
	guest_destroy
	guest_gone
}

running() { xl list guest | grep -qE '^guest .* [r-][b-]---- '; }

# restored TEXT [COMMAND] - saves the guest and restores it, after COMMAND, with the disks there are now, which all work when this
# ends: a kernel with processes that wait for a disk does not suspend, as its thread that asks them to stop is the one that would
# hear of backends.
restored() {
	local disk
	ok "guest is saved" xl save guest /images/saved || bail "it cannot be saved"
	[ ! "${2-}" ] || "$2"
	guest_file
	ok "guest is restored $1" xl restore /run/guest.cfg /images/saved || bail "it cannot be restored"
	rm /images/saved
	for disk in xvdb xvdc xvdd xvde; do patiently frontend_state_is $disk 4 || bail "$disk does not connect"; done
	alive
}

# restored_held - while one backend has not answered requests of several slots, which the next one cannot take in as few. The
# others go to the same ones.
restored_held() {
	dmsetup suspend held
	tell held
	guest_wait waiting
	disks="${disks% *} xvdf:qdisk:16M"
	restored "to the same backends, but for one that held requests up" let_go
	guest_wait verified
	ok "the one that did is detached" disk_detach xvdf
	disks=${disks% *}
}
# Xen-blkback has the disk open until all has ended that it was asked for.
let_go() {
	dmsetup resume held
	ok "all that it held up ends" patiently dmsetup remove held
}

# alive - writes have ended since the guest runs: the first time that it says so, they may have done so before.
alive() {
	guest_hear alive
	guest_wait alive
}

# held - requests on a ring when the guest is saved, in the background. Nothing waits for one: that keeps a kernel from suspending.
held() {
	(
		await held
		verified xvdf --rw=write --bsrange=512k-512k --iodepth=8 --size=8M --offset=8M >/tmp/held 2>&1 &
		patiently in_flight_are xvdf 8
		ok "requests of several slots wait" [ "$(counter xvdf split_requests)" -ge 8 ]
		say waiting
		ok "requests that a backend held up are done by the next one" wait $!
		ok "as many as there were" [ "$(counter xvdf requeued_requests)" -ge 8 ]
		ok "in slots of fewer segments" sh -c "dmesg | grep ' xvdf: ' | tail -n 1 | grep 'of 11 segments'"
		say verified
	) &
}

guest() {
	local disk
	load_driver
	for disk in xvdb xvdc xvdd; do
		wait_disk $disk
		keep_verified $disk test -e /tmp/enough &
	done
	wait_disk xvde
	wait_disk xvdf
	held
	acklog write /dev/xvde /tmp/enough >/tmp/xvde.out 2>&1 &
	while ! told enough >/dev/null; do
		under_load xvdb xvdc xvdd xvde
		say alive
	done
	touch /tmp/enough
	wait
	ok "the writer on xvde lost nothing on its way" grep acknowledged /tmp/xvde.out
	for disk in xvdb xvdc xvdd; do
		ok "verified writes to $disk never fail" always_verified $disk
		measure "$disk" "written $(cat /tmp/$disk.rounds) times, connected $(dmesg | grep -c " $disk: .* sector-size") times"
		is "$disk was connected each time" "$(dmesg | grep -c " $disk: .* sector-size")" $((5 + more))
	done
	dmesg | grep ' sector-size ' >/tmp/connected
	cat /tmp/connected
	is "of as many rings as there were" "$(grep ' xvdc: ' /tmp/connected | grep -o 'rings [0-9]*' | head -n 5 | paste -sd ' ')" \
		"rings 2 rings 2 rings 2 rings 1 rings 2"
	is "xvdd as well" "$(grep ' xvdd: ' /tmp/connected | grep -o 'rings [0-9]*' | head -n 5 | paste -sd ' ')" \
		"rings 2 rings 2 rings 2 rings 1 rings 1"
}
