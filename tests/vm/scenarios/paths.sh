# paths: data goes right in place, copied and in persistent grants, in plain and in indirect slots, also to 4096-byte sectors
# shellcheck shell=dash

disks="xvdb:phy:256M xvdc:qdisk:128M xvdd:phy:128M xvde:qdisk:16M"
patience=1800
cases=100
once=vec:$cases # as dataio names a run

guest_prepare() { distrust xvde; }

dom0() {
	local page
	ok "images are filled" sh -c "dataio fill $(image xvdb) 256M 7 && dataio fill $(image xvdc) 128M 8 &&
		dataio -s 4096 -a 512 fill $(image xvdd) 128M 9"
	measure 4Kn "$(loop_options='--sector-size 4096' loop_for "$(image xvdd)")"
	guest_start
	guest_wait connected
	is "the driver says that it keeps grants" "$(said xvdb feature-persistent)" 1
	tell looked
	guest_wait private
	is "or does not" "$(said xvdb feature-persistent)" ""
	tell looked_again
	guest_wait written
	page=$(guest_said written)
	ok "dom0 finds every byte on xen-blkback" dataio -p "$page" check "$(image xvdb)" 7 "$once" "$once" "$once" "$once"
	ok "and on QEMU" dataio -p "$page" check "$(image xvdc)" 8 "$once" "$once"
	ok "and on sectors of 4096 bytes" dataio -p "$page" -s 4096 -a 512 check "$(image xvdd)" 9 "$once" "$once"
	guest_ended
}

# said DEVICE NODE - what the guest's driver has written for the backend.
said() { xenstore-read "/local/domain/$(domid)/device/vbd/$(vbd "$1")/$2" 2>/dev/null; }

# connect OPTION... - the driver anew, with these.
connect() {
	load_driver "$@"
	for disk in xvdb xvdc xvdd; do wait_disk $disk; done
}

# goes DEVICE TEXT - how it said that data goes, the last time.
goes() { dmesg | grep " $1: .*sector-size" | tail -n 1 | grep -F "$2"; }

# all_packed DEVICE - flushes, that have nothing to copy, aside.
all_packed() {
	local requests packed
	requests=$(counter "$1" requests) packed=$(counter "$1" packed_requests)
	dd if="/dev/$1" of=/dev/null bs=64k count=50 iflag=direct || return
	[ $(($(counter "$1" requests) - requests)) = $(($(counter "$1" packed_requests) - packed)) ]
}

packed() { [ "$(counter "$1" packed_requests)" -gt 0 ]; }
indirect() { [ "$(counter "$1" indirect_slots)" -gt 0 ]; }
# plain DEVICE - small requests are, on one with indirect slots.
plain() {
	local requests slots
	requests=$(counter "$1" requests) slots=$(counter "$1" indirect_slots)
	fio --name=plain --filename="/dev/$1" --direct=1 --rw=read --bs=32k --size=1600k || return
	requests=$(($(counter "$1" requests) - requests)) slots=$(($(counter "$1" indirect_slots) - slots))
	echo "$requests requests, $slots indirect slots"
	[ "$requests" -ge 50 ] && [ "$slots" = 0 ]
}
fewer_frames() { [ "$(counter xvdb bounce_frames)" -lt "$1" ] && [ "$(counter xvdb persistent_grants)" -lt "$2" ]; }

guest() {
	local frames grants
	connect
	ok "xen-blkback has persistent grants and 32 segments a slot" goes xvdb "of 32 segments, requests up to 512 KiB, data in persistent grants"
	ok "QEMU has neither" goes xvdc "of 11 segments, requests up to 176 KiB, data in place"
	say connected
	await looked
	ok "vectors in persistent grants" dataio vec /dev/xvdb 7 $cases
	ok "data was copied" packed xvdb
	ok "slots were indirect" indirect xvdb
	fio --name=wide --filename=/dev/xvdb --direct=1 --ioengine=libaio --iodepth=32 --rw=randread --bs=256k --size=64M >/dev/null
	frames=$(counter xvdb bounce_frames) grants=$(counter xvdb persistent_grants)
	measure persistent "$frames frames, $grants granted"
	ok "grants were kept" [ "$grants" -gt 0 ]
	ok "vectors on QEMU" dataio vec /dev/xvdc 8 $cases
	ok "nothing was copied" not packed xvdc
	wait_disk xvde
	ok "all is for the one that the toolstack does not trust" goes xvde "data copied"
	ok "xvde gives back what was written" verified xvde
	ok "and each request with data was" all_packed xvde
	ok "unaligned vectors on sectors of 4096 bytes, in persistent grants" dataio -s 4096 -a 512 vec /dev/xvdd 9 $cases
	ok "frames and grants that nothing uses are given back" patiently fewer_frames "$frames" "$grants"
	measure idle "$(counter xvdb bounce_frames) frames, $(counter xvdb persistent_grants) granted"
	unload_driver

	connect feature_persistent=0
	ok "without persistent grants data goes from where it is" goes xvdb "of 32 segments, requests up to 512 KiB, data in place"
	say private
	await looked_again
	ok "vectors in place, in indirect slots" dataio vec /dev/xvdb 7 $cases "$once"
	ok "nothing was copied on xvdb" not packed xvdb
	ok "slots were indirect again" indirect xvdb
	ok "what fits into a plain slot goes into one" plain xvdb
	ok "unaligned vectors on sectors of 4096 bytes" dataio -s 4096 -a 512 vec /dev/xvdd 9 $cases "$once"
	ok "they were copied" packed xvdd
	unload_driver

	connect feature_persistent=0 max_indirect_segments=352
	ok "no more segments a slot than the backend takes" goes xvdb "of 256 segments, requests up to 1408 KiB, data in place"
	unload_driver

	connect feature_persistent=0 max_indirect_segments=0
	ok "without indirect slots" goes xvdb "of 11 segments, requests up to 176 KiB, data in place"
	ok "vectors in place, in plain slots" dataio vec /dev/xvdb 7 $cases "$once" "$once"
	ok "no slot was indirect" not indirect xvdb
	unload_driver

	connect feature_persistent=0 trusted=0
	ok "all data is copied for backends that are not trusted" goes xvdc "of 11 segments, requests up to 176 KiB, data copied"
	ok "vectors copied" dataio vec /dev/xvdb 7 $cases "$once" "$once" "$once"
	ok "vectors copied for QEMU" dataio vec /dev/xvdc 8 $cases "$once"
	ok "each request with data was" all_packed xvdc
	is "and nothing stays granted" "$(counter xvdb persistent_grants)" 0
	say written "$(page_size)"
}
