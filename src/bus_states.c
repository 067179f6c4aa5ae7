// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states that a device takes its disk through, by what the backend and the
 * toolstack say. Does no block I/O and knows no request.
 *
 * xenwatch is one thread for all Xen devices, so nothing there waits for a
 * backend. A device has two works: one runs the states, and waits for xenstore
 * only; the other changes the disk, which may wait for I/O. The first
 * can always fail the I/O that the second waits for.
 */
#include <linux/sched/mm.h>
#include <xen/xenbus.h>

#include "bus.h"
#include "store.h"

/* How often a backend is asked again; each time after twice as long: a minute. */
#define ASK_TIMES		6

static const char *const state_names[] = {
	[XBF_NEW] = "new",
	[XBF_NEGOTIATING] = "negotiating",
	[XBF_LIVE] = "live",
	[XBF_SUSPENDED] = "suspended",
	[XBF_BROKEN] = "broken",
	[XBF_GONE] = "gone",
};

static const u8 edges[] = {
	[XBF_NEW] = BIT(XBF_NEGOTIATING) | BIT(XBF_BROKEN) | BIT(XBF_GONE),
	[XBF_NEGOTIATING] = BIT(XBF_LIVE) | BIT(XBF_SUSPENDED) |
			    BIT(XBF_BROKEN) | BIT(XBF_GONE),
	[XBF_LIVE] = BIT(XBF_SUSPENDED) | BIT(XBF_BROKEN) | BIT(XBF_GONE),
	[XBF_SUSPENDED] = BIT(XBF_NEGOTIATING) | BIT(XBF_BROKEN) |
			  BIT(XBF_GONE),
	[XBF_BROKEN] = BIT(XBF_SUSPENDED) | BIT(XBF_GONE),
	[XBF_GONE] = 0,
};

/*
 * States wait for nothing but xenstore, so there is always a thread for them,
 * also when memory is gone and disks wait; and they stand still while the guest
 * is suspended, as its xenstore names are replaced then.
 */
static struct workqueue_struct *state_wq;
static struct workqueue_struct *disk_wq;

/* ---- States; all under dev->lock ---- */

/* The only place that changes dev->state. */
static bool enter(struct xbf_dev *dev, enum xbf_state state)
{
	if (!(edges[dev->state] & BIT(state))) {
		dev_err(&dev->xbdev->dev, "cannot go from %s to %s\n",
			state_names[dev->state], state_names[state]);
		return false;
	}
	WRITE_ONCE(dev->progress, get_jiffies_64());
	WRITE_ONCE(dev->state, state);
	return true;
}

/*
 * The device is of no use; the reason was said. The backend is told, so that it
 * lets go of the ring, and so that nobody waits for this disk.
 */
static void give_up(struct xbf_dev *dev)
{
	if (!enter(dev, XBF_BROKEN))
		return;
	dev->stale = false;
	xbf_rings_fail(dev, true);
	xbf_rings_release(dev);
	xenbus_frontend_closed(dev->xbdev);
	WRITE_ONCE(dev->settled, true);
}

/*
 * The device goes. Fails what is in flight, so that removing the disk waits for
 * nobody, and answers the backend even while the disk is open.
 */
static void leave(struct xbf_dev *dev)
{
	if (dev->state != XBF_GONE)
		enter(dev, XBF_GONE);
	dev->stale = false;
	xbf_rings_fail(dev, !dev->unbound);
	xbf_rings_release(dev);
	if (!dev->unbound)
		xenbus_frontend_closed(dev->xbdev);
	WRITE_ONCE(dev->settled, true);
	mod_delayed_work(disk_wq, &dev->disk_work, 0);
}

static void negotiate(struct xbf_dev *dev)
{
	int err;

	err = xbf_rings_open(dev, state_wq);
	/* As far as we are concerned; it can be changed at any time. */
	dev->path.persistent = READ_ONCE(xbf_settings.persistent);
	if (!err)
		err = xbf_store_publish(dev->xbdev, &dev->disk.queue,
					dev->path.persistent);
	if (err) {
		dev_err(&dev->xbdev->dev,
			"cannot set up a ring: error %d: not attached\n", err);
		give_up(dev);
		return;
	}
	if (enter(dev, XBF_NEGOTIATING))
		xenbus_switch_state(dev->xbdev, XenbusStateInitialised);
}

static void connect(struct xbf_dev *dev)
{
	struct device *parent = &dev->xbdev->dev;
	int err = xbf_rings_connect(dev);

	if (!err && !dev->disk.gd) {
		err = xbf_disk_create(&dev->disk, parent, dev->vdevice,
				      &dev->geometry);
	} else if (!err) {
		/* What was in flight when it was restored goes first. */
		xbf_queue_spread(&dev->disk.queue);
		/* Whoever took a request may have seen the old ring: see xbf_ring_hold(). */
		synchronize_rcu_expedited();
		dev->renewed = true;
	}
	if (err) {
		give_up(dev);
		return;
	}

	if (!enter(dev, XBF_LIVE))
		return;
	dev->asked = 0;
	xenbus_switch_state(dev->xbdev, XenbusStateConnected);
	xbf_rings_release(dev);
	xbf_rings_describe(dev);
	dev_info(parent, "%s: %s", dev->disk.gd->disk_name, dev->words);
	mod_delayed_work(disk_wq, &dev->disk_work, 0);
}

/*
 * Backends say Connected again when the capacity has changed. Taken over once a second:
 * the kernel says a line each time, and tells user space.
 */
static void resize(struct xbf_dev *dev)
{
	u64 sectors;

	if (xbf_store_read_capacity(dev->xbdev, "ignored", &sectors))
		return;
	dev->geometry.sectors = sectors;
	/* One that waits already takes over what is read last. */
	queue_delayed_work(disk_wq, &dev->disk_work, HZ);
}

/*
 * The guest was restored, or its backend is another one: the rings are nobody's.
 * Requests are held back until there are new ones.
 */
static void suspend(struct xbf_dev *dev)
{
	struct xbf_ring *ring;
	LIST_HEAD(again);

	xbf_disk_pause(&dev->disk);
	for_each_ring(ring, dev)
		xbf_ring_hold(ring);
	synchronize_rcu_expedited();
	for_each_ring(ring, dev)
		xbf_ring_suspend(ring, &again);
	xbf_queue_again(&again);
	enter(dev, XBF_SUSPENDED);
}

/*
 * xen-blkback that still has I/O of the time before does not take a ring: it says
 * Closing, in its words a fatal error. When that I/O has ended it takes one. So it is
 * asked again, unless the toolstack wants the disk gone: it says that first. Returns
 * whether it is.
 */
static bool ask_again(struct xbf_dev *dev)
{
	if (dev->state != XBF_NEGOTIATING || dev->asked == ASK_TIMES ||
	    !xbf_store_online(dev->xbdev))
		return false;
	if (!dev->asked)
		dev_info(&dev->xbdev->dev,
			 "backend closes instead of connecting, and is online: asking it again\n");
	suspend(dev);
	dev->stale = true;
	mod_delayed_work(state_wq, &dev->ask_work, HZ << dev->asked++);
	return true;
}

static void ask(struct work_struct *work)
{
	struct xbf_dev *dev = container_of(to_delayed_work(work),
					   struct xbf_dev, ask_work);
	unsigned int noio;

	noio = memalloc_noio_save();
	mutex_lock(&dev->lock);
	/* The rest is as with a backend that has old rings, in xbf_states_backend_changed(). */
	if (dev->state == XBF_SUSPENDED && dev->stale)
		xenbus_switch_state(dev->xbdev, XenbusStateClosed);
	mutex_unlock(&dev->lock);
	memalloc_noio_restore(noio);
}

static void run_states(struct work_struct *work)
{
	struct xbf_dev *dev = container_of(work, struct xbf_dev, work);
	enum xenbus_state backend;
	unsigned int noio;
	bool look;

	/* Memory must not be waited for: it may be on its way to this disk. */
	noio = memalloc_noio_save();
	mutex_lock(&dev->lock);
	/* Not sooner: xenwatch may hold the lock for a step that a newer one asks. */
	backend = READ_ONCE(dev->backend);
	if (backend == XenbusStateClosing && !dev->stale &&
	    !READ_ONCE(dev->unbound) && ask_again(dev))
		goto out;
	/* A backend that is closed before we begin, or begin again, opens when we say so. */
	if (READ_ONCE(dev->unbound) ||
	    (backend == XenbusStateClosing &&
	     (!dev->stale || !xbf_store_online(dev->xbdev))) ||
	    (backend == XenbusStateClosed && dev->state != XBF_NEW &&
	     dev->state != XBF_SUSPENDED)) {
		leave(dev);
		goto out;
	}
	if (dev->state == XBF_LIVE && backend == XenbusStateConnected)
		resize(dev);
	if (dev->state == XBF_NEGOTIATING && backend == XenbusStateConnected)
		connect(dev);

	if (dev->state == XBF_NEGOTIATING || dev->state == XBF_LIVE) {
		/* That of NetBSD says that it is connected before it is. */
		look = dev->state == XBF_LIVE &&
			time_after64(get_jiffies_64(),
				     dev->progress + XBF_BACKEND_PATIENCE);
		if (xbf_rings_broken(dev, look))
			give_up(dev);
	}
out:
	mutex_unlock(&dev->lock);
	memalloc_noio_restore(noio);
}

/* ---- Changes of the disk; waits for I/O, so without dev->lock ---- */

static bool state_is(struct xbf_dev *dev, enum xbf_state state)
{
	bool is;

	mutex_lock(&dev->lock);
	is = dev->state == state;
	mutex_unlock(&dev->lock);
	return is;
}

static void show_disk(struct xbf_dev *dev)
{
	int err = xbf_disk_add(&dev->disk, &dev->xbdev->dev);

	if (err) {
		dev_err(&dev->xbdev->dev,
			"cannot add the disk: error %d: not attached\n", err);
		mutex_lock(&dev->lock);
		dev->unusable = true;
		if (dev->state == XBF_LIVE || dev->state == XBF_SUSPENDED ||
		    dev->state == XBF_NEGOTIATING)
			give_up(dev);
		mutex_unlock(&dev->lock);
	}
	WRITE_ONCE(dev->settled, true);
}

/* Older kernels wait there for whoever opens or closes it. */
static void change_disk(struct xbf_dev *dev)
{
	struct device *parent = &dev->xbdev->dev;
	struct xbf_geometry geometry;
	bool renewed;

	mutex_lock(&dev->lock);
	geometry = dev->geometry;
	renewed = dev->renewed;
	dev->renewed = false;
	mutex_unlock(&dev->lock);

	if (renewed)
		xbf_disk_update(&dev->disk, parent, &geometry);
	else
		xbf_disk_resize(&dev->disk, parent, geometry.sectors);
}

static void run_disk(struct work_struct *work)
{
	struct xbf_dev *dev = container_of(to_delayed_work(work),
					   struct xbf_dev, disk_work);
	bool closed;

	if (state_is(dev, XBF_LIVE)) {
		if (!dev->disk.added)
			show_disk(dev);
		if (dev->disk.added)
			change_disk(dev);
	}

	if (!state_is(dev, XBF_GONE))
		return;
	if (dev->disk.gd)
		xbf_disk_remove(&dev->disk);

	/* With requests recalled or frames granted, rings are closed after the backend is. */
	closed = READ_ONCE(dev->backend) == XenbusStateClosed;
	if (closed || !xbf_rings_in_reach(dev) || READ_ONCE(dev->unbound))
		xbf_rings_close(dev, closed);
}

/* ---- What makes it go on; for bus.c ---- */

/**
 * xbf_states_init() - make a device that was told nothing yet
 * @dev: the device, with @xbdev set and zeroes else
 *
 * Process context.
 */
void xbf_states_init(struct xbf_dev *dev)
{
	mutex_init(&dev->lock);
	INIT_WORK(&dev->work, run_states);
	INIT_DELAYED_WORK(&dev->ask_work, ask);
	INIT_DELAYED_WORK(&dev->disk_work, run_disk);
	dev->progress = get_jiffies_64();
	dev->stale = dev->xbdev->state == XenbusStateClosed;
	dev->backend = xenbus_read_unsigned(dev->xbdev->otherend, "state",
					    XenbusStateUnknown);
}

/**
 * xbf_states_backend_changed() - follow what the backend says
 * @dev: the device
 * @backend: its backend's state
 *
 * In xenwatch, hence waits for xenstore only; takes dev->lock.
 */
void xbf_states_backend_changed(struct xbf_dev *dev, enum xenbus_state backend)
{
	unsigned int noio;
	bool begins;

	WRITE_ONCE(dev->backend, backend);

	/*
	 * These steps are made here and not in the work: to the core, a device
	 * that is Initialising in xenstore and something else in memory was
	 * replaced, and it is thrown away. xenwatch looks at both, one after the
	 * other, whenever anything below the device changes; only in xenwatch can
	 * they change together (7.x, xenbus_dev_changed()).
	 */
	noio = memalloc_noio_save();
	mutex_lock(&dev->lock);
	begins = dev->state == XBF_NEW || dev->state == XBF_SUSPENDED;
	if (begins && dev->stale &&
	    (backend == XenbusStateClosed ||
	     (backend == XenbusStateInitWait && dev->state == XBF_NEW))) {
		/* It has seen us close; for this it opens again. */
		dev->stale = false;
		xenbus_switch_state(dev->xbdev, XenbusStateInitialising);
	}
	if (begins && !dev->stale &&
	    (backend == XenbusStateInitWait ||
	     backend == XenbusStateInitialised ||
	     backend == XenbusStateConnected))
		negotiate(dev);
	mutex_unlock(&dev->lock);
	memalloc_noio_restore(noio);

	queue_work(state_wq, &dev->work);
}

/**
 * xbf_states_restored() - begin again: the guest is in a new domain, or was to be
 * @dev: the device, whose backend may be another
 *
 * In xenwatch, hence waits for xenstore only; takes dev->lock.
 */
void xbf_states_restored(struct xbf_dev *dev)
{
	enum xenbus_state backend, told;
	unsigned int noio;

	noio = memalloc_noio_save();
	mutex_lock(&dev->lock);
	backend = xenbus_read_unsigned(dev->xbdev->otherend, "state",
				       XenbusStateUnknown);
	told = xenbus_read_unsigned(dev->xbdev->nodename, "state",
				    XenbusStateUnknown);
	WRITE_ONCE(dev->backend, XenbusStateUnknown);
	if (dev->state != XBF_NEW && dev->state != XBF_SUSPENDED &&
	    dev->state != XBF_GONE && !dev->unusable)
		suspend(dev);
	/*
	 * The old one is still there, with the old rings, or has closed and nobody has
	 * heard it: it is to see us closed first, and to say so. One that waits for rings,
	 * and was told of some in this domain, may be reading that, and will not look
	 * again when it has connected to them.
	 */
	dev->stale = backend <= XenbusStateClosed &&
		(backend >= XenbusStateInitialised ||
		 (backend == XenbusStateInitWait &&
		  dev->state == XBF_SUSPENDED &&
		  told >= XenbusStateInitialised));
	dev->asked = 0;
	if (dev->stale)
		xenbus_switch_state(dev->xbdev, XenbusStateClosed);
	mutex_unlock(&dev->lock);
	memalloc_noio_restore(noio);
}

/**
 * xbf_states_end() - take the disk away: the device is unbound
 * @dev: the device, for which nothing else here is called any more
 *
 * Process context, as for remove() in bus.c. No work is left after that.
 */
void xbf_states_end(struct xbf_dev *dev)
{
	WRITE_ONCE(dev->unbound, true);
	/*
	 * Not by the workqueue: it may be frozen for a suspend of the guest's own, and
	 * whoever freezes it may want the device's lock, which our caller has.
	 */
	cancel_work_sync(&dev->work);
	run_states(&dev->work);
	/* Queued again, if the ring broke in between; it stays broken now. */
	cancel_work_sync(&dev->work);
	cancel_delayed_work_sync(&dev->ask_work);
	flush_delayed_work(&dev->disk_work);
}

/**
 * xbf_states_start() - have what the works of devices run on
 *
 * Process context. Returns 0, or -ENOMEM with nothing left behind.
 */
int xbf_states_start(void)
{
	state_wq = alloc_workqueue("xen_blkfront_64k",
				   WQ_UNBOUND | WQ_MEM_RECLAIM | WQ_FREEZABLE,
				   0);
	if (!state_wq)
		return -ENOMEM;
	disk_wq = alloc_workqueue("xen_blkfront_64k_disk",
				  WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (disk_wq)
		return 0;
	destroy_workqueue(state_wq);
	return -ENOMEM;
}

/**
 * xbf_states_stop() - undo xbf_states_start()
 *
 * Process context; no device is bound.
 */
void xbf_states_stop(void)
{
	destroy_workqueue(disk_wq);
	destroy_workqueue(state_wq);
}
