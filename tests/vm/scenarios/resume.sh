# resume: a guest saved under load goes on where it was when it is restored, and nothing in flight is lost
# shellcheck shell=dash

kernels='*-amd64' # Xen on arm64 cannot save a guest
disks="xvdb:qdisk:128M xvdc:phy:128M"
memory=256
rounds=3
patience=1800

dom0() {
	local round
	guest_start
	guest_wait alive
	for round in $(seq $rounds); do
		ok "guest is saved, $round" xl save guest /images/saved || return
		ok "guest is restored, $round" xl restore /images/saved || return
		rm /images/saved
		guest_wait alive
	done
	tell enough
	guest_ended
}

# The verifying writer, again and again until it is enough.
keep_writing() {
	local n=0
	while ! told enough >/dev/null; do
		n=$((n + 1))
		fio --name=load --direct=1 --ioengine=libaio --iodepth=32 --rw=randwrite --bsrange=4k-128k --size=4M --verify=crc32c \
			--verify_fatal=1 --verify_state_save=0 --randseed=$n --group_reporting --minimal --filename="/dev/$1" || return
		echo $n >"/tmp/$1.rounds"
	done
}

guest() {
	local disk
	load_driver
	for disk in xvdb xvdc; do
		wait_disk $disk
		(keep_writing $disk >"/tmp/$disk.out" 2>&1 && touch "/tmp/$disk.good") &
	done
	while ! told enough >/dev/null; do
		say alive
		sleep 2
	done
	wait
	for disk in xvdb xvdc; do
		ok "verified writes to $disk never fail" sh -c "tail -n 5 /tmp/$disk.out; [ -e /tmp/$disk.good ]"
		measure "$disk" "written $(cat /tmp/$disk.rounds) times, connected $(dmesg | grep -c " $disk: .* sector-size") times"
	done
}
