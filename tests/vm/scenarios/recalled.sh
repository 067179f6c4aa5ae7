# recalled: what a backend had not read when the guest went on without it, it cannot use later
# shellcheck shell=dash

disks="xvdb:qdisk:16M"
# From `serve`, which falls silent in the middle of a request; the second has persistent grants. The last does not say that
# it closes, and its disk is restored before it is unbound.
asleep=xvdg
silent="xvdc xvdd $asleep"
# As the first, but it has ended when its disk is unbound.
dead=xvdf
# The kernel says so of each attempt to take back a frame that a backend keeps.
no_splat='WARNING: g\.e\. 0x[0-9a-f]+ still in use'

guest_prepare() {
	serve_disk xvdc 16 -w halfway=100
	serve_disk xvdd 16 -w halfway=100 feature-persistent=1
	serve_disk $asleep 16 -w asleep=100
	serve_disk $dead 16 -w halfway=100
	dead_pid=$!
}

# look N - each looks, for the Nth time, at the frames of what it had not read.
look() {
	local disk
	killall -USR1 serve
	for disk in $silent; do ok "$disk's backend looks for what it had not read" patiently looked "$disk" "$1"; done
}

# looked DEVICE N - what it has found then.
looked() { grep '^reached' "$(requests_to "$1")" | sed -n "$2p" | grep .; }

# The frames of persistent grants that it had mapped are left to it for good.
as_before() { [ "$(looked "$1" 1 | tee /dev/stderr)" = "$(looked "$1" 2 | tee /dev/stderr)" ]; }

dom0() {
	local disk
	guest_start
	guest_wait silent
	kill $dead_pid
	wait $dead_pid
	tell killed
	guest_wait load
	patiently grep silent "$(requests_to $asleep)"
	tell asleep
	guest_wait unbound
	look 1
	ok "it reaches nothing of xvdc" grep -q '^reached 0 of [1-9]' "$(requests_to xvdc)"
	ok "another disk is attached" disk_attach xvde:qdisk:16M
	guest_wait granted
	look 2
	for disk in $silent; do ok "$disk's backend does not reach what others use" as_before "$disk"; done
	killall serve
	tell looked
	guest_ended
}

# restored_asleep - that disk, in the middle of a load.
restored_asleep() {
	verified $asleep >/tmp/load 2>&1 &
	load=$!
	say load
	await asleep
	[ ! -e /modules/xbf_resume.ko ] || ok "$asleep is restored" restore $asleep
}

# come_back FREE WAITING - so many are free in the end.
come_back() {
	local free
	free=$(references)
	echo "free: $free, before $1, $2 waited"
	[ "$free" -ge $(($1 + $2)) ]
}

guest() {
	local disk lines nr waiting=0 free module load
	for module in /modules/xbf_*.ko; do [ ! -e "$module" ] || insmod "$module"; done
	load_driver
	for disk in xvdb $dead $silent; do wait_disk "$disk"; done
	# What one has given back the next would use, and then be reached.
	for disk in $dead $silent; do
		if [ "$disk" = $asleep ]; then
			restored_asleep
		else
			ok "$disk's backend falls silent" not verified "$disk"
		fi
		if [ "$disk" = $dead ]; then
			say silent
			await killed
		fi
		echo "vbd-$(vbd "$disk")" >/sys/bus/xen/drivers/vbd/unbind
		[ "$disk" != $asleep ] || ok "the load on it ends with errors" not wait $load
		ok "$disk is gone" disk_gone "$disk"
		lines=$(dmesg -c | grep 'backend did not close with requests unanswered')
		is "one line says so if the backend of $disk may read them" "$(echo "$lines" | grep -c unanswered)" "$(echo "$silent" | grep -c "$disk")"
		is "the references of $disk wait if its backend may read them" "$(echo "$lines" | grep -c 'wait until it unmaps the ring')" \
			"$(echo "$silent" | grep -c "$disk")"
		# All that the ring had.
		nr=$(echo "$lines" | sed -n 's/.*unanswered: \([0-9]*\) .*/\1/p')
		waiting=$((waiting + ${nr:-0}))
	done
	say unbound
	wait_disk xvde
	ok "the frames of the other disk stay granted" verified xvde
	[ ! -e /modules/xbf_grants.ko ] || free=$(references)
	say granted
	await looked
	[ ! -e /modules/xbf_grants.ko ] || ok "the references come back when the rings are unmapped" soon come_back "$free" $waiting
	ok "all is well with the first" verified xvdb
}
