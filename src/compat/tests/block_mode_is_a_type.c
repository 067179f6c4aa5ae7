// SPDX-License-Identifier: GPL-2.0-only
/* Since 6.5, commit 05bdb9965305 ("block: replace fmode_t with a block-specific type ..."). */
#include <linux/blkdev.h>

blk_mode_t xbf_test(void);
blk_mode_t xbf_test(void)
{
	return 0;
}
