// SPDX-License-Identifier: GPL-2.0-only
/*
 * From about 6.14 (commit 889c57066cee, "block: make segment size limit workable for
 * > 4K PAGE_SIZE") until the member got its later name: segments smaller than
 * a page are honoured.
 */
#include <linux/blkdev.h>

unsigned int xbf_test(struct queue_limits *lim);
unsigned int xbf_test(struct queue_limits *lim)
{
	return lim->min_segment_size;
}
