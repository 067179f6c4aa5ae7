#!/bin/bash
# Would the rig see it?  Runs of scenarios that hang, panic, splat and lie, each of which
# has to fail for its reason; bad arguments; and what is left behind when interrupted.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../tap.sh"

# sees TEXT NAME SCENARIO - a run of this scenario fails, with this line.
sees() {
	printf '# %s\n%s\n' "$2" "$3" >"$out/$2.sh"
	! "$RIG/run" -o "$out" "$out/$2.sh" >"$out/said" 2>&1 || return 1
	cat "$out/said"
	grep -qE "^not ok .* $2: $1" "$out/said"
}

# refused TEXT ARGUMENT...
refused() { refuses 2 "$1" "$RIG/run" "${@:2}"; }

# With our output directory on its command line a QEMU is ours.
left_behind() { pgrep -f "qemu-system-aarch64 .*$out/"; }

hang_is_seen() {
	XBF_SILENCE=60 sees "hung: no output" hangs 'dom0() { sleep 1000; }'
	grep -q '^# \[.*loop: module loaded' "$out/said"
}

interrupted() {
	printf 'dom0() { sleep 1000; }\n' >"$out/long.sh"
	terminated left_behind "$RIG/run" -o "$out" "$out/long.sh"
}

report "an unknown scenario is named" refused "unknown scenario 'nonesuch'" nonesuch
report "an unknown kernel is named" refused "unknown kernel '6.99'" -k 6.99 data
report "an option without its value is named" refused "-k wants a value" -k
report "no scenario at all is an error" refused "no scenario named"
report "a number of times that is none is named" refuses 2 "XBF_TIMES is 'often', expected few" env XBF_TIMES=often "$RIG/run" data
report "an interrupted run leaves no process behind" interrupted
report "a failed check fails the run" sees "one is two" lie 'guest() { is "one is two" 1 2; }'
report "a panic of the guest is seen" sees "no splat" panic 'patience=120; guest() { echo c >/proc/sysrq-trigger; }'
report "a guest that dies is seen" sees "the guest never said 'end'" dies 'guest() { poweroff -n -f; }'
report "a splat in dom0 is seen" sees "no splat" warns 'dom0() { echo "WARNING: CPU: 0" >/dev/kmsg; }'
report "a command that does not exist is seen" sees "no splat" typo 'dom0() { nonesuch; }'
report "an expected splat that does not come is seen" sees "no splat like 'BUG'" calm 'expect_splat=BUG; dom0() { :; }'
report "a dom0 that dies is seen" sees "dom0 never came to its end" short 'dom0() { echo o >/proc/sysrq-trigger; sleep 60; }'
report "a run that hangs is ended, with its last lines" hang_is_seen
printf '1..%d\n' $count
