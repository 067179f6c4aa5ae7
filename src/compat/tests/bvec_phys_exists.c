// SPDX-License-Identifier: GPL-2.0-only
/* Since about 6.10 in <linux/bvec.h>; before it was private to the block layer. */
#include <linux/bvec.h>

phys_addr_t xbf_test(struct bio_vec *bvec);
phys_addr_t xbf_test(struct bio_vec *bvec)
{
	return bvec_phys(bvec);
}
