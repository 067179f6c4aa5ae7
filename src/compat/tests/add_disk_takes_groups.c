// SPDX-License-Identifier: GPL-2.0-only
/* since 4.20, commit fef912bf860e; until 5.15, commit 83cbce957446 */
#include <linux/blkdev.h>

void (*xbf_test(void))(struct device *, struct gendisk *,
		       const struct attribute_group **);
void (*xbf_test(void))(struct device *, struct gendisk *,
		       const struct attribute_group **)
{
	return device_add_disk;
}
