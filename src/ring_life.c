// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a ring comes and goes: its memory, its event channel and interrupt, ending
 * all that is on it, and finding out whether the other end is still there.
 */
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/interface/event_channel.h>
#include <asm/xen/hypercall.h>

#include "ring.h"

/* A thread of its own: taking frames back and completing is too much for hard irq. */
static irqreturn_t ring_interrupt(int irq, void *data)
{
	struct xbf_ring *ring = data;
	bool any = xbf_ring_take_responses(ring);

	xen_irq_lateeoi(irq, any ? 0 : XEN_EOI_FLAG_SPURIOUS);
	return IRQ_HANDLED;
}

/**
 * xbf_ring_check() - find out why nothing has come for long
 * @ring: the ring
 *
 * Nothing in xenstore tells of a backend that was killed, but its end of the
 * event channel is gone: the ring is broken then. Otherwise an event may have
 * been lost in either direction: take the answers there are and notify again.
 * Process context; takes ring->lock.
 */
void xbf_ring_check(struct xbf_ring *ring)
{
	struct evtchn_status status = {
		.dom = DOMID_SELF,
		.port = ring->evtchn,
	};
	unsigned long flags;

	if (READ_ONCE(ring->broken))
		return;

	if (!HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) &&
	    status.status == EVTCHNSTAT_interdomain) {
		xbf_ring_take_responses(ring);
		xbf_ring_push(ring);
		spin_lock_irqsave(&ring->lock, flags);
		if (ring->irq)
			notify_remote_via_irq(ring->irq);
		spin_unlock_irqrestore(&ring->lock, flags);
		return;
	}

	spin_lock_irqsave(&ring->lock, flags);
	if (!ring->broken) {
		dev_err(&ring->xbdev->dev,
			"backend is gone: event channel status %u, expected %u: disk broken\n",
			status.status, EVTCHNSTAT_interdomain);
		xbf_ring_break(ring);
	}
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * xbf_ring_init() - make a ring that is not open
 * @ring: the ring
 * @xbdev: its device
 * @handle: the device's number in every request
 * @wq: a workqueue whose works never wait for a backend
 * @report_work: see struct xbf_ring
 */
void xbf_ring_init(struct xbf_ring *ring, struct xenbus_device *xbdev,
		   u16 handle, struct workqueue_struct *wq,
		   struct work_struct *report_work)
{
	ring->wq = wq;
	ring->xbdev = xbdev;
	ring->handle = handle;
	ring->report_work = report_work;
	ring->broken = true;
	spin_lock_init(&ring->lock);
	INIT_LIST_HEAD(&ring->in_flight);
	INIT_LIST_HEAD(&ring->parked);
	INIT_DELAYED_WORK(&ring->park_work, xbf_ring_park_work);
}

/* Chain all slots as free. */
static void free_all_slots(struct xbf_ring *ring)
{
	unsigned int i;

	for (i = 0; i < ring->size; i++)
		ring->slots[i].next = i + 1;
	ring->slots[ring->size - 1].next = XBF_NO_SLOT;
	ring->first_free = 0;
	ring->nr_free = ring->size;
}

static size_t memory_size(const struct xbf_ring *ring)
{
	return (size_t)XBF_FRAME_SIZE << ring->order;
}

static void free_memory(struct xbf_ring *ring)
{
	if (ring->memory)
		free_pages_exact(ring->memory, memory_size(ring));
	kvfree(ring->slots);
	ring->memory = NULL;
	ring->slots = NULL;
}

/* The ring's own memory, its slots, and the references that must never be short. */
static int open_memory(struct xbf_ring *ring, unsigned int reserve)
{
	struct blkif_sring *sring;
	unsigned int i;
	int err;

	ring->size = __CONST_RING_SIZE(blkif, memory_size(ring));
	ring->slots = kvmalloc_array(ring->size, sizeof(*ring->slots),
				     GFP_KERNEL | __GFP_ZERO);
	/* Each page with a count of its own: see xbf_grant_let_go(). */
	ring->memory = alloc_pages_exact(memory_size(ring),
					 GFP_KERNEL | __GFP_ZERO);
	if (!ring->slots || !ring->memory) {
		err = -ENOMEM;
		goto free;
	}
	err = xbf_grant_pool_init(&ring->refs, (1U << ring->order) + reserve);
	if (err)
		goto free;

	free_all_slots(ring);
	sring = ring->memory;
	XEN_FRONT_RING_INIT(&ring->front, sring, memory_size(ring));
	ring->pushed = 0;
	for (i = 0; i < 1U << ring->order; i++)
		xbf_grant_give(&ring->refs, &ring->shared_grants[i],
			       ring->xbdev->otherend_id,
			       (virt_to_phys(sring) >> XBF_FRAME_SHIFT) + i,
			       false);
	return 0;

free:
	free_memory(ring);
	return err;
}

static void close_memory(struct xbf_ring *ring, bool backend_closed)
{
	unsigned int i;

	/* The backend often unmaps it only when it is told that we closed. */
	for (i = 0; i < 1U << ring->order; i++)
		xbf_grant_let_go(&ring->shared_grants[i]);
	/*
	 * A reference that stands in a request which was recalled could be given
	 * to another frame, and a backend that is late would use that.
	 */
	if (backend_closed || !ring->recalled)
		xbf_grant_pool_exit(&ring->refs);
	else
		dev_warn(&ring->xbdev->dev,
			 "backend did not close with requests unanswered: %u grant references are lost\n",
			 ring->refs.total);
	free_memory(ring);
}

static int open_channel(struct xbf_ring *ring)
{
	int err, irq;

	err = xenbus_alloc_evtchn(ring->xbdev, &ring->evtchn);
	if (err)
		return err;

	irq = bind_evtchn_to_irq_lateeoi(ring->evtchn);
	if (irq < 0) {
		xenbus_free_evtchn(ring->xbdev, ring->evtchn);
		return irq;
	}

	err = request_threaded_irq(irq, NULL, ring_interrupt, IRQF_ONESHOT,
				   dev_name(&ring->xbdev->dev), ring);
	if (err) {
		evtchn_put(ring->evtchn);
		return err;
	}
	ring->irq = irq;
	return 0;
}

/**
 * xbf_ring_open() - set up memory, grants, event channel and interrupt
 * @ring: a ring that is not open
 * @order: it is to have 1 << @order frames
 * @reserve: grants that can be given when nothing is in flight, whatever else
 *	the guest does: those of the largest request that is to be sent
 *
 * Process context, in a scope that does not wait for memory on its way to this
 * disk (memalloc_noio_save()). Returns 0, or -errno with nothing left behind.
 * The backend is to be told ring->shared_grants and ring->evtchn.
 */
int xbf_ring_open(struct xbf_ring *ring, unsigned int order,
		  unsigned int reserve)
{
	int err;

	ring->order = order;
	err = open_memory(ring, reserve);
	if (err)
		return err;
	err = open_channel(ring);
	if (err) {
		close_memory(ring, true);
		return err;
	}
	ring->patience = true;
	ring->recalled = false;
	ring->broken = false;
	return 0;
}

/*
 * End @io as if its slots had failed. It is parked: most backends unmap its frames
 * soon after they are told that we close, and asking sooner makes the core warn.
 * Under ring->lock.
 */
static void recall(struct xbf_ring *ring, struct xbf_io *io)
{
	struct xbf_slot *slot = &ring->slots[io->first_slot];

	for (; slot; slot = xbf_next_slot(ring, slot))
		slot->on_ring = false;
	ring->recalled = true;
	io->join.slots_out = 0;
	io->join.worst = XBF_STATUS_ERROR;
	io->retries = XBF_PARK_RETRIES;
	list_move_tail(&io->node, &ring->parked);
}

/**
 * xbf_ring_fail() - end everything that is on the ring, and take nothing more
 * @ring: a ring, open or not; calling it again does no harm
 * @patience: give the backend time to let go of frames it has mapped; without,
 *	such frames are given up at once
 *
 * Requests end with an error as soon as their frames are back or given up; later
 * ones are refused. Process context; waits for the interrupt's thread, but for
 * nothing that the backend does.
 */
void xbf_ring_fail(struct xbf_ring *ring, bool patience)
{
	struct xbf_io *io, *next;
	unsigned long flags;
	int irq;

	spin_lock_irqsave(&ring->lock, flags);
	ring->broken = true;
	ring->patience = patience;
	irq = ring->irq;
	ring->irq = 0;
	spin_unlock_irqrestore(&ring->lock, flags);

	if (irq)
		unbind_from_irqhandler(irq, ring);

	spin_lock_irqsave(&ring->lock, flags);
	list_for_each_entry_safe(io, next, &ring->in_flight, node)
		recall(ring, io);
	/* What waits for slots is to be refused. */
	ring->wanted = 0;
	if (ring->hctx)
		blk_mq_start_stopped_hw_queue(ring->hctx, true);
	/*
	 * Those parked before may have to be given up sooner now. With patience a
	 * turn that is due stays due, however often a backend makes us come here.
	 */
	if (!list_empty(&ring->parked)) {
		if (patience)
			queue_delayed_work(ring->wq, &ring->park_work,
					   XBF_PARK_DELAY);
		else
			mod_delayed_work(ring->wq, &ring->park_work, 0);
	}
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * xbf_ring_close() - free what xbf_ring_open() set up
 * @ring: a ring, open or not, failed, with no request left
 * @backend_closed: the backend does not look at the ring any more
 *
 * Process context.
 */
void xbf_ring_close(struct xbf_ring *ring, bool backend_closed)
{
	cancel_delayed_work_sync(&ring->park_work);
	if (ring->slots)
		close_memory(ring, backend_closed);
}
