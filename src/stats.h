/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_STATS_H
#define XBF_STATS_H

#include <linux/types.h>

struct dentry;

/**
 * struct xbf_stats - what went over a ring since it was made
 * @requests: block requests put on it
 * @split_requests: those that took more than one slot
 * @slots: slots that they took
 * @dir: their directory in debugfs
 *
 * Written under the ring's lock, read without.
 */
struct xbf_stats {
	u64 requests;
	u64 split_requests;
	u64 slots;
	struct dentry *dir;
};

void xbf_stats_init(void);
void xbf_stats_exit(void);
void xbf_stats_show(struct xbf_stats *stats, const char *name);
void xbf_stats_hide(struct xbf_stats *stats);

#endif /* XBF_STATS_H */
