// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic on the shared ring: slots, sending, answers and their validation.
 * A request takes as many slots as its memory needs and ends once, when the
 * last of them is answered and its frames are taken back. How a ring comes and
 * goes is in ring_life.c; what a request means, and what its outcome is worth, is
 * the queue's business.
 */
#include <linux/sched/mm.h>
#include <xen/events.h>

#include "ring.h"

/* ---- Ending requests ---- */

/*
 * Take back what frames of @io can be taken back. Returns true when none is
 * left; otherwise goes on from there the next time. Under ring->lock.
 */
static bool end_grants(struct xbf_ring *ring, struct xbf_io *io)
{
	struct xbf_slot *slot = &ring->slots[io->first_slot];

	for (; slot; slot = xbf_next_slot(ring, slot)) {
		while (slot->nr_grants) {
			if (!xbf_grant_end(&ring->refs,
					   &slot->grants[slot->nr_grants - 1]))
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
	unsigned int frames = 0;

	for (; slot; slot = xbf_next_slot(ring, slot)) {
		while (slot->nr_grants) {
			slot->nr_grants--;
			frames++;
			xbf_grant_let_go(&ring->refs,
					 &slot->grants[slot->nr_grants]);
		}
	}
	dev_err_ratelimited(&ring->xbdev->dev,
			    "backend keeps %u frames of a finished request mapped, expected none: memory is at risk\n",
			    frames);
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
 * frames of it mapped (XSA-396). Under ring->lock.
 */
static void finish(struct xbf_ring *ring, struct xbf_io *io,
		   struct list_head *done)
{
	if (end_grants(ring, io)) {
		retire(ring, io, done);
		return;
	}

	io->retries = ring->patience ? XBF_PARK_RETRIES : 0;
	list_move_tail(&io->node, &ring->parked);
	queue_delayed_work(ring->wq, &ring->park_work,
			   io->retries ? XBF_PARK_DELAY : 0);
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
	if (ring->wanted && (ring->nr_free >= ring->wanted ||
			     ring->nr_free == ring->size))
		xbf_ring_start_feeders(ring);
}

/*
 * Hand retired requests to the block layer. Thread or process context, without
 * ring->lock.
 */
static void complete_retired(struct list_head *done)
{
	struct xbf_io *io, *next;

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
 * @work: ring->park_work
 */
void xbf_ring_park_work(struct work_struct *work)
{
	struct xbf_ring *ring = container_of(to_delayed_work(work),
					     struct xbf_ring, park_work);
	struct xbf_io *io, *next;
	unsigned long flags;
	unsigned int noio;
	LIST_HEAD(done);

	/* The core allocates for a frame that is given up; under RT, as in a thread. */
	noio = memalloc_noio_save();
	spin_lock_irqsave(&ring->lock, flags);
	list_for_each_entry_safe(io, next, &ring->parked, node) {
		if (end_grants(ring, io)) {
			retire(ring, io, &done);
		} else if (!io->retries || !ring->patience) {
			abandon_grants(ring, io);
			io->join.worst = XBF_STATUS_ERROR;
			retire(ring, io, &done);
			xbf_ring_break(ring);
		} else {
			io->retries--;
		}
	}
	if (!list_empty(&ring->parked))
		queue_delayed_work(ring->wq, &ring->park_work,
				   XBF_PARK_DELAY);
	restart_feeders(ring);
	spin_unlock_irqrestore(&ring->lock, flags);
	memalloc_noio_restore(noio);

	complete_retired(&done);
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
		if (!end_grants(ring, io))
			abandon_grants(ring, io);
		retire(ring, io, again);
		/* References stand in them, in case the old backend is still there. */
		ring->recalled = true;
	}
	list_for_each_entry_safe(io, next, &ring->parked, node) {
		if (!end_grants(ring, io))
			abandon_grants(ring, io);
		retire(ring, io, &done);
	}
	/* They may feed another ring after this. */
	xbf_ring_start_feeders(ring);
	spin_unlock_irqrestore(&ring->lock, flags);

	complete_retired(&done);
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
 * Thread or process context; takes ring->lock. Returns whether there was any
 * answer.
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

	complete_retired(&done);
	return taken;
}

/* ---- Sending ---- */

/*
 * Take a slot and a ring entry for a part of @rq; there is one. Returns the entry
 * with all that its forms have in common, and the slot. Under ring->lock.
 */
static struct blkif_request *start_slot(struct xbf_ring *ring,
					struct request *rq, u8 operation,
					struct xbf_slot *previous,
					struct xbf_slot **slot)
{
	struct xbf_io *io = blk_mq_rq_to_pdu(rq);
	struct blkif_request *req;
	u16 nr = ring->first_free;

	*slot = &ring->slots[nr];
	ring->first_free = (*slot)->next;
	ring->nr_free--;
	if (previous)
		previous->next = nr;
	else
		io->first_slot = nr;
	(*slot)->io = io;
	(*slot)->next = XBF_NO_SLOT;
	(*slot)->operation = operation;
	(*slot)->on_ring = true;
	(*slot)->nr_grants = 0;

	req = RING_GET_REQUEST(&ring->front, ring->front.req_prod_pvt);
	ring->front.req_prod_pvt++;
	req->operation = operation;
	/* Where a discard has its flags. */
	req->u.rw.nr_segments = 0;
	req->u.rw.handle = ring->handle;
	req->u.rw.id = nr;
	return req;
}

/* A request without data: a flush has no place, and a discard only that. */
static void fill_bare_slot(struct xbf_ring *ring, struct request *rq,
			   u8 operation, const struct xbf_range *range)
{
	struct blkif_request *req;
	struct xbf_slot *slot;

	req = start_slot(ring, rq, operation, NULL, &slot);
	req->u.rw.sector_number = range->sector;
	if (operation == BLKIF_OP_DISCARD) {
		req->u.discard.flag = range->secure ? BLKIF_DISCARD_SECURE : 0;
		req->u.discard.nr_sectors = range->sectors;
	}
}

/*
 * Grant one segment and enter it in the ring entry that was begun last, or in a
 * new one where the split says so. The shared entry is only written, never read
 * back. Returns the slot. Under ring->lock.
 */
static struct xbf_slot *add_segment(struct xbf_ring *ring, struct request *rq,
				    struct xbf_slot *slot,
				    const struct xbf_segment *seg, u8 operation)
{
	struct blkif_request *req;
	struct xbf_grant *grant;

	if (seg->place == 0) {
		req = start_slot(ring, rq, operation, slot, &slot);
		req->u.rw.sector_number = blk_rq_pos(rq) +
			(seg->offset >> SECTOR_SHIFT);
	}

	grant = &slot->grants[seg->place];
	xbf_grant_give(&ring->refs, grant, ring->xbdev->otherend_id, seg->frame,
		       operation != BLKIF_OP_READ);
	slot->nr_grants++;

	req = RING_GET_REQUEST(&ring->front, ring->front.req_prod_pvt - 1);
	/* Member by member: its padding stays what the backend has seen. */
	req->u.rw.seg[seg->place].gref = grant->ref;
	req->u.rw.seg[seg->place].first_sect = seg->first_sect;
	req->u.rw.seg[seg->place].last_sect = seg->last_sect;
	req->u.rw.nr_segments = slot->nr_grants;
	return slot;
}

/* Deal the memory of @rq out to slots; enough are free. Under ring->lock. */
static void fill_slots(struct xbf_ring *ring, struct request *rq, u8 operation)
{
	struct xbf_slot *slot = NULL;
	struct req_iterator iter;
	struct xbf_segment seg;
	struct xbf_split split;
	struct bio_vec bvec;

	xbf_split_start(&split, ring->sector_size, XBF_SLOT_SEGMENTS);
	rq_for_each_segment(bvec, rq, iter) {
		xbf_split_piece(&split, bvec_phys(&bvec), bvec.bv_len);
		while (xbf_split_next(&split, &seg))
			slot = add_segment(ring, rq, slot, &seg, operation);
	}
	if (xbf_split_last(&split, &seg))
		add_segment(ring, rq, slot, &seg, operation);
}

/*
 * How many slots and @segments @rq takes, counted, whatever limits it was built
 * under. Returns 0 when it cannot be sent as it lies, with a line.
 */
static unsigned int count_slots(struct xbf_ring *ring, struct request *rq,
				unsigned int *segments)
{
	struct req_iterator iter;
	struct xbf_split split;
	struct bio_vec bvec;
	unsigned int slots;

	xbf_split_start(&split, ring->sector_size, XBF_SLOT_SEGMENTS);
	rq_for_each_segment(bvec, rq, iter)
		xbf_split_count(&split, bvec_phys(&bvec), bvec.bv_len);
	slots = xbf_split_slots(&split);
	*segments = split.segments;

	if (split.fault == XBF_SPLIT_OK && slots > 0 &&
	    slots <= XBF_REQUEST_SLOTS)
		return slots;
	dev_err_ratelimited(&ring->xbdev->dev,
			    "request of %u bytes in %u segments, expected pieces aligned to %u bytes and at most %u segments: failed\n",
			    blk_rq_bytes(rq), split.segments,
			    split.fault == XBF_SPLIT_MISALIGNED ?
			    XBF_SECTOR_SIZE : ring->sector_size,
			    XBF_REQUEST_SLOTS * XBF_SLOT_SEGMENTS);
	return 0;
}

/*
 * Show the backend what was prepared, and tell it. Under ring->lock, which keeps
 * the interrupt bound: not all kernels survive a notification by one that is not.
 */
static void push_locked(struct xbf_ring *ring)
{
	int notify;

	if (ring->broken || ring->pushed == ring->front.req_prod_pvt)
		return;
	ring->pushed = ring->front.req_prod_pvt;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring->front, notify);
	if (notify && ring->irq)
		notify_remote_via_irq(ring->irq);
}

/**
 * xbf_ring_submit() - put a request on the ring
 * @feeder: the hardware queue that it comes from
 * @rq: a started request; its payload is a struct xbf_io
 * @operation: BLKIF_OP_READ or _WRITE with data, or one without data
 * @range: for one without data: what part of the disk it is about, if any
 *
 * All or nothing. The backend sees it at the next xbf_ring_push().
 * Any context; takes ring->lock.
 *
 * Returns 0; -EBUSY when slots are missing: the hardware queue is stopped, and
 * started again when they are there; -ENOMEM to try again soon: the same with
 * several hardware queues at this ring, or it is held, or the guest is short of
 * grant references, which it never is with nothing in flight; -EIO when the ring
 * is broken or the request cannot be expressed.
 */
int xbf_ring_submit(struct xbf_feeder *feeder, struct request *rq,
		    u8 operation, const struct xbf_range *range)
{
	bool data = operation == BLKIF_OP_READ || operation == BLKIF_OP_WRITE;
	struct xbf_io *io = blk_mq_rq_to_pdu(rq);
	struct xbf_ring *ring = feeder->ring;
	unsigned int slots = 1, segments = 0;
	unsigned long flags;
	int err = 0;

	if (data) {
		slots = count_slots(ring, rq, &segments);
		if (!slots)
			return -EIO;
	}

	spin_lock_irqsave(&ring->lock, flags);
	if (ring->held) {
		err = -ENOMEM;
	} else if (ring->broken) {
		err = -EIO;
	} else if (slots > ring->nr_free || ring->wanted) {
		ring->wanted = max_t(u16, ring->wanted, slots);
		blk_mq_stop_hw_queue(feeder->hctx);
		/* Nothing else may come to show what was prepared before. */
		push_locked(ring);
		/*
		 * It may be started before @rq is back on its list. One of its own
		 * requests that ends then has it run again; without any, as with
		 * several at one ring, it has to look again by itself.
		 */
		err = list_is_singular(&ring->feeders) ? -EBUSY : -ENOMEM;
	} else if (xbf_grant_pool_reserve(&ring->refs, segments)) {
		err = -ENOMEM;
	} else {
		xbf_join_start(&io->join, slots);
		list_add_tail(&io->node, &ring->in_flight);
		if (data)
			fill_slots(ring, rq, operation);
		else
			fill_bare_slot(ring, rq, operation, range);
		ring->stats.requests++;
		ring->stats.split_requests += slots > 1;
		ring->stats.slots += slots;
	}
	spin_unlock_irqrestore(&ring->lock, flags);
	return err;
}

/**
 * xbf_ring_feed() - say that a hardware queue feeds the ring
 * @ring: the ring
 * @feeder: feeds no ring, or another one with the queue quiesced
 *
 * Process context; takes ring->lock.
 */
void xbf_ring_feed(struct xbf_ring *ring, struct xbf_feeder *feeder)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	feeder->ring = ring;
	list_add(&feeder->node, &ring->feeders);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * xbf_ring_starve() - say that a hardware queue feeds its ring no more
 * @feeder: the hardware queue
 *
 * Process context; takes ring->lock.
 */
void xbf_ring_starve(struct xbf_feeder *feeder)
{
	struct xbf_ring *ring = feeder->ring;
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	list_del(&feeder->node);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * xbf_ring_push() - show the backend what was submitted
 * @ring: the ring
 *
 * Any context; takes ring->lock. Once a batch is enough.
 */
void xbf_ring_push(struct xbf_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	push_locked(ring);
	spin_unlock_irqrestore(&ring->lock, flags);
}
