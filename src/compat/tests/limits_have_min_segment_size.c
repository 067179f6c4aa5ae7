// SPDX-License-Identifier: GPL-2.0-only
/* since 6.14, commit 889c57066cee; until 6.19, commit 5c5028ee594c */
/* Segments smaller than a page are honoured. */
#include <linux/blkdev.h>

unsigned int xbf_test(struct queue_limits *lim);
unsigned int xbf_test(struct queue_limits *lim)
{
	return lim->min_segment_size;
}
