// SPDX-License-Identifier: GPL-2.0-only
/* until 6.18, commit 4fc8728aa34f */
#include <linux/blkdev.h>

int xbf_test(const struct block_device_operations *ops,
	     struct block_device *bdev);
int xbf_test(const struct block_device_operations *ops,
	     struct block_device *bdev)
{
	return ops->getgeo(bdev, NULL);
}
