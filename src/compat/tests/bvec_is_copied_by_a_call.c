// SPDX-License-Identifier: GPL-2.0-only
/* since 5.14, commit "bvec: add memcpy_{from,to}_bvec and memzero_bvec helpers" */
#include <linux/bvec.h>

void xbf_test(struct bio_vec *bvec, char *memory);
void xbf_test(struct bio_vec *bvec, char *memory)
{
	memcpy_to_bvec(bvec, memory);
	memcpy_from_bvec(memory, bvec);
}
