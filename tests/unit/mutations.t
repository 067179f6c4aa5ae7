#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Are the cases worth their name? Each line below breaks a copy of split.c in
# one way; the cases must fail on it, already with the small load that a kernel
# gets. The first test is the unbroken copy, which must pass.

. "$(dirname "$0")/build.sh"

# small_load <split.c>: exits like the cases do
small_load()
{
	"${CC:-gcc}" -O2 -w -I"$unit/include" -I"$src" -o "$BUILD/mutant" \
		"$1" "$BUILD/test_split.o" "$BUILD/cases.o" -lcmocka || exit 99
	XBF_STRIDE=61 XBF_RANDOM=20000 timeout 30 "$BUILD/mutant"
}

# caught <sed script>
caught()
{
	sed "$1" "$src/split.c" >"$BUILD/mutant.c"
	if cmp -s "$src/split.c" "$BUILD/mutant.c"; then
		echo "the script changes nothing: $1"
		return 1
	fi
	(small_load "$BUILD/mutant.c") >"$BUILD/mutant.log" 2>&1
	case $? in
	0)	echo "the cases pass: $1"; return 1 ;;
	99)	echo "does not compile: $1"; cat "$BUILD/mutant.log"; return 1 ;;
	124)	echo "# never ends" ;;
	*)	grep -m 1 '^# split' "$BUILD/mutant.log" ;;
	esac
}

mutations()
{
	cat <<'END'
slots are taken to hold whole frames|s/\.offset = split->offset/.offset = split->segments * XBF_FRAME_SIZE/
a segment runs on into the next frame|s/(!in_frame ||/(/
adjacent bytes are not joined|s/split->addr != split->open_addr + split->open_len/true/
a gap within a frame is joined over|s/split->addr != \(split->open_addr\) + split->open_len/(split->addr ^ \1) >> XBF_FRAME_SHIFT/
a piece is read past its end|s/take > split->left/false/
the last segment is dropped|/^bool xbf_split_last/,/^}/s/!split->open_len/split->open_len/
last_sect is one too many|s/open_len - 1) >>/open_len) >>/
first_sect is always 0|s/first >> XBF_SECTOR_SHIFT,/0,/
frames are cut to 32 bits of address|s/\.frame = /.frame = (u32)/
frames are numbered by pages of 64 KiB|s/\.frame = split->open_addr >> XBF_FRAME_SHIFT/.frame = split->open_addr >> 16/
a slot takes one segment more|s/\(segments [/%]\) split->per_slot,/\1 (split->per_slot + 1),/
a slot has at most 256 places|s/\.place = \(.*\),/.place = (u8)(\1),/
slots are counted rounding down|s/+ split->per_slot - 1) /) /
counting forgets the last segment|/^u32 xbf_split_slots/,/^}/{/xbf_split_last/d}
packing is never asked for|s/split->fault = XBF_SPLIT_MUST_PACK/split->fault = XBF_SPLIT_OK/
packing is asked for by any short segment|s/& (split->sector_size - 1)/\& (XBF_FRAME_SIZE - 1)/
packing looks at the size alone|s/(split->open_addr | split->open_len) &/split->open_len \&/
packing looks at the offset alone|s/(split->open_addr | split->open_len) &/split->open_addr \&/
misaligned ones are asked to be packed|s/split->fault == XBF_SPLIT_OK/true/
the last answer wins|s/status > join->worst/true/
the first bad answer wins|s/status > join->worst/!join->worst/
an unknown answer is taken as okay|s/u8 status = XBF_STATUS_ERROR/u8 status = XBF_STATUS_OKAY/
not supported is taken as an error|s/ring_status == -2/false/
an error ends the request at once|s/return --join->slots_out == 0/return --join->slots_out == 0 || join->worst/
the last answer but one ends the request|s/--join->slots_out == 0/--join->slots_out <= 1/
END
}

echo "1..$(($(mutations | wc -l) + 1))"
for file in test_split cases; do
	compile -c -o "$BUILD/$file.o" "$unit/$file.c" || exit
done
report 1 "unbroken" small_load "$src/split.c"
number=1
mutations | while IFS='|' read -r name script; do
	number=$((number + 1))
	report "$number" "$name" caught "$script"
done
