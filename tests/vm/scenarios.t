#!/bin/bash
# Every scenario, on the newest 64 KiB kernel, or the newest that it is for. Those that say
# `slow=1` take ten minutes each, and are for `make parity`.

. "$(dirname "$0")/lib.sh"

mapfile -t scenarios < <(cd "$RIG/scenarios" && grep -L '^slow=1$' ./*.sh | xargs basename -s .sh)
exec "$RIG/run" "${scenarios[@]}"
