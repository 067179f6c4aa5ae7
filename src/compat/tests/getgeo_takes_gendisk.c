// SPDX-License-Identifier: GPL-2.0-only
/* Since 6.18: block_device_operations.getgeo is given the disk, not a block device. */
#include <linux/blkdev.h>

int xbf_test(const struct block_device_operations *ops, struct gendisk *disk);
int xbf_test(const struct block_device_operations *ops, struct gendisk *disk)
{
	return ops->getgeo(disk, NULL);
}
