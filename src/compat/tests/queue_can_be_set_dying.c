// SPDX-License-Identifier: GPL-2.0-only
/* until 5.17, commit 7a5428dcb793; stable 5.15.25 */
#include <linux/blkdev.h>

void xbf_test(struct request_queue *q);
void xbf_test(struct request_queue *q)
{
	blk_set_queue_dying(q);
}
