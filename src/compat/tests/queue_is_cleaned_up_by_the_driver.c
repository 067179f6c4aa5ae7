// SPDX-License-Identifier: GPL-2.0-only
/* until 6.0, commit 6f8191fdf41d */
/* Before that, del_gendisk() left the queue as it was. */
#include <linux/blkdev.h>

void xbf_test(struct request_queue *q);
void xbf_test(struct request_queue *q)
{
	blk_cleanup_queue(q);
}
