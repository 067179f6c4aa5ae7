// SPDX-License-Identifier: GPL-2.0-only
/* until 6.11, commit 1122c0c1cc71 */
#include <linux/blkdev.h>

void xbf_test(struct request_queue *q);
void xbf_test(struct request_queue *q)
{
	blk_queue_write_cache(q, true, false);
}
