#!/bin/bash
# Every scenario, on the newest 64 KiB kernel.

. "$(dirname "$0")/lib.sh"

mapfile -t scenarios < <(cd "$RIG/scenarios" && basename -s .sh ./*.sh)
exec "$RIG/run" "${scenarios[@]}"
