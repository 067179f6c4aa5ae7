// SPDX-License-Identifier: GPL-2.0-only
/* until 5.19, commit 70200574cc22 */
#include <linux/blkdev.h>

int xbf_test(void);
int xbf_test(void)
{
	return QUEUE_FLAG_DISCARD;
}
