#!/bin/bash
# Every scenario, on the newest 64 KiB kernel, or the newest that it is for.

. "$(dirname "$0")/lib.sh"

mapfile -t scenarios < <(cd "$RIG/scenarios" && basename -s .sh ./*.sh)
exec "$RIG/run" "${scenarios[@]}"
