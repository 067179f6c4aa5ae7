// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the block layer asks for: queue, commit, complete, time out. Decides
 * which operation a request becomes and what its outcome means; slots and
 * memory are the ring's business.
 */
#include <xen/interface/io/blkif.h>

#include "queue.h"

/* The operation that @rq becomes; negative: none. */
static int operation(const struct xbf_queue *queue, struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return BLKIF_OP_READ;
	case REQ_OP_WRITE:
		return BLKIF_OP_WRITE;
	case REQ_OP_FLUSH:
		return READ_ONCE(queue->flush);
	default:
		return -EOPNOTSUPP;
	}
}

static blk_status_t queue_rq(struct blk_mq_hw_ctx *hctx,
			     const struct blk_mq_queue_data *bd)
{
	struct xbf_ring *ring = hctx->driver_data;
	struct request *rq = bd->rq;
	struct xbf_io *io = blk_mq_rq_to_pdu(rq);
	int op = operation(rq->q->queuedata, rq);
	int err = 0;

	if (op < 0)
		return BLK_STS_NOTSUPP;

	/* Known before it can time out. */
	io->ring = ring;
	blk_mq_start_request(rq);
	if (op == XBF_FLUSH_NONE)
		/* No cache: what was acknowledged has been written. */
		blk_mq_end_request(rq, BLK_STS_OK);
	else
		err = xbf_ring_submit(ring, rq, op);

	/* Also after a failure: earlier requests of the batch wait. */
	if (bd->last || err)
		xbf_ring_push(ring);

	/* With no slot left the ring has stopped this hardware queue. */
	return err == -EBUSY ? BLK_STS_DEV_RESOURCE : errno_to_blk_status(err);
}

static void __maybe_unused commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	xbf_ring_push(hctx->driver_data);
}

/*
 * The backend does not know the flush it was sent, whatever it has offered: take
 * what is left. Returns whether there is something left to send.
 */
static bool flush_refused(struct xbf_queue *queue)
{
	u8 next = queue->barrier && queue->flush == BLKIF_OP_FLUSH_DISKCACHE ?
		BLKIF_OP_WRITE_BARRIER : XBF_FLUSH_NONE;

	dev_warn(&queue->rings[0].xbdev->dev,
		 "backend refuses operation %u that it has offered: %s\n",
		 queue->flush, next == XBF_FLUSH_NONE ?
		 "taken as having no cache" : "using barriers to flush");
	WRITE_ONCE(queue->flush, next);
	return next != XBF_FLUSH_NONE;
}

static void complete_rq(struct request *rq)
{
	struct xbf_queue *queue = rq->q->queuedata;
	struct xbf_io *io = blk_mq_rq_to_pdu(rq);
	blk_status_t status = BLK_STS_OK;

	if (io->join.worst == XBF_STATUS_ERROR) {
		status = BLK_STS_IOERR;
	} else if (io->join.worst == XBF_STATUS_NOTSUPP) {
		if (req_op(rq) != REQ_OP_FLUSH) {
			status = BLK_STS_NOTSUPP;
		} else if (flush_refused(queue)) {
			blk_mq_requeue_request(rq, true);
			return;
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

	hctx->driver_data = &queue->rings[nr];
	xbf_ring_set_hctx(hctx->driver_data, hctx);
	return 0;
}

static void exit_hctx(struct blk_mq_hw_ctx *hctx, unsigned int nr)
{
	xbf_ring_set_hctx(hctx->driver_data, NULL);
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
 * @queue: the queue, with its rings, all of one size, and flush operation
 * @tags: filled in; blk_mq_free_tag_set() frees it
 *
 * A hardware queue for every ring, and in it a tag for every slot: requests that
 * fit in one get the whole ring.
 * Process context. Returns 0 or -errno.
 */
int xbf_queue_init(struct xbf_queue *queue, struct blk_mq_tag_set *tags)
{
	*tags = (struct blk_mq_tag_set) {
		.ops = &queue_ops,
		.nr_hw_queues = queue->nr_rings,
		.queue_depth = queue->rings[0].size,
		.numa_node = NUMA_NO_NODE,
		.cmd_size = sizeof(struct xbf_io),
		.driver_data = queue,
	};
	return blk_mq_alloc_tag_set(tags);
}
