// SPDX-License-Identifier: GPL-2.0-only
/* since 4.17, commit 233bde21aa43 */
#include <linux/blkdev.h>

int xbf_test(void);
int xbf_test(void)
{
	return SECTOR_SHIFT;
}
