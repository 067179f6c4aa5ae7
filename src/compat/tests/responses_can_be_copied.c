// SPDX-License-Identifier: GPL-2.0-only
/* since 5.15, commit 629a5d87e26f; stable 5.10.83 5.4.163 4.19.219 4.14.257 */
#include <xen/xenbus.h>
#include <xen/interface/io/blkif.h>

void xbf_test(struct blkif_front_ring *front, struct blkif_response *rsp);
void xbf_test(struct blkif_front_ring *front, struct blkif_response *rsp)
{
	RING_COPY_RESPONSE(front, 0, rsp);
}
