// SPDX-License-Identifier: GPL-2.0-only
/* since 5.14, commit b461dfc49eb6; until 6.9, commit 27e32cd23fed */
#include <linux/blk-mq.h>

struct gendisk *xbf_test(struct blk_mq_tag_set *set, void *data);
struct gendisk *xbf_test(struct blk_mq_tag_set *set, void *data)
{
	return blk_mq_alloc_disk(set, data);
}
