// SPDX-License-Identifier: GPL-2.0-only
/* since 6.11, commit 25f76c3db2f0 */
#include <linux/bvec.h>

phys_addr_t xbf_test(struct bio_vec *bvec);
phys_addr_t xbf_test(struct bio_vec *bvec)
{
	return bvec_phys(bvec);
}
