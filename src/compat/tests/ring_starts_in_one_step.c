// SPDX-License-Identifier: GPL-2.0-only
/* since 5.19, commit 6fac592cca60 */
#include <xen/xenbus.h>
#include <xen/interface/io/blkif.h>

void xbf_test(struct blkif_front_ring *front, struct blkif_sring *sring);
void xbf_test(struct blkif_front_ring *front, struct blkif_sring *sring)
{
	XEN_FRONT_RING_INIT(front, sring, 4096);
}
