# depth: small requests get all 32 slots of the ring, split ones 16 pairs, and neither starves the other
# shellcheck shell=dash

disks="xvdb:qdisk:256M"

# A backend that stands still shows how much is on its ring.
dom0() {
	local size
	guest_start
	for size in 4k 64k; do
		guest_wait "reading-$size"
		qdisk_stop
		tell "stopped-$size"
		guest_wait "seen-$size"
		qdisk_continue
		tell "continued-$size"
	done
	guest_ended
}

# reader NAME BLOCKSIZE [OPTION...] - random reads at depth 64 until they are enough.
reader() {
	local name=$1 size=$2
	shift 2
	fio --name="$name" --filename=/dev/xvdb --direct=1 --ioengine=io_uring --iodepth=64 --rw=randread --bs="$size" \
		--minimal "$@" >"/tmp/$name.out" 2>&1
}

in_flight_is() { [ "$(in_flight xvdb)" = "$1" ]; }

# With the backend stopped, exactly COUNT requests of SIZE are on the ring, and stay.
full_at() {
	local size=$1 count=$2 job
	# Less than what the kernel takes for a hung task.
	patience=90
	reader "full-$size" "$size" --time_based --runtime=3600 &
	job=$!
	patiently in_flight_are xvdb 1
	say "reading-$size"
	await "stopped-$size"
	ok "$count reads of $size are in flight on a stopped backend" patiently in_flight_is "$count" || show_queue
	sleep 2
	is "they stay $count" "$(in_flight xvdb)" "$count"
	say "seen-$size"
	await "continued-$size"
	killall fio
	wait $job
	ok "reads of $size go on when it goes on" patiently in_flight_is 0
}

# What a stuck queue looks like, for whoever reads a failure.
show_queue() {
	diag "in flight: $(in_flight xvdb)"
	(cd /sys/kernel/debug/block/xvdb/hctx0 && head -n 5 state dispatch busy)
}

# While one size keeps the ring full for as long as it takes, the other gets done.
done_beside() {
	local busy=$1 size=$2 job
	reader busy "$busy" --time_based --runtime=3600 &
	job=$!
	patiently in_flight_are xvdb 1
	ok "reads of $size get done while reads of $busy keep coming" reader "finite-$size" "$size" --number_ios=300
	killall fio
	wait $job
}

guest() {
	load_driver
	wait_disk xvdb
	# Neighbours merged into one request would make it take other than two slots.
	echo 2 >/sys/block/xvdb/queue/nomerges
	full_at 4k 32
	full_at 64k 16
	done_beside 4k 64k
	done_beside 64k 4k
}
