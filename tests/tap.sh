# What tests in bash report with.  To be sourced after the rig's lib.sh; makes the directory
# $out, which goes with the test.
# shellcheck shell=bash

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
count=0

# report NAME COMMAND... - one test: passes when the command does; what it leaves in
# $out/said is shown when it does not.
report() {
	local status=0
	count=$((count + 1))
	"${@:2}" || status=$?
	if ((status == 0)); then
		printf 'ok %d - %s\n' $count "$1"
	else
		printf 'not ok %d - %s\n' $count "$1"
		sed 's/^/# /' "$out"/said
	fi
}
