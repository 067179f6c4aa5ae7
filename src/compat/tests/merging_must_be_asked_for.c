// SPDX-License-Identifier: GPL-2.0-only
/* Until 6.13; gone with commit cc76ace465d6 ("block: remove BLK_MQ_F_SHOULD_MERGE"). */
#include <linux/blk-mq.h>

int xbf_test(void);
int xbf_test(void)
{
	return BLK_MQ_F_SHOULD_MERGE;
}
