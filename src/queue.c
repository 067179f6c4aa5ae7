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
	struct xbf_queue *queue = hctx->driver_data;
	struct request *rq = bd->rq;
	int op = operation(queue, rq);
	int err = 0;

	if (op < 0)
		return BLK_STS_NOTSUPP;

	blk_mq_start_request(rq);
	if (op == XBF_FLUSH_NONE)
		/* No cache: what was acknowledged has been written. */
		blk_mq_end_request(rq, BLK_STS_OK);
	else
		err = xbf_ring_submit(queue->ring, rq, op);

	/* Also after a failure: earlier requests of the batch wait. */
	if (bd->last || err)
		xbf_ring_push(queue->ring);

	/* With no slot left the ring has stopped this hardware queue. */
	return err == -EBUSY ? BLK_STS_DEV_RESOURCE : errno_to_blk_status(err);
}

static void __maybe_unused commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct xbf_queue *queue = hctx->driver_data;

	xbf_ring_push(queue->ring);
}

/*
 * The backend does not know the flush it was sent, whatever it has offered: take
 * what is left. Returns whether there is something left to send.
 */
static bool flush_refused(struct xbf_queue *queue)
{
	u8 next = queue->barrier && queue->flush == BLKIF_OP_FLUSH_DISKCACHE ?
		BLKIF_OP_WRITE_BARRIER : XBF_FLUSH_NONE;

	dev_warn(&queue->ring->xbdev->dev,
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
	struct xbf_queue *queue = rq->q->queuedata;

	xbf_ring_check(queue->ring);
	return blk_mq_rq_state(rq) == MQ_RQ_IN_FLIGHT ?
		BLK_EH_RESET_TIMER : BLK_EH_DONE;
}

XBF_TIMEOUT_OP(timeout_op, timeout)

static int init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int nr)
{
	struct xbf_queue *queue = data;

	hctx->driver_data = queue;
	xbf_ring_set_hctx(queue->ring, hctx);
	return 0;
}

static void exit_hctx(struct blk_mq_hw_ctx *hctx, unsigned int nr)
{
	struct xbf_queue *queue = hctx->driver_data;

	xbf_ring_set_hctx(queue->ring, NULL);
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
 * @queue: the queue, with its ring and flush operation
 * @tags: filled in; blk_mq_free_tag_set() frees it
 *
 * A tag for every slot: requests that fit in one get the whole ring.
 * Process context. Returns 0 or -errno.
 */
int xbf_queue_init(struct xbf_queue *queue, struct blk_mq_tag_set *tags)
{
	*tags = (struct blk_mq_tag_set) {
		.ops = &queue_ops,
		.nr_hw_queues = 1,
		.queue_depth = XBF_RING_SIZE,
		.numa_node = NUMA_NO_NODE,
		.cmd_size = sizeof(struct xbf_io),
		.driver_data = queue,
	};
	return blk_mq_alloc_tag_set(tags);
}
