// SPDX-License-Identifier: GPL-2.0-only
/* always */
/* If this does not compile, no other answer means anything. */
#include <linux/blk-mq.h>

int xbf_test(void);
int xbf_test(void)
{
	return sizeof(struct request);
}
