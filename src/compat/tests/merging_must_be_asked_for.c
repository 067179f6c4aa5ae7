// SPDX-License-Identifier: GPL-2.0-only
/* Until 6.13; gone with commit 9bc1e897a821 ("blk-mq: remove unused queue mapping helpers" series, 6.14). */
#include <linux/blk-mq.h>

int xbf_test(void);
int xbf_test(void)
{
	return BLK_MQ_F_SHOULD_MERGE;
}
