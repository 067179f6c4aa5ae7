// SPDX-License-Identifier: GPL-2.0-only
/* since 5.19, commit 44abff2c0b97 */
#include <linux/blkdev.h>

unsigned int xbf_test(const struct queue_limits *lim);
unsigned int xbf_test(const struct queue_limits *lim)
{
	return lim->max_secure_erase_sectors;
}
