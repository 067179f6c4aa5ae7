// SPDX-License-Identifier: GPL-2.0-only
/* since 4.16, commit 86ff7c2a80cd */
#include <linux/blk-mq.h>

blk_status_t xbf_test(void);
blk_status_t xbf_test(void)
{
	return BLK_STS_DEV_RESOURCE;
}
