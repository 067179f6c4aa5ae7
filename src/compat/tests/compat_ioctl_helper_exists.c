// SPDX-License-Identifier: GPL-2.0-only
/* since 5.6 */
/* It is NULL where there is no compat. */
#include <linux/blkdev.h>

const void *xbf_test(void);
const void *xbf_test(void)
{
	return blkdev_compat_ptr_ioctl;
}
