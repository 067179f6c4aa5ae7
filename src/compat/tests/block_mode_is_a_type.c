// SPDX-License-Identifier: GPL-2.0-only
/* since 6.5, commit 05bdb9965305 */
#include <linux/blkdev.h>

blk_mode_t xbf_test(void);
blk_mode_t xbf_test(void)
{
	return 0;
}
