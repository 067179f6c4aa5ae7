# What both sides of a scenario, dom0 and guest, are written with (busybox sh), above all
# what they report with.  A line marked `XBF:` is a result; `run` turns it into TAP.
# shellcheck shell=dash

# How long anything may take before it counts as hung: generous, and never a measure
# of speed (two loaded cores emulate all this).
patience=${patience:-300}

mark() { printf 'XBF: %s\n' "$(printf '%.800s' "$*" | tr '\n' ' ')" >"$marks"; }

# diag TEXT... - a remark that goes with the results.
diag() { mark "diag $*"; }

# ok DESCRIPTION COMMAND... - passes if the command succeeds; shows its output if not.
# Returns the command's status.
ok() {
	local what=$1 status=0 line
	shift
	"$@" >/tmp/ok.out 2>&1 </dev/null || status=$?
	if [ $status = 0 ]; then
		mark "ok - $what"
		return
	fi
	mark "not ok - $what"
	diag "status $status from: $*"
	tail -n 15 /tmp/ok.out | while IFS= read -r line; do diag "$line"; done
	return $status
}

# is DESCRIPTION GOT EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		mark "ok - $1"
		return
	fi
	mark "not ok - $1"
	diag "got '$2', expected '$3'"
	return 1
}

# measure KEY VALUE - a number for the table, never for pass or fail.
measure() { mark "measure $1=$2"; }

# skip WHY - a check that cannot be made here.
skip() { mark "skip - $*"; }

# bail WHY - a failure after which the rest of this side makes no sense.
bail() {
	mark "not ok - $*"
	exit 1
}

# patiently COMMAND... - until it succeeds; fails when patience ends. A process costs a tenth of a second of the only
# processor here, so what asks again and again starts as few as it can.
patiently() {
	local up end
	read -r up _ </proc/uptime
	end=$((${up%.*} + patience))
	until "$@"; do
		read -r up _ </proc/uptime
		[ "${up%.*}" -lt $end ] || return 1
		sleep 0.5
	done
}

# soon COMMAND... - patiently, where what does not happen is a fault and not a slow machine.
soon() { patience=120 patiently "$@"; }

uptime_s() { cut -d. -f1 /proc/uptime; }

# often FEW MANY MOST - how many times something is to be done, in a run as it was asked for.
often() {
	case $times in
	few) echo "$1" ;;
	many) echo "$2" ;;
	most) echo "$3" ;;
	esac
}

# not COMMAND... - its opposite, for ok and patiently.
not() { ! "$@"; }

# vbd DEVICE - the number that stands for xvda, xvdb, ... in xenstore; of a number, itself.
vbd() {
	case $1 in
	[0-9]*) echo "$1" ;;
	*) echo $((51712 + 16 * ($(printf '%d' "'${1#xvd}") - 97))) ;;
	esac
}
