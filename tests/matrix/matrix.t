#!/bin/bash
# The build matrix's short form: the newest kernel of each series, by turns on amd64 and on
# arm64, with 16 KiB pages where those exist. And would it see it? A copy of this tree with a
# warning, a misuse that sparse finds, a wrong expectation and an interface that old
# kernels lack; bad arguments; an interrupted run.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../tap.sh"

# builds ID - as found by the run over all of them.
builds() { "$MATRIX/build" -q "$1" 2>/dev/null; }

# refused TEXT ARGUMENT...
refused() { refuses 2 "$1" "$MATRIX/build" "${@:2}"; }

# spoil - makes the copy.
spoil() {
	local copy=$out/copy
	mkdir "$copy"
	(cd "$REPO" && cp -r --parents Makefile Kbuild src tests/matrix tests/vm "$copy")
	cat >>"$copy/src/split.c" <<-EOF
		int nobody_declared_this(void);
		int nobody_declared_this(void) { int unused; return 0; }
		void *plain_zero(void);
		void *plain_zero(void) { return 0; }
	EOF
	# There since 6.2.
	echo 'void calm(struct blk_mq_tag_set *set); void calm(struct blk_mq_tag_set *set) { blk_mq_quiesce_tagset(set); }' \
		>>"$copy/src/split.c"
	sed -i '2s/since 6.18/until 5.16/' "$copy/src/compat/tests/getgeo_takes_gendisk.c"
	XBF_RESULTS=$out/results "$copy/tests/matrix/build" -q 5.10-amd64 7.3-amd64 >"$out/spoiled" 2>/dev/null
}

# names PATTERN... - the run on the copy said so, in lines one after another.
names() {
	cat "$out/spoiled"
	grep -qzP "$1" "$out/spoiled"
}

processes() { pgrep -f "BUILD=$out/"; }

offered=$(all_ids)
mapfile -t kernels < <(awk '$9 !~ /-/ {
	if ($3 == "amd64" && $1 == $9 "-amd64") print $1
	if ($1 == $9 "-arm64" || $1 == $9 "-arm64-16k") big[$9] = $1
} END { for (name in big) print big[name] }' <<<"$offered" | sort -V | awk 'NR % 4 < 2')
"$MATRIX/build" -q "${kernels[@]}" >"$out/table" 2>&1 || true
sed 's/^/# /' "$out/table"
for id in "${kernels[@]}"; do
	report "$id" builds "$id"
done

status=0
spoil || status=$?
report "a run with failures fails" test $status = 1
report "a warning is named" names '7.3-amd64: \d+ warnings from gcc\n(    .*\n)*.*unused variable'
report "what sparse finds is named" names '7.3-amd64: \d+ warnings from sparse\n(    .*\n)*.*plain integer as NULL pointer'
report "a wrong expectation is named" names '7.3-amd64: compat tests expected to say\n    getgeo'
report "an interface that a kernel lacks is named" names '5.10-amd64: does not build with gcc\n(    .*\n)*.*blk_mq_quiesce_tagset'
report "an interrupted run leaves no process behind" \
	terminated processes env XBF_RESULTS="$out/results" "$MATRIX/build" 7.3-amd64
report "an unknown kernel is named" refused "unknown kernel '6.99'" 6.99
report "a directory that is no kernel is named" refused "'$out/none'" "$out/none"
report "a bad count of jobs is named" refused "-j 'many', expected a number" -j many 7.3-amd64
report "an unknown option is named" refused "'-x'" -x
printf '1..%d\n' $count
