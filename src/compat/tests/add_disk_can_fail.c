// SPDX-License-Identifier: GPL-2.0-only
/* since 5.15, commit 83cbce957446 */
#include <linux/blkdev.h>

int xbf_test(struct device *parent, struct gendisk *disk);
int xbf_test(struct device *parent, struct gendisk *disk)
{
	return device_add_disk(parent, disk, NULL);
}
