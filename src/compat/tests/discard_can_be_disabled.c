// SPDX-License-Identifier: GPL-2.0-only
/* since 6.11, commit 73e3715ed148 */
#include <linux/blkdev.h>

void xbf_test(struct request_queue *q);
void xbf_test(struct request_queue *q)
{
	blk_queue_disable_discard(q);
}
