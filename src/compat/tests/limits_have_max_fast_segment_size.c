// SPDX-License-Identifier: GPL-2.0-only
/* The later name of min_segment_size: segments smaller than a page are honoured. */
#include <linux/blkdev.h>

unsigned int xbf_test(struct queue_limits *lim);
unsigned int xbf_test(struct queue_limits *lim)
{
	return lim->max_fast_segment_size;
}
