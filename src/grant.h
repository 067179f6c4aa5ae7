/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_GRANT_H
#define XBF_GRANT_H

#include <linux/types.h>
#include <xen/grant_table.h>

/**
 * struct xbf_grant - one 4 KiB frame that the backend may reach
 * @frame: its number: guest physical address >> 12
 * @ref: the grant reference
 */
struct xbf_grant {
	u64 frame;
	grant_ref_t ref;
};

struct xbf_grant_rest;

/**
 * struct xbf_grant_pool - grant references set aside for one user
 * @head: the core's handle of the references not in use
 * @free: how many those are
 * @total: how many there are with those in use
 * @recalled: some stand in requests that were ended and that the backend may still look
 *	at: given to another frame, that one would be used
 * @rest: what waits, when the pool ends, for the backend to look at them no more
 *
 * All zeroes is an empty one. Grows on demand and keeps what it has got. Callers
 * serialize every use of a pool.
 */
struct xbf_grant_pool {
	grant_ref_t head;
	unsigned int free;
	unsigned int total;
	bool recalled;
	struct xbf_grant_rest *rest;
};

void xbf_grant_exit(void);

int xbf_grant_pool_reserve(struct xbf_grant_pool *pool, unsigned int refs);
bool xbf_grant_pool_hold(struct xbf_grant_pool *pool,
			 const struct xbf_grant *ring, unsigned int nr);
void xbf_grant_pool_forget(struct xbf_grant_pool *pool);
void xbf_grant_pool_exit(struct xbf_grant_pool *pool);

void xbf_grant_give(struct xbf_grant_pool *pool, struct xbf_grant *grant,
		    domid_t domid, u64 frame, bool readonly);
bool xbf_grant_end(struct xbf_grant_pool *pool, const struct xbf_grant *grant,
		   bool keep_ref);
void xbf_grant_keep(struct xbf_grant_pool *pool, const struct xbf_grant *grant);
void xbf_grant_let_go(struct xbf_grant_pool *pool,
		      const struct xbf_grant *grant);

#endif /* XBF_GRANT_H */
