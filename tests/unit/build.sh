# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # who sources this uses what it sets
# Sourced by the tests of this directory: where to build (BUILD, outside the
# clone; by default a directory that is removed again), how to build the cases
# around a split engine, and how to report a test in TAP.

unit=$(cd "$(dirname "$0")" && pwd)
src=$unit/../../src

if [ -z "${BUILD:-}" ]; then
	BUILD=$(mktemp -d)
	trap 'rm -rf "$BUILD"' EXIT
fi
mkdir -p "$BUILD"

# The oldest kernels compile as gnu89, so everything they compile does here.
# compile <arguments of gcc>
compile()
{
	"${CC:-gcc}" -std=gnu89 -O2 -Wall -Wextra -Werror \
		-Wdeclaration-after-statement -I"$unit/include" "$@"
}

# report <number> <name> <command>: one test; what a failing one says is shown.
report()
{
	result="$1 - $2"
	shift 2
	if "$@" >"$BUILD/report" 2>&1; then
		sed 's/^/    /' "$BUILD/report"
		echo "ok $result"
	else
		sed 's/^/# /' "$BUILD/report" >&2
		echo "not ok $result"
	fi
}
