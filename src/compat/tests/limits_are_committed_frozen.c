// SPDX-License-Identifier: GPL-2.0-only
/* since 6.14, commit aa427d7b73b1; stable 6.12.117 */
#include <linux/blkdev.h>

int xbf_test(struct request_queue *q, struct queue_limits *lim);
int xbf_test(struct request_queue *q, struct queue_limits *lim)
{
	return queue_limits_commit_update_frozen(q, lim);
}
