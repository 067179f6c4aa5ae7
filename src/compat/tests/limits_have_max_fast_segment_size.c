// SPDX-License-Identifier: GPL-2.0-only
/* since 6.19, commit 5c5028ee594c */
/* The later name of min_segment_size. */
#include <linux/blkdev.h>

unsigned int xbf_test(struct queue_limits *lim);
unsigned int xbf_test(struct queue_limits *lim)
{
	return lim->max_fast_segment_size;
}
