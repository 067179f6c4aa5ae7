// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters and where to read them: /sys/kernel/debug/xen_blkfront_64k/<device>/.
 * Without debugfs nothing is shown and nothing fails. Process context throughout.
 */
#include <linux/debugfs.h>
#include <linux/err.h>

#include "stats.h"

static struct dentry *root;

/**
 * xbf_stats_init() - make the directory of all devices
 */
void xbf_stats_init(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

/**
 * xbf_stats_exit() - remove it
 */
void xbf_stats_exit(void)
{
	debugfs_remove_recursive(root);
}

/**
 * xbf_stats_show() - let a device's counters be read
 * @stats: the counters; they stay until xbf_stats_hide()
 * @name: the device's name
 */
void xbf_stats_show(struct xbf_stats *stats, const char *name)
{
	/* Before 5.0 it is NULL if that fails; files would go to debugfs' root. */
	if (IS_ERR_OR_NULL(root))
		return;
	stats->dir = debugfs_create_dir(name, root);
	if (IS_ERR_OR_NULL(stats->dir))
		return;
	debugfs_create_u64("requests", 0444, stats->dir, &stats->requests);
	debugfs_create_u64("split_requests", 0444, stats->dir,
			   &stats->split_requests);
	debugfs_create_u64("slots", 0444, stats->dir, &stats->slots);
}

/**
 * xbf_stats_hide() - remove a device's counters; waits for readers
 * @stats: the counters, shown or not
 */
void xbf_stats_hide(struct xbf_stats *stats)
{
	debugfs_remove_recursive(stats->dir);
	stats->dir = NULL;
}
