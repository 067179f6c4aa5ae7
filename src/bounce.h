/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_BOUNCE_H
#define XBF_BOUNCE_H

#include <linux/list.h>
#include <linux/types.h>

#include "grant.h"

struct xbf_bounce_page;

/**
 * struct xbf_bounce - a frame of our own: 4 KiB that only this ring's backend gets to see
 * @node: in the pool's list or in a request's
 * @page: the page that it is a part of
 * @memory: its 4 KiB
 * @grant: the frame's number, and the reference while @granted
 * @granted: the backend may reach it also when it is in no request
 * @taken: it is in a request
 * @lost: a backend has kept it mapped: never used again
 * @used: jiffies when it was last used
 */
struct xbf_bounce {
	struct list_head node;
	struct xbf_bounce_page *page;
	void *memory;
	struct xbf_grant grant;
	bool granted;
	bool taken;
	bool lost;
	unsigned long used;
};

/**
 * struct xbf_bounce_pool - the frames of a ring
 * @pages: what they are parts of
 * @free: those in no request; the granted ones first, of those the last used first
 * @nr_free: how many those are
 * @nr_frames: how many there are in all, without lost ones
 * @nr_granted: how many stay granted
 * @kept: the backend keeps frames mapped that are idle
 * @reserve: so many are never given back to the system, nor are their grants ended
 *
 * Callers serialize every use of a pool.
 */
struct xbf_bounce_pool {
	struct list_head pages;
	struct list_head free;
	unsigned int nr_free;
	unsigned int nr_frames;
	unsigned int nr_granted;
	bool kept;
	unsigned int reserve;
};

void xbf_bounce_pool_init(struct xbf_bounce_pool *pool);
void xbf_bounce_pool_exit(struct xbf_bounce_pool *pool);
int xbf_bounce_reserve(struct xbf_bounce_pool *pool, unsigned int frames,
		       gfp_t gfp);
unsigned int xbf_bounce_take(struct xbf_bounce_pool *pool,
			     unsigned int frames, struct list_head *taken);
void xbf_bounce_put(struct xbf_bounce_pool *pool, struct list_head *taken,
		    struct xbf_grant_pool *refs);
void xbf_bounce_lose(struct list_head *taken);
void xbf_bounce_grant(struct xbf_bounce_pool *pool, struct xbf_bounce *frame,
		      struct xbf_grant_pool *refs, domid_t domid);
void xbf_bounce_withdraw(struct xbf_bounce_pool *pool,
			 struct xbf_grant_pool *refs, bool keep_refs);
bool xbf_bounce_trim(struct xbf_bounce_pool *pool, struct xbf_grant_pool *refs,
		     unsigned long idle);

#endif /* XBF_BOUNCE_H */
