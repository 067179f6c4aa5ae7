// SPDX-License-Identifier: GPL-2.0-only
/* since 4.18, commit 6600593cbd93 */
#include <linux/blk-mq.h>

int xbf_test(void);
int xbf_test(void)
{
	return BLK_EH_DONE;
}
