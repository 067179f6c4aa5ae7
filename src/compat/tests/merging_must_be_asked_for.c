// SPDX-License-Identifier: GPL-2.0-only
/* until 6.14, commit cc76ace465d6 */
#include <linux/blk-mq.h>

int xbf_test(void);
int xbf_test(void)
{
	return BLK_MQ_F_SHOULD_MERGE;
}
