// SPDX-License-Identifier: GPL-2.0-only
/* until 5.10, commit "block: remove revalidate_disk()" */
#include <linux/blkdev.h>

void xbf_test(struct gendisk *disk);
void xbf_test(struct gendisk *disk)
{
	revalidate_disk(disk);
}
