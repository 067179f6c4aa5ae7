#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The cases of the split engine in user space: in full, and a fifth of them
# under the address and undefined-behaviour sanitizers.

. "$(dirname "$0")/build.sh"

export CMOCKA_MESSAGE_OUTPUT=TAP

# build_and_run <name of the program> <flags>
build_and_run()
{
	program=$BUILD/$1
	shift
	compile "$@" -o "$program" "$unit/test_split.c" "$unit/cases.c" \
		"$src/split.c" -lcmocka && "$program"
}

echo 1..2
report 1 "every case in full" build_and_run split
XBF_STRIDE=${XBF_STRIDE:-5} XBF_RANDOM=${XBF_RANDOM:-200000}
export XBF_STRIDE XBF_RANDOM
report 2 "under sanitizers" build_and_run split-sanitized \
	-g -fsanitize=address,undefined -fno-sanitize-recover=all
