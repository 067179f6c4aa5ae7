// SPDX-License-Identifier: GPL-2.0-only
/* never */
/* A compiler that takes this "has" every feature. */
#include <linux/blk-mq.h>

int xbf_test(void);
int xbf_test(void)
{
	return xbf_no_kernel_has_this();
}
