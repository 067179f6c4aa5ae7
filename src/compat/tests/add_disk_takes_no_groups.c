// SPDX-License-Identifier: GPL-2.0-only
/* until 4.20, commit fef912bf860e */
#include <linux/blkdev.h>

void xbf_test(struct device *parent, struct gendisk *disk);
void xbf_test(struct device *parent, struct gendisk *disk)
{
	device_add_disk(parent, disk);
}
