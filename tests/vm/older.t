#!/bin/bash
# On the 64 KiB kernels that scenarios.t leaves out: what is about data, ours and the
# stock driver's.

. "$(dirname "$0")/lib.sh"

if [[ ${XBF_ALL_KERNELS-} ]]; then
	echo '1..0 # SKIP scenarios.t runs everything on all kernels'
	exit
fi
older=()
for kernel in $(all_kernels | head -n -1); do older+=(-k "$kernel"); done
exec "$RIG/run" "${older[@]}" data stock
