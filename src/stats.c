// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was negotiated, counters, and where to read them:
 * /sys/kernel/debug/xen_blkfront_64k/<device>/negotiated and ring-<n>/.
 * Without debugfs nothing is shown and nothing fails. Process context throughout.
 */
#include <linux/debugfs.h>
#include <linux/err.h>

#include "bounce.h"
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
 * xbf_stats_show_device() - make a device's directory
 * @name: the device's name
 * @negotiated: text, empty until there is some, that stays until
 *	xbf_stats_hide_device()
 *
 * Returns it, for the other functions; NULL without debugfs.
 */
struct dentry *xbf_stats_show_device(const char *name,
				     struct debugfs_blob_wrapper *negotiated)
{
	struct dentry *device;

	/* Before 5.0 it is NULL if that fails; files would go to debugfs' root. */
	if (IS_ERR_OR_NULL(root))
		return NULL;
	device = debugfs_create_dir(name, root);
	if (IS_ERR_OR_NULL(device))
		return NULL;
	debugfs_create_blob("negotiated", 0444, device, negotiated);
	return device;
}

/**
 * xbf_stats_show_ring() - let a ring's counters be read
 * @device: the device's directory, or NULL
 * @nr: the ring's number in the device
 * @stats: the counters
 * @bounce: its frames
 *
 * Both stay until xbf_stats_hide_device().
 */
void xbf_stats_show_ring(struct dentry *device, unsigned int nr,
			 struct xbf_stats *stats,
			 struct xbf_bounce_pool *bounce)
{
	struct dentry *dir;
	char name[16];

	if (!device)
		return;
	snprintf(name, sizeof(name), "ring-%u", nr);
	dir = debugfs_create_dir(name, device);
	if (IS_ERR_OR_NULL(dir))
		return;
	debugfs_create_u64("requests", 0444, dir, &stats->requests);
	debugfs_create_u64("split_requests", 0444, dir, &stats->split_requests);
	debugfs_create_u64("packed_requests", 0444, dir,
			   &stats->packed_requests);
	debugfs_create_u64("slots", 0444, dir, &stats->slots);
	debugfs_create_u64("indirect_slots", 0444, dir, &stats->indirect_slots);
	debugfs_create_u64("requeued_requests", 0444, dir,
			   &stats->requeued_requests);
	debugfs_create_u32("bounce_frames", 0444, dir, &bounce->nr_frames);
	debugfs_create_u32("persistent_grants", 0444, dir, &bounce->nr_granted);
}

/**
 * xbf_stats_hide_device() - remove a device's directory; waits for readers
 * @device: the directory, or NULL
 */
void xbf_stats_hide_device(struct dentry *device)
{
	debugfs_remove_recursive(device);
}
