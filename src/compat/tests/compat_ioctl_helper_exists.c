// SPDX-License-Identifier: GPL-2.0-only
/* since 5.6, commit "compat_ioctl: block: add blkdev_compat_ptr_ioctl" */
/* It is NULL where there is no compat. */
#include <linux/blkdev.h>

const void *xbf_test(void);
const void *xbf_test(void)
{
	return blkdev_compat_ptr_ioctl;
}
