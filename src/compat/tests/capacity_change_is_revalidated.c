// SPDX-License-Identifier: GPL-2.0-only
/* since 5.7, commit e598a72faeb5; until 5.11, commit 449f4ec9892e; stable 5.10.255 */
/* A stable release is the first that was looked at, not the first that has it. */
#include <linux/blkdev.h>

void xbf_test(struct gendisk *disk);
void xbf_test(struct gendisk *disk)
{
	set_capacity_revalidate_and_notify(disk, 0, true);
}
