// SPDX-License-Identifier: GPL-2.0-only
/* since 4.17, commit 8814ce8a0f68 */
#include <linux/blkdev.h>

void xbf_test(struct request_queue *q);
void xbf_test(struct request_queue *q)
{
	blk_queue_flag_set(0, q);
}
