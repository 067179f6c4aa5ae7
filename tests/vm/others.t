#!/bin/bash
# The data scenario where pages, architecture and kernel differ from what `check` runs it
# on: a kernel that does not know segments smaller than its pages, and a PV guest on
# amd64. The rest of the table is for `make matrix`.

. "$(dirname "$0")/lib.sh"

exec "$RIG/run" -k 6.12-arm64-16k -k 6.1-amd64 data
