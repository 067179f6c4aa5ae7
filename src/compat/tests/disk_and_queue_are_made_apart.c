// SPDX-License-Identifier: GPL-2.0-only
/* until 5.15, commit 9c2b9dbafc06 */
#include <linux/blk-mq.h>

int xbf_test(struct blk_mq_tag_set *set, struct gendisk **disk);
int xbf_test(struct blk_mq_tag_set *set, struct gendisk **disk)
{
	struct request_queue *q = blk_mq_init_queue(set);

	*disk = alloc_disk(0);
	return IS_ERR(q);
}
