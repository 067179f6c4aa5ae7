# What tests in bash report with.  To be sourced after the rig's lib.sh; makes the directory
# $out, which goes with the test.
# shellcheck shell=bash

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
chmod 755 "$out"
count=0

# report NAME COMMAND... - one test: passes when the command does; what it says is shown
# when it does not.
report() {
	local status=0
	count=$((count + 1))
	# Not as a condition, where bash would go on after an error.
	"${@:2}" >"$out/report" 2>&1 &
	wait $! || status=$?
	if ((status == 0)); then
		printf 'ok %d - %s\n' $count "$1"
	else
		printf 'not ok %d - %s\n' $count "$1"
		sed 's/^/# /' "$out/report"
	fi
}

# silent COMMAND... - succeeds when the command does, and has nothing to say.
silent() {
	"$@" >"$out/words" 2>&1 || { cat "$out/words"; return 1; }
	cat "$out/words"
	[[ ! -s $out/words ]]
}

# refuses STATUS TEXT COMMAND... - it exits so, with one line that has the text.
refuses() {
	local status=0
	"${@:3}" >"$out/line" 2>&1 || status=$?
	printf 'exit %s, and %s lines:\n' $status "$(wc -l <"$out/line")"
	cat "$out/line"
	[[ $status == "$1" && $(wc -l <"$out/line") == 1 ]]
	grep -qF -e "$2" "$out/line"
}

# terminated UNTIL COMMAND... - it runs until that function succeeds, ends by TERM, and then
# the function does not succeed any more: nothing is left behind.
terminated() {
	local job
	"${@:2}" >"$out/words" 2>&1 &
	job=$!
	until "$1"; do
		kill -0 $job || { cat "$out/words"; return 1; }
		sleep 0.2
	done
	kill -TERM $job
	wait $job || [[ $? == 143 ]]
	sleep 0.2
	if "$1"; then return 1; fi
}
