/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_RING_H
#define XBF_RING_H

#include <linux/blk-mq.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <xen/interface/io/blkif.h>
#include <xen/xenbus.h>

#include "bounce.h"
#include "grant.h"
#include "split.h"
#include "stats.h"

/*
 * The most slots that one request may take: those of a ring of one frame, so
 * that every ring carries every request.
 */
#define XBF_REQUEST_SLOTS	\
	((unsigned int)__CONST_RING_SIZE(blkif, XBF_FRAME_SIZE))

/* The most segments that one may have, so that plain slots carry them too. */
#define XBF_REQUEST_SEGMENTS	(XBF_REQUEST_SLOTS * XBF_SLOT_SEGMENTS)

/* Frames of a ring, as a power of two (blkif.h: ring-page-order). */
#define XBF_RING_MAX_ORDER	4

/*
 * A frame that is still mapped when its request has ended is asked for this often,
 * this far apart. The core writes a line for each refusal, hence few.
 */
#define XBF_PARK_RETRIES	10
#define XBF_PARK_DELAY		(HZ / 2)

/*
 * Frames of our own that were not used for this long are given back. xen-blkback
 * unmaps them after 60 s.
 */
#define XBF_BOUNCE_IDLE		(90 * HZ)

/* No slot: ends a chain of slots. */
#define XBF_NO_SLOT	0xffff

/**
 * struct xbf_io - the driver's part of a block request (blk-mq payload)
 * @ring: the ring it goes to
 * @node: in the ring's list of requests in flight, or of parked ones
 * @join: the slots still out and the worst answer
 * @frames: what it is packed in; empty when the backend has the request's own memory
 * @tables: frames with segments of indirect slots
 * @first_slot: number of its first slot; the others follow by xbf_slot.next
 * @operation: BLKIF_OP_* that it was sent as
 * @retries: how often taking its frames back may still be tried while parked
 */
struct xbf_io {
	struct xbf_ring *ring;
	struct list_head node;
	struct xbf_join join;
	struct list_head frames;
	struct list_head tables;
	u16 first_slot;
	u8 operation;
	u8 retries;
};

/**
 * struct xbf_path - how data gets to a backend
 * @sector_size: the disk's, in bytes
 * @slot_segments: segments that a slot carries; more than fit in are indirect
 * @request_segments: those of the largest request that may come, also of one that
 *	was made under older limits, at most XBF_REQUEST_SEGMENTS
 * @packs: all of it goes through frames of our own
 * @persistent: which stay granted
 */
struct xbf_path {
	u32 sector_size;
	unsigned int slot_segments;
	unsigned int request_segments;
	bool packs;
	bool persistent;
};

/**
 * struct xbf_range - a part of the disk, for requests without data
 * @sector: where it begins, in sectors of 512 bytes
 * @sectors: how many
 * @secure: it must not be readable afterwards
 */
struct xbf_range {
	u64 sector;
	u64 sectors;
	bool secure;
};

/**
 * struct xbf_feeder - a hardware queue and the ring that it feeds
 * @node: in the ring's list
 * @hctx: the hardware queue; NULL: none
 * @ring: the ring; changes only while the queue is quiesced
 */
struct xbf_feeder {
	struct list_head node;
	struct blk_mq_hw_ctx *hctx;
	struct xbf_ring *ring;
};

/**
 * struct xbf_slot - one entry of the shared ring, as the driver remembers it
 * @io: the request it belongs to
 * @next: number of the next slot of that request, or of the next free slot
 * @operation: BLKIF_OP_* that was sent, directly or as an indirect one
 * @on_ring: sent, and not answered yet
 * @nr_grants: how many of @grants are not taken back yet
 * @grants: what was granted for this request alone
 */
struct xbf_slot {
	struct xbf_io *io;
	u16 next;
	u8 operation;
	bool on_ring;
	u16 nr_grants;
	struct xbf_grant *grants;
};

/**
 * struct xbf_ring - one shared ring and its event channel
 * @xbdev: the device, for messages and the backend's domain
 * @wq: where @idle_work and @report_work run; they never wait for a backend
 * @report_work: queued when the backend broke the protocol
 * @path: how data goes; as long as it is connected
 * @handle: the device's number in every request
 * @evtchn: event channel port
 * @irq: its interrupt; 0: none; once open, under @lock
 * @event_irq: the same, for the thread to say that it has seen the event
 * @worker: the thread that takes in answers; made once, as resume cannot wait for
 *	memory to make another
 * @event_work: what it does
 * @check_work: the same when no event has come for long
 * @memory: what the backend and we share; NULL: none
 * @memory_order: it has 1 << @memory_order frames
 * @order: of which 1 << @order are in use
 * @size: slots in those
 * @shared: the backend can reach them
 * @shared_grants: how
 * @lock: protects all that follows; nothing sleeps under it
 * @feeders: the hardware queues that feed this ring
 * @front: indices of the ring
 * @pushed: req_prod as last published; the shared copy may lie
 * @slots: as many as @memory has
 * @grants: those of all slots
 * @slot_room: segments that a slot has room for there
 * @first_free: number of the first free slot
 * @nr_free: how many are free
 * @claimed_slots: of these, those for requests that are being prepared
 * @claimed_refs: the same of @refs
 * @wanted: slots that stopped hardware queues wait for; 0: none is stopped
 * @refs: references for the ring and for what is on it
 * @bounce: frames of our own
 * @idle_work: gives back those that are not used
 * @broken: takes no more requests
 * @held: nor does it refuse them: there will be a new backend
 * @patience: parked requests are given up at once when false
 * @in_flight: requests with slots on the ring
 * @parked: answered requests that the backend still has mapped
 * @park_work: tries to take their frames back
 * @stats: what went over it
 */
struct xbf_ring {
	struct xenbus_device *xbdev;
	struct workqueue_struct *wq;
	struct work_struct *report_work;
	struct xbf_path path;
	u16 handle;
	evtchn_port_t evtchn;
	int irq;
	int event_irq;
	struct kthread_worker *worker;
	struct kthread_work event_work;
	struct kthread_work check_work;
	void *memory;
	unsigned int memory_order;
	unsigned int order;
	unsigned int size;
	bool shared;
	struct xbf_grant shared_grants[1 << XBF_RING_MAX_ORDER];

	spinlock_t lock; /* for all below */
	struct list_head feeders;
	struct blkif_front_ring front;
	RING_IDX pushed;
	struct xbf_slot *slots;
	struct xbf_grant *grants;
	unsigned int slot_room;
	u16 first_free;
	u16 nr_free;
	u16 claimed_slots;
	unsigned int claimed_refs;
	u16 wanted;
	struct xbf_grant_pool refs;
	struct xbf_bounce_pool bounce;
	struct delayed_work idle_work;
	bool broken;
	bool held;
	bool patience;
	struct list_head in_flight;
	struct list_head parked;
	struct kthread_delayed_work park_work;
	struct xbf_stats stats;
};

/* The slot after @slot in its request; NULL after the last one. */
static inline struct xbf_slot *xbf_next_slot(struct xbf_ring *ring,
					     const struct xbf_slot *slot)
{
	return slot->next == XBF_NO_SLOT ? NULL : &ring->slots[slot->next];
}

/* Take no more requests, and have the device told why. Under ring->lock. */
static inline void xbf_ring_break(struct xbf_ring *ring)
{
	if (ring->broken)
		return;
	/* First, as that work looks at it without the lock. */
	WRITE_ONCE(ring->broken, true);
	queue_work(ring->wq, ring->report_work);
}

/* ring_life.c */
void xbf_ring_init(struct xbf_ring *ring, struct xenbus_device *xbdev,
		   u16 handle, struct workqueue_struct *wq,
		   struct work_struct *report_work, unsigned int order);
void xbf_ring_forget(struct xbf_ring *ring);
int xbf_ring_open(struct xbf_ring *ring, unsigned int order);
int xbf_ring_connect(struct xbf_ring *ring, const struct xbf_path *path);
void xbf_ring_hold(struct xbf_ring *ring);
void xbf_ring_suspend(struct xbf_ring *ring, struct list_head *again);
void xbf_ring_release(struct xbf_ring *ring);
void xbf_ring_fail(struct xbf_ring *ring, bool patience);
void xbf_ring_close(struct xbf_ring *ring, bool backend_closed);
void xbf_ring_check(struct xbf_ring *ring);
void xbf_ring_look(struct xbf_ring *ring);

/* ring_send.c, for the queue */
void xbf_ring_feed(struct xbf_ring *ring, struct xbf_feeder *feeder);
void xbf_ring_starve(struct xbf_feeder *feeder);
int xbf_ring_submit(struct xbf_feeder *feeder, struct request *rq,
		    u8 operation, const struct xbf_range *range);
void xbf_ring_push(struct xbf_ring *ring);

/* ring_send.c, for ring.c */
void xbf_ring_copy(struct request *rq, struct list_head *frames,
		   bool to_request);

/* ring.c, for ring_send.c */
void xbf_ring_put_frames(struct xbf_ring *ring, struct xbf_io *io);

/* ring.c, for ring_life.c */
bool xbf_ring_take_responses(struct xbf_ring *ring);
void xbf_ring_take_back(struct xbf_ring *ring, struct list_head *again);
void xbf_ring_start_feeders(struct xbf_ring *ring);
void xbf_ring_park_work(struct kthread_work *work);

#endif /* XBF_RING_H */
