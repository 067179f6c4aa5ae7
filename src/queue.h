/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_QUEUE_H
#define XBF_QUEUE_H

#include <linux/blk-mq.h>

#include "ring.h"

/* Not an operation: there is nothing to be sent, as with no cache to flush. */
#define XBF_OP_NONE	0xff

/**
 * struct xbf_discard - what the backend can throw away, in sectors of 512 bytes
 * @granularity: whole units of so many
 * @alignment: where the first unit begins, less than @granularity
 * @plain: it can, as a hint
 * @secure: it can, so that it cannot be read again
 */
struct xbf_discard {
	u32 granularity;
	u32 alignment;
	bool plain;
	bool secure;
};

/**
 * struct xbf_queue - what the block layer's operations work on
 * @rings: the rings that carry the requests
 * @nr_rings: how many are in use
 * @feeders: the hardware queues: number i feeds ring i % @nr_rings
 * @nr_feeders: how many there are
 * @flush: operation that flushes: BLKIF_OP_FLUSH_DISKCACHE,
 *	BLKIF_OP_WRITE_BARRIER or XBF_OP_NONE
 * @barrier: the backend offers barriers: what is left to try when it refuses
 *	a flush
 * @discard: what can be discarded
 */
struct xbf_queue {
	struct xbf_ring *rings;
	unsigned int nr_rings;
	struct xbf_feeder *feeders;
	unsigned int nr_feeders;
	u8 flush;
	bool barrier;
	struct xbf_discard discard;
};

int xbf_queue_init(struct xbf_queue *queue, struct blk_mq_tag_set *tags);
void xbf_queue_spread(struct xbf_queue *queue);
void xbf_queue_again(struct list_head *ios);

#endif /* XBF_QUEUE_H */
