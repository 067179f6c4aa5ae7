// SPDX-License-Identifier: GPL-2.0-only
/* since 6.11, commit 1122c0c1cc71 */
#include <linux/blkdev.h>

unsigned int xbf_test(struct queue_limits *lim);
unsigned int xbf_test(struct queue_limits *lim)
{
	return lim->features & BLK_FEAT_WRITE_CACHE;
}
