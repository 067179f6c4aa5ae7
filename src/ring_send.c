// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: how many slots and frames a request takes, and filling them. Its data
 * goes from where it lies, or is packed: copied to frames of our own, without
 * gaps. What comes back is in ring.c.
 */
#include <linux/bvec.h>
#include <xen/events.h>

#include "ring.h"

/**
 * struct plan - what a request takes of the ring
 * @operation: BLKIF_OP_*
 * @segments: grants of data
 * @slots: slots that carry those
 * @tables: such of them that have more segments than fit in: these are in a frame
 * @refs: grant references that are needed for all that
 * @packed: the data goes through frames of our own
 */
struct plan {
	u8 operation;
	unsigned int segments;
	unsigned int slots;
	unsigned int tables;
	unsigned int refs;
	bool packed;
};

/**
 * xbf_ring_copy() - copy between a request and the frames that it is packed in
 * @rq: the request
 * @frames: the frames, as many as it takes or more
 * @to_request: from the frames; otherwise to them
 *
 * Any context.
 */
void xbf_ring_copy(struct request *rq, struct list_head *frames,
		   bool to_request)
{
	struct bio_vec bvec, part;
	struct xbf_bounce *frame;
	struct req_iterator iter;
	unsigned int at = 0, done;

	frame = list_first_entry(frames, struct xbf_bounce, node);
	rq_for_each_segment(bvec, rq, iter) {
		part = bvec;
		for (done = 0; done < bvec.bv_len; done += part.bv_len) {
			part.bv_offset = bvec.bv_offset + done;
			part.bv_len = min(bvec.bv_len - done,
					  XBF_FRAME_SIZE - at);
			if (to_request)
				memcpy_to_bvec(&part, frame->memory + at);
			else
				memcpy_from_bvec(frame->memory + at, &part);
			at += part.bv_len;
			if (at == XBF_FRAME_SIZE) {
				frame = list_next_entry(frame, node);
				at = 0;
			}
		}
	}
}

/* How many segments slot number @nr of a request carries. */
static unsigned int segments_of(const struct xbf_ring *ring,
				const struct plan *plan, unsigned int nr)
{
	return min(plan->segments - nr * ring->path.slot_segments,
		   ring->path.slot_segments);
}

/*
 * Count what @rq takes, whatever limits it was built under. Returns 0, or -EIO, with
 * a line, when it cannot be sent. Under ring->lock.
 */
static int make_plan(struct xbf_ring *ring, struct request *rq,
		     struct plan *plan)
{
	unsigned int bytes = blk_rq_bytes(rq), last;
	const struct xbf_path *path = &ring->path;
	struct req_iterator iter;
	struct xbf_split split;
	struct bio_vec bvec;

	xbf_split_start(&split, path->sector_size, path->slot_segments);
	if (!path->packs) {
		rq_for_each_segment(bvec, rq, iter)
			xbf_split_count(&split, bvec_phys(&bvec), bvec.bv_len);
		plan->slots = xbf_split_slots(&split);
	}
	plan->packed = path->packs || split.fault != XBF_SPLIT_OK;
	if (plan->packed) {
		/* Frames of our own, one after the other. */
		xbf_split_start(&split, path->sector_size, path->slot_segments);
		xbf_split_count(&split, 0, bytes);
		plan->slots = xbf_split_slots(&split);
	}
	plan->segments = split.segments;
	if (split.fault != XBF_SPLIT_OK || !plan->segments ||
	    plan->segments > XBF_REQUEST_SEGMENTS ||
	    blk_rq_pos(rq) & (path->sector_size / XBF_SECTOR_SIZE - 1)) {
		dev_err_ratelimited(&ring->xbdev->dev,
				    "request of %u bytes at sector %llu in %u segments, expected sectors of %u bytes and at most %u segments: failed\n",
				    bytes, (u64)blk_rq_pos(rq), plan->segments,
				    path->sector_size, XBF_REQUEST_SEGMENTS);
		return -EIO;
	}

	/* All are full but the last. */
	plan->tables = 0;
	last = segments_of(ring, plan, plan->slots - 1);
	if (path->slot_segments > XBF_SLOT_SEGMENTS)
		plan->tables = plan->slots - 1 + (last > XBF_SLOT_SEGMENTS);
	return 0;
}

/*
 * Take a slot and a ring entry for a part of @rq; there is one. Returns the entry,
 * to be written member by member, so that its padding stays what the backend has
 * seen, and the slot. Under ring->lock.
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
	return req;
}

/* A request without data: a flush has no place, and a discard only that. */
static void fill_bare_slot(struct xbf_ring *ring, struct request *rq,
			   u8 operation, const struct xbf_range *range)
{
	struct blkif_request *req;
	struct xbf_slot *slot;

	req = start_slot(ring, rq, operation, NULL, &slot);
	req->operation = operation;
	if (operation == BLKIF_OP_DISCARD) {
		req->u.discard.flag = range->secure ? BLKIF_DISCARD_SECURE : 0;
		req->u.discard.id = slot - ring->slots;
		req->u.discard.sector_number = range->sector;
		req->u.discard.nr_sectors = range->sectors;
	} else {
		req->u.rw.nr_segments = 0;
		req->u.rw.handle = ring->handle;
		req->u.rw.id = slot - ring->slots;
		req->u.rw.sector_number = 0;
	}
}

/* Grant a frame for as long as the request takes. Under ring->lock. */
static grant_ref_t grant_once(struct xbf_ring *ring, struct xbf_slot *slot,
			      u64 frame, bool readonly)
{
	struct xbf_grant *grant = &slot->grants[slot->nr_grants++];

	xbf_grant_give(&ring->refs, grant, ring->xbdev->otherend_id, frame,
		       readonly);
	return grant->ref;
}

/* Let the backend have a frame of our own. Under ring->lock. */
static grant_ref_t grant_bounce(struct xbf_ring *ring, struct xbf_slot *slot,
				struct xbf_bounce *frame, bool readonly)
{
	if (!ring->path.persistent)
		return grant_once(ring, slot, frame->grant.frame, readonly);
	xbf_bounce_grant(&ring->bounce, frame, &ring->refs,
			 ring->xbdev->otherend_id);
	return frame->grant.ref;
}

/**
 * struct filling - how far a request is in its slots
 * @slot: the slot that was begun last
 * @segs: where its segments go
 * @frame: the frame of our own that comes next, if it is packed
 * @table: the same for those that hold segments
 */
struct filling {
	struct xbf_slot *slot;
	struct blkif_request_segment *segs;
	struct xbf_bounce *frame;
	struct xbf_bounce *table;
};

/* Begin with the slot that @seg is the first segment of. Under ring->lock. */
static void next_slot(struct xbf_ring *ring, struct request *rq,
		      const struct plan *plan, const struct xbf_segment *seg,
		      struct filling *filling)
{
	u64 sector = blk_rq_pos(rq) + (seg->offset >> SECTOR_SHIFT);
	unsigned int segments = segments_of(ring, plan, seg->slot);
	struct blkif_request *req;
	struct xbf_bounce *table;

	req = start_slot(ring, rq, plan->operation, filling->slot,
			 &filling->slot);
	if (segments <= XBF_SLOT_SEGMENTS) {
		req->operation = plan->operation;
		req->u.rw.nr_segments = segments;
		req->u.rw.handle = ring->handle;
		req->u.rw.id = filling->slot - ring->slots;
		req->u.rw.sector_number = sector;
		filling->segs = req->u.rw.seg;
		return;
	}

	table = filling->table;
	filling->table = list_next_entry(table, node);
	req->operation = BLKIF_OP_INDIRECT;
	req->u.indirect.indirect_op = plan->operation;
	req->u.indirect.nr_segments = segments;
	req->u.indirect.id = filling->slot - ring->slots;
	req->u.indirect.sector_number = sector;
	req->u.indirect.handle = ring->handle;
	req->u.indirect.indirect_grefs[0] =
		grant_bounce(ring, filling->slot, table, true);
	filling->segs = table->memory;
	ring->stats.indirect_slots++;
}

/*
 * Grant one segment and enter it in the slot that was begun last, or in a new one
 * where the split says so. What is shared is only written, never read back. Under
 * ring->lock.
 */
static void add_segment(struct xbf_ring *ring, struct request *rq,
			const struct plan *plan, const struct xbf_segment *seg,
			struct filling *filling)
{
	bool readonly = plan->operation != BLKIF_OP_READ;
	struct blkif_request_segment *to;

	if (seg->place == 0)
		next_slot(ring, rq, plan, seg, filling);

	to = &filling->segs[seg->place];
	if (plan->packed) {
		to->gref = grant_bounce(ring, filling->slot, filling->frame,
					readonly);
		filling->frame = list_next_entry(filling->frame, node);
	} else {
		to->gref = grant_once(ring, filling->slot, seg->frame,
				      readonly);
	}
	to->first_sect = seg->first_sect;
	to->last_sect = seg->last_sect;
}

/* Deal the data of @rq out to slots; enough are free. Under ring->lock. */
static void fill_slots(struct xbf_ring *ring, struct request *rq,
		       const struct plan *plan)
{
	struct xbf_io *io = blk_mq_rq_to_pdu(rq);
	struct filling filling = {
		.frame = list_first_entry(&io->frames, struct xbf_bounce, node),
		.table = list_first_entry(&io->tables, struct xbf_bounce, node),
	};
	struct req_iterator iter;
	struct xbf_segment seg;
	struct xbf_split split;
	struct bio_vec bvec;

	xbf_split_start(&split, ring->path.sector_size,
			ring->path.slot_segments);
	if (plan->packed) {
		xbf_split_piece(&split, 0, blk_rq_bytes(rq));
		while (xbf_split_next(&split, &seg))
			add_segment(ring, rq, plan, &seg, &filling);
	} else {
		rq_for_each_segment(bvec, rq, iter) {
			xbf_split_piece(&split, bvec_phys(&bvec), bvec.bv_len);
			while (xbf_split_next(&split, &seg))
				add_segment(ring, rq, plan, &seg, &filling);
		}
	}
	if (xbf_split_last(&split, &seg))
		add_segment(ring, rq, plan, &seg, &filling);
}

/*
 * Get all that sending takes besides slots. Returns 0, or -ENOMEM with nothing
 * taken. Under ring->lock.
 */
static int take_frames(struct xbf_ring *ring, struct xbf_io *io,
		       struct plan *plan)
{
	unsigned int frames = plan->packed ? plan->segments : 0;

	/* Whoever writes in order to free memory gets by with what is set aside. */
	if (xbf_bounce_reserve(&ring->bounce, frames + plan->tables,
			       GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC))
		return -ENOMEM;
	plan->refs = plan->packed ? 0 : plan->segments;
	plan->refs += xbf_bounce_take(&ring->bounce, frames, &io->frames);
	plan->refs += xbf_bounce_take(&ring->bounce, plan->tables, &io->tables);
	if (!xbf_grant_pool_reserve(&ring->refs,
				    ring->claimed_refs + plan->refs))
		return 0;
	xbf_ring_put_frames(ring, io);
	return -ENOMEM;
}

/*
 * Copy what is to be written while others may use the ring: answers need not wait
 * for this. What was checked to be there is kept for it. Under ring->lock, which is
 * given up for the time.
 */
static void copy_unlocked(struct xbf_ring *ring, struct request *rq,
			  const struct plan *plan, unsigned long *flags)
	__must_hold(&ring->lock)
{
	struct xbf_io *io = blk_mq_rq_to_pdu(rq);

	ring->claimed_slots += plan->slots;
	ring->claimed_refs += plan->refs;
	spin_unlock_irqrestore(&ring->lock, *flags);
	xbf_ring_copy(rq, &io->frames, false);
	spin_lock_irqsave(&ring->lock, *flags);
	ring->claimed_slots -= plan->slots;
	ring->claimed_refs -= plan->refs;
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

/* Returns 0 if requests are taken, or what xbf_ring_submit() does. Under ring->lock. */
static int check_state(const struct xbf_ring *ring)
{
	if (ring->held)
		return -ENOMEM;
	return ring->broken ? -EIO : 0;
}

/* Returns 0 if @slots can be had, or what xbf_ring_submit() does. Under ring->lock. */
static int check_slots(struct xbf_ring *ring, struct xbf_feeder *feeder,
		       unsigned int slots)
{
	if (ring->claimed_slots + slots <= ring->nr_free && !ring->wanted)
		return 0;

	ring->wanted = max_t(u16, ring->wanted, slots);
	blk_mq_stop_hw_queue(feeder->hctx);
	/* Nothing else may come to show what was prepared before. */
	push_locked(ring);
	/*
	 * It may be started before the request is back on its list. One of its own
	 * that ends then has it run again; without any, as with several at one ring,
	 * it has to look again by itself.
	 */
	return list_is_singular(&ring->feeders) ? -EBUSY : -ENOMEM;
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
 * memory or grant references, which it never is with nothing in flight; -EIO when
 * the ring is broken or the request cannot be expressed.
 */
int xbf_ring_submit(struct xbf_feeder *feeder, struct request *rq,
		    u8 operation, const struct xbf_range *range)
{
	bool data = operation == BLKIF_OP_READ || operation == BLKIF_OP_WRITE;
	struct plan plan = { .operation = operation, .slots = 1 };
	struct xbf_io *io = blk_mq_rq_to_pdu(rq);
	struct xbf_ring *ring = feeder->ring;
	unsigned long flags;
	int err;

	INIT_LIST_HEAD(&io->frames);
	INIT_LIST_HEAD(&io->tables);
	spin_lock_irqsave(&ring->lock, flags);
	err = check_state(ring);
	if (!err && data)
		err = make_plan(ring, rq, &plan);
	if (!err)
		err = check_slots(ring, feeder, plan.slots);
	if (!err)
		err = take_frames(ring, io, &plan);
	if (!err && plan.packed && operation == BLKIF_OP_WRITE) {
		copy_unlocked(ring, rq, &plan, &flags);
		err = check_state(ring);
		if (err)
			xbf_ring_put_frames(ring, io);
	}
	if (!err) {
		io->operation = operation;
		xbf_join_start(&io->join, plan.slots);
		list_add_tail(&io->node, &ring->in_flight);
		if (data)
			fill_slots(ring, rq, &plan);
		else
			fill_bare_slot(ring, rq, operation, range);
		ring->stats.requests++;
		ring->stats.split_requests += plan.slots > 1;
		ring->stats.packed_requests += plan.packed;
		ring->stats.slots += plan.slots;
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
