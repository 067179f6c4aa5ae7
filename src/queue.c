// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the block layer asks for: queue, commit, complete, time out. Decides
 * which operation a request becomes and what its outcome means; slots and
 * memory are the ring's business.
 */
#include <linux/math64.h>
#include <linux/slab.h>
#include <xen/interface/io/blkif.h>

#include "queue.h"

/* Whether the backend does so, as far as is known by now. */
static bool discards(const struct xbf_queue *queue, bool secure)
{
	return secure ? READ_ONCE(queue->discard.secure) :
			READ_ONCE(queue->discard.plain);
}

/* How far @sector lies behind the beginning of its unit. */
static u32 into_unit(const struct xbf_discard *discard, u64 sector)
{
	u64 into;

	div64_u64_rem(sector + discard->granularity - discard->alignment,
		      discard->granularity, &into);
	return into;
}

/*
 * The whole units in @rq become @range. Returns the operation, XBF_OP_NONE when
 * there are none, or -errno: what is to be erased is erased to the last sector
 * or not at all.
 */
static int operation_discard(const struct xbf_queue *queue, struct request *rq,
			     bool secure, struct xbf_range *range)
{
	/* Before 5.16 it may be replaced meanwhile; what becomes of it is not sent then. */
	const struct xbf_discard discard = {
		.granularity = READ_ONCE(queue->discard.granularity),
		.alignment = READ_ONCE(queue->discard.alignment),
	};
	u64 first = blk_rq_pos(rq), end = first + blk_rq_sectors(rq);
	u32 into;

	if (!discard.granularity || !discards(queue, secure))
		return -EOPNOTSUPP;

	into = into_unit(&discard, first);
	if (secure && (into || into_unit(&discard, end)))
		return -EINVAL;
	if (into)
		first += discard.granularity - into;
	if (first >= end)
		return XBF_OP_NONE;
	end -= into_unit(&discard, end);
	if (first >= end)
		return XBF_OP_NONE;

	range->sector = first;
	range->sectors = end - first;
	range->secure = secure;
	return BLKIF_OP_DISCARD;
}

/* The operation that @rq becomes; XBF_OP_NONE when all is done, or -errno. */
static int operation(const struct xbf_queue *queue, struct request *rq,
		     struct xbf_range *range)
{
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return BLKIF_OP_READ;
	case REQ_OP_WRITE:
		return BLKIF_OP_WRITE;
	case REQ_OP_FLUSH:
		/* No cache: what was acknowledged has been written. */
		return READ_ONCE(queue->flush);
	case REQ_OP_DISCARD:
		return operation_discard(queue, rq, false, range);
	case REQ_OP_SECURE_ERASE:
		return operation_discard(queue, rq, true, range);
	default:
		return -EOPNOTSUPP;
	}
}

static blk_status_t queue_rq(struct blk_mq_hw_ctx *hctx,
			     const struct blk_mq_queue_data *bd)
{
	struct xbf_feeder *feeder = hctx->driver_data;
	struct xbf_ring *ring = feeder->ring;
	struct request *rq = bd->rq;
	struct xbf_io *io = blk_mq_rq_to_pdu(rq);
	struct xbf_range range = {};
	int err = 0;
	int op;

	/* Known before it can time out. */
	io->ring = ring;
	blk_mq_start_request(rq);
	op = operation(rq->q->queuedata, rq, &range);
	if (op < 0)
		/* Older kernels say I/O error for whatever is returned here. */
		blk_mq_end_request(rq, errno_to_blk_status(op));
	else if (op == XBF_OP_NONE)
		blk_mq_end_request(rq, BLK_STS_OK);
	else
		err = xbf_ring_submit(feeder, rq, op, &range);

	/* Also after a failure: earlier requests of the batch wait. */
	if (bd->last || err)
		xbf_ring_push(ring);

	/* With no slot left the ring has stopped this hardware queue. */
	return err == -EBUSY ? BLK_STS_DEV_RESOURCE : errno_to_blk_status(err);
}

static void __maybe_unused commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct xbf_feeder *feeder = hctx->driver_data;

	xbf_ring_push(feeder->ring);
}

/*
 * The backend does not know the flush that it was @sent, whatever it has offered:
 * take what is left. Several may be under way. Returns whether there is something
 * left to send.
 */
static bool flush_refused(struct xbf_queue *queue, u8 sent)
{
	u8 next = queue->barrier && sent == BLKIF_OP_FLUSH_DISKCACHE ?
		BLKIF_OP_WRITE_BARRIER : XBF_OP_NONE;

	if (READ_ONCE(queue->flush) != sent)
		return READ_ONCE(queue->flush) != XBF_OP_NONE;
	dev_warn(&queue->rings[0].xbdev->dev,
		 "backend refuses operation %u that it has offered: %s\n",
		 sent, next == XBF_OP_NONE ?
		 "taken as having no cache" : "using barriers to flush");
	WRITE_ONCE(queue->flush, next);
	return next != XBF_OP_NONE;
}

/* The same for what can be done without; the one does not say anything of the other. */
static void discard_refused(struct xbf_queue *queue, struct request *rq)
{
	bool secure = req_op(rq) == REQ_OP_SECURE_ERASE;

	/* One of several that were under way. */
	if (!discards(queue, secure))
		return;
	dev_warn(&queue->rings[0].xbdev->dev,
		 "backend refuses a %s that it has offered: not done any more\n",
		 secure ? "secure discard" : "discard");
	if (secure) {
		WRITE_ONCE(queue->discard.secure, false);
		blk_queue_disable_secure_erase(rq->q);
	} else {
		WRITE_ONCE(queue->discard.plain, false);
		blk_queue_disable_discard(rq->q);
	}
}

static void complete_rq(struct request *rq)
{
	struct xbf_queue *queue = rq->q->queuedata;
	struct xbf_io *io = blk_mq_rq_to_pdu(rq);
	blk_status_t status = BLK_STS_OK;

	if (io->join.worst == XBF_STATUS_ERROR) {
		status = BLK_STS_IOERR;
	} else if (io->join.worst == XBF_STATUS_NOTSUPP) {
		status = BLK_STS_NOTSUPP;
		if (req_op(rq) == REQ_OP_DISCARD ||
		    req_op(rq) == REQ_OP_SECURE_ERASE) {
			discard_refused(queue, rq);
		} else if (req_op(rq) == REQ_OP_FLUSH) {
			if (flush_refused(queue, io->operation)) {
				blk_mq_requeue_request(rq, true);
				return;
			}
			status = BLK_STS_OK;
		}
	}
	blk_mq_end_request(rq, status);
}

/* A slow backend is waited for, for ever if need be; a dead one is not. */
static enum blk_eh_timer_return timeout(struct request *rq)
{
	struct xbf_io *io = blk_mq_rq_to_pdu(rq);

	xbf_ring_check(io->ring);
	return blk_mq_rq_state(rq) == MQ_RQ_IN_FLIGHT ?
		BLK_EH_RESET_TIMER : BLK_EH_DONE;
}

XBF_TIMEOUT_OP(timeout_op, timeout)

static int init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int nr)
{
	struct xbf_queue *queue = data;

	struct xbf_feeder *feeder = &queue->feeders[nr];

	feeder->hctx = hctx;
	hctx->driver_data = feeder;
	xbf_ring_feed(&queue->rings[nr % queue->nr_rings], feeder);
	return 0;
}

static void exit_hctx(struct blk_mq_hw_ctx *hctx, unsigned int nr)
{
	struct xbf_feeder *feeder = hctx->driver_data;

	xbf_ring_starve(feeder);
	feeder->hctx = NULL;
}

static const struct blk_mq_ops queue_ops = {
	.queue_rq = queue_rq,
	XBF_COMMIT_OP(commit_rqs)
	.complete = complete_rq,
	.timeout = timeout_op,
	.init_hctx = init_hctx,
	.exit_hctx = exit_hctx,
};

/**
 * xbf_queue_init() - set up tags for a queue
 * @queue: the queue, with its rings, all of one size, and flush operation; its
 *	feeders are the caller's to free, later than anybody can be in here
 * @tags: filled in; blk_mq_free_tag_set() frees it
 *
 * A hardware queue for every ring, and in it a tag for every slot: requests that
 * fit in one get the whole ring.
 * Process context. Returns 0 or -errno.
 */
int xbf_queue_init(struct xbf_queue *queue, struct blk_mq_tag_set *tags)
{
	int err;

	/* An earlier try may have failed, with fewer rings. */
	kfree(queue->feeders);
	queue->feeders = kzalloc_objs(*queue->feeders, queue->nr_rings,
				      GFP_KERNEL);
	if (!queue->feeders)
		return -ENOMEM;

	*tags = (struct blk_mq_tag_set) {
		.ops = &queue_ops,
		.nr_hw_queues = queue->nr_rings,
		.queue_depth = queue->rings[0].size,
		.numa_node = NUMA_NO_NODE,
		.cmd_size = sizeof(struct xbf_io),
		.driver_data = queue,
	};
	err = blk_mq_alloc_tag_set(tags);
	/* A kdump kernel may have made it less. */
	queue->nr_feeders = tags->nr_hw_queues;
	return err;
}

/**
 * xbf_queue_spread() - let the hardware queues feed the rings there are now
 * @queue: the queue, quiesced, with another number of rings in use
 *
 * Process context.
 */
void xbf_queue_spread(struct xbf_queue *queue)
{
	unsigned int i;

	for (i = 0; i < queue->nr_feeders; i++) {
		xbf_ring_starve(&queue->feeders[i]);
		xbf_ring_feed(&queue->rings[i % queue->nr_rings],
			      &queue->feeders[i]);
	}
}

/**
 * xbf_queue_again() - have requests sent again when the queue goes on
 * @ios: those that a ring has given back
 *
 * Process context.
 */
void xbf_queue_again(struct list_head *ios)
{
	struct xbf_io *io, *next;

	list_for_each_entry_safe(io, next, ios, node) {
		list_del(&io->node);
		blk_mq_requeue_request(blk_mq_rq_from_pdu(io), false);
	}
}
