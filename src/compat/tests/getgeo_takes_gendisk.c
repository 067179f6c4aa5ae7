// SPDX-License-Identifier: GPL-2.0-only
/* since 6.18, commit 4fc8728aa34f */
#include <linux/blkdev.h>

int xbf_test(const struct block_device_operations *ops, struct gendisk *disk);
int xbf_test(const struct block_device_operations *ops, struct gendisk *disk)
{
	return ops->getgeo(disk, NULL);
}
