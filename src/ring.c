// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers on the shared ring: their validation, and ending requests. A request
 * takes as many slots as its data needs and ends once, when the last of them
 * is answered and its frames are taken back. Sending is in ring_send.c, how a ring
 * comes and goes in ring_life.c; what a request means, and what its outcome is
 * worth, is the queue's business.
 */
#include <linux/sched/mm.h>

#include "ring.h"

/* ---- Ending requests ---- */

/*
 * Take back what frames of @io can be taken back. Returns true when none is
 * left; otherwise goes on from there the next time. Under ring->lock.
 */
static bool end_grants(struct xbf_ring *ring, struct xbf_io *io)
{
	struct xbf_slot *slot = &ring->slots[io->first_slot];
	const struct xbf_grant *grant;

	for (; slot; slot = xbf_next_slot(ring, slot)) {
		while (slot->nr_grants) {
			grant = &slot->grants[slot->nr_grants - 1];
			if (!xbf_grant_end(&ring->refs, grant, true))
				return false;
			slot->nr_grants--;
		}
	}
	return true;
}

/* Leave the frames of @io to a backend that keeps them. Under ring->lock. */
static void abandon_grants(struct xbf_ring *ring, struct xbf_io *io)
{
	struct xbf_slot *slot = &ring->slots[io->first_slot];
	const struct xbf_grant *grant;
	unsigned int frames = 0;

	for (; slot; slot = xbf_next_slot(ring, slot)) {
		while (slot->nr_grants) {
			grant = &slot->grants[--slot->nr_grants];
			/*
			 * One may stand in a slot that was not read yet: it stays
			 * ours. Of answered ones the core need not say a line each.
			 */
			if (xbf_grant_end(&ring->refs, grant,
					  ring->refs.recalled))
				continue;
			xbf_grant_let_go(&ring->refs, grant);
			frames++;
		}
	}
	dev_err_ratelimited(&ring->xbdev->dev,
			    "backend keeps %u frames of a finished request mapped, expected none: %s\n",
			    frames, list_empty(&io->frames) ?
			    "memory is at risk" : "left to it");
	xbf_bounce_lose(&io->frames);
	xbf_bounce_lose(&io->tables);
}

/* Give the slots of @io back and move it to @done. Under ring->lock. */
static void retire(struct xbf_ring *ring, struct xbf_io *io,
		   struct list_head *done)
{
	struct xbf_slot *slot = &ring->slots[io->first_slot];
	struct xbf_slot *next;

	for (; slot; slot = next) {
		next = xbf_next_slot(ring, slot);
		slot->io = NULL;
		slot->on_ring = false;
		slot->next = ring->first_free;
		ring->first_free = slot - ring->slots;
		ring->nr_free++;
	}
	list_move_tail(&io->node, done);
}

/*
 * All slots of @io were answered: retire it, or park it while the backend still has
 * frames of it mapped (XSA-396). The core says a line each time that it does, so while
 * one is parked, others with frames are not asked but parked behind it. Under ring->lock.
 */
static void finish(struct xbf_ring *ring, struct xbf_io *io,
		   struct list_head *done)
{
	bool ask = list_empty(&ring->parked) ||
		   !ring->slots[io->first_slot].nr_grants;

	if (ask && end_grants(ring, io)) {
		retire(ring, io, done);
		return;
	}

	io->retries = XBF_PARK_RETRIES;
	list_move_tail(&io->node, &ring->parked);
	kthread_queue_delayed_work(ring->worker, &ring->park_work,
				   XBF_PARK_DELAY);
}

/**
 * xbf_ring_start_feeders() - let hardware queues go on that wait for slots
 * @ring: the ring
 *
 * Under ring->lock, which keeps them from being freed.
 */
void xbf_ring_start_feeders(struct xbf_ring *ring)
{
	struct xbf_feeder *feeder;

	ring->wanted = 0;
	list_for_each_entry(feeder, &ring->feeders, node)
		blk_mq_start_stopped_hw_queue(feeder->hctx, true);
}

/*
 * Let them go on when the slots that they wait for are there: not sooner, or
 * small requests would overtake a large one for ever. Under ring->lock.
 */
static void restart_feeders(struct xbf_ring *ring)
{
	if (ring->wanted && (ring->nr_free >= ring->claimed_slots + ring->wanted ||
			     ring->nr_free == ring->size))
		xbf_ring_start_feeders(ring);
}

/**
 * xbf_ring_put_frames() - give the frames of a request back
 * @ring: the ring
 * @io: the request; not on the ring
 *
 * Under ring->lock.
 */
void xbf_ring_put_frames(struct xbf_ring *ring, struct xbf_io *io)
{
	if (list_empty(&io->frames) && list_empty(&io->tables))
		return;
	xbf_bounce_put(&ring->bounce, &io->frames, &ring->refs);
	xbf_bounce_put(&ring->bounce, &io->tables, &ring->refs);
	queue_delayed_work(ring->wq, &ring->idle_work, XBF_BOUNCE_IDLE);
}

/* Retired requests get the data that was read into frames of our own. */
static void unpack(struct xbf_ring *ring, struct list_head *done)
{
	struct xbf_io *io;
	unsigned long flags;

	list_for_each_entry(io, done, node) {
		struct request *rq = blk_mq_rq_from_pdu(io);

		if (!list_empty(&io->frames) && req_op(rq) == REQ_OP_READ &&
		    io->join.worst == XBF_STATUS_OKAY)
			xbf_ring_copy(rq, &io->frames, true);
	}

	spin_lock_irqsave(&ring->lock, flags);
	list_for_each_entry(io, done, node)
		xbf_ring_put_frames(ring, io);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/*
 * Hand retired requests to the block layer. In the ring's thread, which
 * xbf_ring_suspend() waits for, or there; without ring->lock.
 */
static void complete_retired(struct xbf_ring *ring, struct list_head *done)
{
	struct xbf_io *io, *next;

	if (list_empty(done))
		return;
	unpack(ring, done);
	/*
	 * With one hardware queue, completion is handed to a softirq, which
	 * runs when bottom halves are enabled again instead of in ksoftirqd.
	 */
	local_bh_disable();
	list_for_each_entry_safe(io, next, done, node) {
		list_del(&io->node);
		blk_mq_complete_request(blk_mq_rq_from_pdu(io));
	}
	local_bh_enable();
}

/**
 * xbf_ring_park_work() - ask again for the frames of parked requests
 * @work: that of ring->park_work
 *
 * In the ring's thread, which does not stand still while the guest is made ready to be
 * saved: others wait for these requests then. A turn ends with the first refusal, for
 * which the core says a line; who is in its last turn is always asked.
 */
void xbf_ring_park_work(struct kthread_work *work)
{
	struct xbf_ring *ring = container_of(work, struct xbf_ring,
					     park_work.work);
	unsigned long flags, delay = XBF_PARK_DELAY;
	struct xbf_io *io, *next, *refused = NULL;
	unsigned int noio;
	bool last;
	LIST_HEAD(done);

	/* The core allocates for a frame that is given up; under RT, as in a thread. */
	noio = memalloc_noio_save();
	spin_lock_irqsave(&ring->lock, flags);
	list_for_each_entry_safe(io, next, &ring->parked, node) {
		last = !io->retries || !ring->patience;
		if ((last || !refused) && end_grants(ring, io)) {
			retire(ring, io, &done);
			continue;
		}
		if (!last) {
			io->retries--;
			refused = refused ?: io;
			continue;
		}
		abandon_grants(ring, io);
		io->join.worst = XBF_STATUS_ERROR;
		retire(ring, io, &done);
		xbf_ring_break(ring);
		/* The core says a line for each frame: enough for once. */
		delay = 0;
		break;
	}
	/* Another is asked first the next time. */
	if (refused)
		list_move_tail(&refused->node, &ring->parked);
	if (!list_empty(&ring->parked))
		kthread_queue_delayed_work(ring->worker, &ring->park_work,
					   delay);
	restart_feeders(ring);
	spin_unlock_irqrestore(&ring->lock, flags);
	memalloc_noio_restore(noio);

	complete_retired(ring, &done);
}

/**
 * xbf_ring_take_back() - take all requests off a ring that the backend has lost
 * @ring: the ring; nothing goes on in it any more
 * @again: gets those that were not answered
 *
 * Process context; takes ring->lock. The others are completed. The frames that the
 * old backend still has mapped, if it is there at all, are left to it.
 */
void xbf_ring_take_back(struct xbf_ring *ring, struct list_head *again)
{
	struct xbf_io *io, *next;
	unsigned long flags;
	LIST_HEAD(done);

	spin_lock_irqsave(&ring->lock, flags);
	list_for_each_entry_safe(io, next, &ring->in_flight, node) {
		/* References stand in them, in case the old backend is still there. */
		ring->refs.recalled = true;
		if (!end_grants(ring, io))
			abandon_grants(ring, io);
		xbf_ring_put_frames(ring, io);
		retire(ring, io, again);
		ring->stats.requeued_requests++;
	}
	list_for_each_entry_safe(io, next, &ring->parked, node) {
		if (!end_grants(ring, io))
			abandon_grants(ring, io);
		retire(ring, io, &done);
	}
	/* They may feed another ring after this. */
	xbf_ring_start_feeders(ring);
	spin_unlock_irqrestore(&ring->lock, flags);

	complete_retired(ring, &done);
}

/* ---- Answers ---- */

/*
 * Take in one answer, a private copy of it. Returns what is wrong with it, or
 * NULL. The number and the operation must be those of a slot that waits; the
 * status can be anything. Under ring->lock.
 */
static const char *take_response(struct xbf_ring *ring,
				 const struct blkif_response *rsp,
				 struct list_head *done)
{
	struct xbf_slot *slot;

	if (rsp->id >= ring->size)
		return "a slot number within the ring";
	slot = &ring->slots[rsp->id];
	if (!slot->on_ring)
		return "a slot that waits for an answer";
	if (rsp->operation != slot->operation)
		return "the operation that was asked for";

	slot->on_ring = false;
	if (xbf_join_slot(&slot->io->join, rsp->status))
		finish(ring, slot->io, done);
	return NULL;
}

/*
 * Take all answers there are. Bounded by what was sent. Returns how many;
 * breaks the ring at the first that cannot be true.
 */
static unsigned int take_responses(struct xbf_ring *ring,
				   struct list_head *done)
{
	RING_IDX first = ring->front.rsp_cons, prod;
	struct blkif_response rsp;
	const char *expected;
	int more = !ring->broken;

	while (more) {
		prod = READ_ONCE(ring->front.sring->rsp_prod);
		virt_rmb(); /* answers are read after their number */
		if (prod - ring->front.rsp_cons >
		    ring->pushed - ring->front.rsp_cons) {
			dev_err(&ring->xbdev->dev,
				"backend says rsp_prod %u, expected %u to %u: disk broken\n",
				prod, ring->front.rsp_cons, ring->pushed);
			xbf_ring_break(ring);
			break;
		}

		for (; ring->front.rsp_cons != prod; ring->front.rsp_cons++) {
			RING_COPY_RESPONSE(&ring->front, ring->front.rsp_cons,
					   &rsp);
			expected = take_response(ring, &rsp, done);
			if (!expected)
				continue;
			dev_err(&ring->xbdev->dev,
				"backend answers slot %llu operation %u status %d, expected %s: disk broken\n",
				rsp.id, rsp.operation, rsp.status, expected);
			xbf_ring_break(ring);
			return ring->front.rsp_cons - first;
		}
		RING_FINAL_CHECK_FOR_RESPONSES(&ring->front, more);
	}
	return ring->front.rsp_cons - first;
}

/**
 * xbf_ring_take_responses() - end the requests that were answered
 * @ring: the ring
 *
 * In the ring's thread; takes ring->lock. Returns whether there was any answer.
 */
bool xbf_ring_take_responses(struct xbf_ring *ring)
{
	unsigned long flags;
	unsigned int taken;
	LIST_HEAD(done);

	spin_lock_irqsave(&ring->lock, flags);
	taken = take_responses(ring, &done);
	restart_feeders(ring);
	spin_unlock_irqrestore(&ring->lock, flags);

	complete_retired(ring, &done);
	return taken;
}
