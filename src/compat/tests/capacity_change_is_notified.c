// SPDX-License-Identifier: GPL-2.0-only
/* since 5.11, commit 449f4ec9892e; stable 5.10.255 */
/* A stable release is the first that was looked at, not the first that has it. */
#include <linux/blkdev.h>

bool xbf_test(struct gendisk *disk);
bool xbf_test(struct gendisk *disk)
{
	return set_capacity_and_notify(disk, 0);
}
