#!/bin/bash
# Every scenario, on the newest 64 KiB kernel; with XBF_ALL_KERNELS set, on all of them.

. "$(dirname "$0")/lib.sh"

mapfile -t scenarios < <(cd "$RIG/scenarios" && basename -s .sh ./*.sh)
exec "$RIG/run" ${XBF_ALL_KERNELS:+--all-kernels} "${scenarios[@]}"
