// SPDX-License-Identifier: GPL-2.0-only
/* since 5.17, commit 7a5428dcb793; stable 5.15.25 */
#include <linux/blkdev.h>

void xbf_test(struct gendisk *disk);
void xbf_test(struct gendisk *disk)
{
	blk_mark_disk_dead(disk);
}
