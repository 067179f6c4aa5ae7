// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a ring comes and goes: its memory, its event channel and interrupt, ending
 * all that is on it, and finding out whether the other end is still there.
 */
#include <linux/interrupt.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/interface/event_channel.h>
#include <asm/xen/hypercall.h>

#include "ring.h"

/* In a thread of its own: taking frames back and completing is much for hard irq. */
static void handle_event(struct kthread_work *work)
{
	struct xbf_ring *ring = container_of(work, struct xbf_ring, event_work);
	bool any = xbf_ring_take_responses(ring);

	/* It asks on which processor it is: to be on one until it returns, also under RT. */
	local_bh_disable();
	/* Not gone before this has ended: see close_channel(). */
	xen_irq_lateeoi(ring->event_irq, any ? 0 : XEN_EOI_FLAG_SPURIOUS);
	local_bh_enable();
}

static irqreturn_t ring_interrupt(int irq, void *data)
{
	struct xbf_ring *ring = data;

	kthread_queue_work(ring->worker, &ring->event_work);
	return IRQ_HANDLED;
}

/* No event has come for long; one may have been lost in either direction. */
static void check(struct kthread_work *work)
{
	struct xbf_ring *ring = container_of(work, struct xbf_ring, check_work);
	unsigned long flags;

	xbf_ring_take_responses(ring);
	xbf_ring_push(ring);
	spin_lock_irqsave(&ring->lock, flags);
	if (ring->irq)
		notify_remote_via_irq(ring->irq);
	spin_unlock_irqrestore(&ring->lock, flags);
	queue_work(ring->wq, ring->report_work);
}

/**
 * xbf_ring_check() - have something done about that nothing has come for long
 * @ring: the ring
 *
 * Its thread takes the answers there are, notifies again, and has the device look
 * whether the backend is still there. Any context; takes ring->lock.
 */
void xbf_ring_check(struct xbf_ring *ring)
{
	unsigned long flags;

	/* Under the lock: not after close_channel() has waited for the thread. */
	spin_lock_irqsave(&ring->lock, flags);
	if (!ring->broken)
		kthread_queue_work(ring->worker, &ring->check_work);
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * xbf_ring_look() - break the ring if its backend is gone
 * @ring: an open ring that the backend has connected to
 *
 * Nothing in xenstore tells of a backend that was killed, but its end of the
 * event channel is gone. Process context that a suspend waits for, as ports are
 * others afterwards; takes ring->lock.
 */
void xbf_ring_look(struct xbf_ring *ring)
{
	struct evtchn_status status = {
		.dom = DOMID_SELF,
		.port = ring->evtchn,
	};
	unsigned long flags;

	if (!HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) &&
	    status.status == EVTCHNSTAT_interdomain)
		return;

	spin_lock_irqsave(&ring->lock, flags);
	if (!ring->broken) {
		dev_err(&ring->xbdev->dev,
			"backend is gone: event channel status %u, expected %u: disk broken\n",
			status.status, EVTCHNSTAT_interdomain);
		xbf_ring_break(ring);
	}
	spin_unlock_irqrestore(&ring->lock, flags);
}

/* Frames of our own that nobody has used lately go back to the guest. */
static void give_back_idle(struct work_struct *work)
{
	struct xbf_ring *ring = container_of(to_delayed_work(work),
					     struct xbf_ring, idle_work);
	unsigned long flags;
	unsigned int noio;

	/* As in xbf_ring_park_work(). */
	noio = memalloc_noio_save();
	spin_lock_irqsave(&ring->lock, flags);
	if (xbf_bounce_trim(&ring->bounce, &ring->refs, XBF_BOUNCE_IDLE))
		queue_delayed_work(ring->wq, &ring->idle_work, XBF_BOUNCE_IDLE);
	spin_unlock_irqrestore(&ring->lock, flags);
	memalloc_noio_restore(noio);
}

/**
 * xbf_ring_init() - make a ring that is not open
 * @ring: the ring
 * @xbdev: its device
 * @handle: the device's number in every request
 * @wq: a workqueue whose works never wait for a backend
 * @report_work: see struct xbf_ring
 * @order: the greatest order that it will be opened with
 */
void xbf_ring_init(struct xbf_ring *ring, struct xenbus_device *xbdev,
		   u16 handle, struct workqueue_struct *wq,
		   struct work_struct *report_work, unsigned int order)
{
	ring->wq = wq;
	ring->xbdev = xbdev;
	ring->handle = handle;
	ring->report_work = report_work;
	ring->memory_order = order;
	ring->broken = true;
	spin_lock_init(&ring->lock);
	INIT_LIST_HEAD(&ring->feeders);
	INIT_LIST_HEAD(&ring->in_flight);
	INIT_LIST_HEAD(&ring->parked);
	kthread_init_delayed_work(&ring->park_work, xbf_ring_park_work);
	INIT_DELAYED_WORK(&ring->idle_work, give_back_idle);
	kthread_init_work(&ring->event_work, handle_event);
	kthread_init_work(&ring->check_work, check);
	xbf_bounce_pool_init(&ring->bounce);
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

static size_t memory_size(unsigned int order)
{
	return (size_t)XBF_FRAME_SIZE << order;
}

static unsigned int nr_slots(unsigned int order)
{
	return __CONST_RING_SIZE(blkif, memory_size(order));
}

static void free_memory(struct xbf_ring *ring)
{
	if (ring->memory)
		free_pages_exact(ring->memory, memory_size(ring->memory_order));
	ring->memory = NULL;
}

/* What is there from before is used again: at resume, memory may be short. */
static int get_memory(struct xbf_ring *ring)
{
	if (!ring->slots)
		ring->slots = kvmalloc_array(nr_slots(ring->memory_order),
					     sizeof(*ring->slots),
					     GFP_KERNEL | __GFP_ZERO);
	/* Each page with a count of its own: see xbf_grant_let_go(). */
	if (!ring->memory)
		ring->memory = alloc_pages_exact(memory_size(ring->memory_order),
						 GFP_KERNEL | __GFP_ZERO);
	return ring->slots && ring->memory ? 0 : -ENOMEM;
}

static int get_worker(struct xbf_ring *ring)
{
	struct kthread_worker *worker;

	if (ring->worker)
		return 0;
	worker = kthread_run_worker(0, "%s", dev_name(&ring->xbdev->dev));
	if (IS_ERR(worker))
		return PTR_ERR(worker);
	/* As the threads of interrupts run. */
	sched_set_fifo(worker->task);
	ring->worker = worker;
	return 0;
}

/* The backend gets the ring's own frames. */
static void share(struct xbf_ring *ring)
{
	struct blkif_sring *sring = ring->memory;
	unsigned int i;

	free_all_slots(ring);
	XEN_FRONT_RING_INIT(&ring->front, sring, memory_size(ring->order));
	ring->pushed = 0;
	for (i = 0; i < 1U << ring->order; i++)
		xbf_grant_give(&ring->refs, &ring->shared_grants[i],
			       ring->xbdev->otherend_id,
			       (virt_to_phys(sring) >> XBF_FRAME_SHIFT) + i,
			       false);
	ring->shared = true;
}

/*
 * And gives them back, for the last time with @last. Returns true if there were some and
 * the backend had none of them mapped; the memory is freed when some stay mapped.
 */
static bool unshare(struct xbf_ring *ring, bool last)
{
	struct xbf_grant *grants = ring->shared_grants;
	unsigned int mapped = 0, i;

	if (!ring->shared)
		return false;
	ring->shared = false;

	for (i = 0; i < 1U << ring->order; i++) {
		if (!xbf_grant_end(&ring->refs, &grants[i], !last))
			grants[mapped++] = grants[i];
	}
	if (!mapped)
		return true;

	/*
	 * A reference that stands in a request which was recalled could be given
	 * to another frame, and a backend that is late would use that. A backend
	 * that has unmapped the ring has read its last request.
	 */
	if (!ring->refs.recalled ||
	    !xbf_grant_pool_hold(&ring->refs, grants, mapped)) {
		for (i = 0; i < mapped; i++)
			xbf_grant_let_go(&ring->refs, &grants[i]);
	}
	free_memory(ring);
	return false;
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

	ring->event_irq = irq;
	err = request_irq(irq, ring_interrupt, 0, dev_name(&ring->xbdev->dev),
			  ring);
	if (err) {
		evtchn_put(ring->evtchn);
		return err;
	}
	ring->irq = irq;
	return 0;
}

/**
 * xbf_ring_open() - set up memory, grants, thread, event channel and interrupt
 * @ring: a ring that is not open, and was forgotten if it was suspended
 * @order: it is to have 1 << @order frames, no more than it was made for
 *
 * Process context, in a scope that does not wait for memory on its way to this
 * disk (memalloc_noio_save()). Returns 0, or -errno with nothing left behind.
 * The backend is to be told ring->shared_grants and ring->evtchn.
 */
int xbf_ring_open(struct xbf_ring *ring, unsigned int order)
{
	int err;

	ring->order = order;
	ring->size = nr_slots(order);
	err = get_memory(ring);
	if (!err)
		err = get_worker(ring);
	if (!err)
		err = xbf_grant_pool_reserve(&ring->refs, 1U << order);
	if (err)
		return err;
	share(ring);
	err = open_channel(ring);
	if (err) {
		unshare(ring, false);
		return err;
	}
	ring->patience = true;
	ring->broken = false;
	return 0;
}

/*
 * Room for the grants of each slot, with one for a table of segments. No slot is in
 * use. If there is less memory than the first time, slots will carry fewer.
 */
static int get_slot_grants(struct xbf_ring *ring, unsigned int segments)
{
	unsigned int slots = nr_slots(ring->memory_order), i;
	struct xbf_grant *grants;

	if (ring->slot_room >= segments)
		return 0;
	grants = kvmalloc_array(slots * (segments + 1), sizeof(*grants),
				GFP_KERNEL);
	if (!grants)
		return ring->grants ? 0 : -ENOMEM;

	kvfree(ring->grants);
	ring->grants = grants;
	ring->slot_room = segments;
	for (i = 0; i < slots; i++)
		ring->slots[i].grants = grants + i * (segments + 1);
	return 0;
}

/**
 * xbf_ring_connect() - make ready for requests
 * @ring: an open ring that has carried none
 * @path: how data gets to the backend
 *
 * Sets aside what the largest request takes that will be asked for, so that with
 * nothing in flight it can be sent, whatever else the guest does.
 * Process context, in a scope as for xbf_ring_open(). Returns 0 or -errno.
 */
int xbf_ring_connect(struct xbf_ring *ring, const struct xbf_path *path)
{
	unsigned int data = path->request_segments, frames = 0;
	int err;

	err = get_slot_grants(ring, path->slot_segments);
	if (err)
		return err;
	ring->path = *path;
	ring->path.slot_segments = min(path->slot_segments, ring->slot_room);

	if (path->packs || path->sector_size > XBF_SECTOR_SIZE)
		frames += data;
	if (ring->path.slot_segments > XBF_SLOT_SEGMENTS) {
		frames += DIV_ROUND_UP(data, ring->path.slot_segments);
		data += DIV_ROUND_UP(data, ring->path.slot_segments);
	}
	/* With it away, there is nobody else, and getting memory can wait. */
	cancel_delayed_work_sync(&ring->idle_work);
	ring->bounce.reserve = frames;
	err = xbf_bounce_reserve(&ring->bounce, frames, GFP_KERNEL);
	if (!err)
		err = xbf_grant_pool_reserve(&ring->refs, data);
	queue_delayed_work(ring->wq, &ring->idle_work, XBF_BOUNCE_IDLE);
	return err;
}

/* Nothing goes out and nothing comes in any more. Waits for the thread. */
static void close_channel(struct xbf_ring *ring, bool patience)
{
	unsigned long flags;
	int irq;

	spin_lock_irqsave(&ring->lock, flags);
	ring->broken = true;
	ring->patience = patience;
	irq = ring->irq;
	ring->irq = 0;
	spin_unlock_irqrestore(&ring->lock, flags);

	if (irq) {
		disable_irq(irq);
		kthread_flush_worker(ring->worker);
		unbind_from_irqhandler(irq, ring);
	}
}

/* The work still names a thread that is gone: a ring may be closed again. */
static void stop_parking(struct xbf_ring *ring)
{
	if (ring->worker)
		kthread_cancel_delayed_work_sync(&ring->park_work);
}

/**
 * xbf_ring_hold() - neither take requests nor refuse them until xbf_ring_release()
 * @ring: a ring, open or not
 *
 * That the queue is quiesced is not enough for this: before 5.16 whoever changes
 * its elevator ends that. Who has seen it not held is in an RCU read section until
 * the request is on the ring. Any context; takes ring->lock.
 */
void xbf_ring_hold(struct xbf_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	ring->held = true;
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * xbf_ring_suspend() - take back a ring whose backend has lost it
 * @ring: a ring, open or not, that is held
 * @again: gets the requests that were not answered
 *
 * The guest runs in a new domain, or its backend does, or is to begin again: then
 * it may look at the ring until it unmaps it. To be forgotten before it is opened
 * again. Process context; waits for nothing that a backend does.
 */
void xbf_ring_suspend(struct xbf_ring *ring, struct list_head *again)
{
	close_channel(ring, false);
	stop_parking(ring);
	xbf_ring_take_back(ring, again);
	cancel_delayed_work_sync(&ring->idle_work);
	/* Nobody has it, nor will read what was recalled. */
	if (unshare(ring, false))
		xbf_grant_pool_forget(&ring->refs);
}

/**
 * xbf_ring_forget() - take back all that the last backend could reach
 * @ring: a ring, suspended or never opened, whose last backend is gone or closed
 *
 * The ring need not be opened again. Process context.
 */
void xbf_ring_forget(struct xbf_ring *ring)
{
	xbf_grant_pool_forget(&ring->refs);
	xbf_bounce_withdraw(&ring->bounce, &ring->refs, true);
	/* The next backend may need fewer frames, or none. */
	ring->bounce.reserve = 0;
	queue_delayed_work(ring->wq, &ring->idle_work, XBF_BOUNCE_IDLE);
}

/**
 * xbf_ring_release() - take requests again, or refuse them
 * @ring: a ring, suspended before or not
 *
 * Process context; takes ring->lock.
 */
void xbf_ring_release(struct xbf_ring *ring)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	ring->held = false;
	spin_unlock_irqrestore(&ring->lock, flags);
}

/*
 * End @io as if its slots had failed. It is parked: most backends unmap its frames
 * soon after they are told that we close, and asking sooner makes the core warn.
 * Under ring->lock.
 */
static void recall(struct xbf_ring *ring, struct xbf_io *io)
{
	ring->refs.recalled = true;
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
 * ones are refused. Process context; waits for the ring's thread, but for nothing
 * that the backend does.
 */
void xbf_ring_fail(struct xbf_ring *ring, bool patience)
{
	struct xbf_io *io, *next;
	unsigned long flags;

	close_channel(ring, patience);

	spin_lock_irqsave(&ring->lock, flags);
	list_for_each_entry_safe(io, next, &ring->in_flight, node)
		recall(ring, io);
	/* What waits for slots is to be refused. */
	xbf_ring_start_feeders(ring);
	/*
	 * Those parked before may have to be given up sooner now. With patience a
	 * turn that is due stays due, however often a backend makes us come here.
	 */
	if (!list_empty(&ring->parked)) {
		if (patience)
			kthread_queue_delayed_work(ring->worker,
						   &ring->park_work,
						   XBF_PARK_DELAY);
		else
			kthread_mod_delayed_work(ring->worker,
						 &ring->park_work, 0);
	}
	spin_unlock_irqrestore(&ring->lock, flags);
}

/**
 * xbf_ring_close() - free all that the ring has
 * @ring: a ring, open or not, failed, with no request left
 * @backend_closed: the backend says that it does not look at the ring any more
 *
 * Process context.
 */
void xbf_ring_close(struct xbf_ring *ring, bool backend_closed)
{
	stop_parking(ring);
	cancel_delayed_work_sync(&ring->idle_work);
	if (backend_closed)
		xbf_grant_pool_forget(&ring->refs);
	/* As good as state Closed, which QEMU leaves in xenstore for a moment only. */
	if (unshare(ring, true))
		xbf_grant_pool_forget(&ring->refs);
	/* Who has the ring mapped has these, too. */
	ring->bounce.kept |= ring->path.persistent;
	xbf_bounce_withdraw(&ring->bounce, &ring->refs, ring->refs.recalled);
	xbf_bounce_pool_exit(&ring->bounce);
	free_memory(ring);
	if (ring->refs.recalled && ring->refs.total)
		dev_warn(&ring->xbdev->dev,
			 "backend did not close with requests unanswered: %u grant references %s\n",
			 ring->refs.total, ring->refs.rest ?
			 "wait until it unmaps the ring" : "are lost");
	xbf_grant_pool_exit(&ring->refs);
	kvfree(ring->grants);
	ring->grants = NULL;
	ring->slot_room = 0;
	kvfree(ring->slots);
	ring->slots = NULL;
	if (ring->worker)
		kthread_destroy_worker(ring->worker);
	ring->worker = NULL;
}
