// SPDX-License-Identifier: GPL-2.0-only
/* until 4.18, commit 88b0cfad2888 */
/*
 * There the core completes what is handled, and takes a completion during the
 * handler for none.
 */
#include <linux/blk-mq.h>

int xbf_test(void);
int xbf_test(void)
{
	return BLK_EH_HANDLED;
}
