/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_STATS_H
#define XBF_STATS_H

#include <linux/types.h>

struct debugfs_blob_wrapper;
struct dentry;
struct xbf_bounce_pool;

/**
 * struct xbf_stats - what went over a ring since it was made
 * @requests: block requests put on it
 * @split_requests: those that took more than one slot
 * @packed_requests: those whose data was copied
 * @slots: slots that they took
 * @indirect_slots: those of them whose segments were in a frame of their own
 * @requeued_requests: those taken off it unanswered, to go to the next backend
 *
 * Written under the ring's lock, read without.
 */
struct xbf_stats {
	u64 requests;
	u64 split_requests;
	u64 packed_requests;
	u64 slots;
	u64 indirect_slots;
	u64 requeued_requests;
};

void xbf_stats_init(void);
void xbf_stats_exit(void);
struct dentry *xbf_stats_show_device(const char *name,
				     struct debugfs_blob_wrapper *negotiated);
void xbf_stats_show_ring(struct dentry *device, unsigned int nr,
			 struct xbf_stats *stats,
			 struct xbf_bounce_pool *bounce);
void xbf_stats_hide_device(struct dentry *device);

#endif /* XBF_STATS_H */
