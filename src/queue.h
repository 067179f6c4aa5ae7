/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_QUEUE_H
#define XBF_QUEUE_H

#include <linux/blk-mq.h>

#include "ring.h"

/* The backend has no cache to flush. */
#define XBF_FLUSH_NONE	0xff

/**
 * struct xbf_queue - what the block layer's operations work on
 * @rings: the rings that carry the requests, @nr_rings of them: hardware queue
 *	i feeds ring i
 * @flush: operation that flushes: BLKIF_OP_FLUSH_DISKCACHE,
 *	BLKIF_OP_WRITE_BARRIER or XBF_FLUSH_NONE
 * @barrier: the backend offers barriers: what is left to try when it refuses
 *	a flush
 */
struct xbf_queue {
	struct xbf_ring *rings;
	unsigned int nr_rings;
	u8 flush;
	bool barrier;
};

int xbf_queue_init(struct xbf_queue *queue, struct blk_mq_tag_set *tags);

#endif /* XBF_QUEUE_H */
