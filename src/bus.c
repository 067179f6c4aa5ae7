// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device on xenbus: what the toolstack and the backend say, and the states
 * it takes a disk through. Does no block I/O and knows no request.
 *
 * xenwatch is one thread for all Xen devices, so nothing there waits for a
 * backend. A device has two works: one runs the states, and waits for xenstore
 * only; the other changes the disk, which may wait for I/O. The first
 * can always fail the I/O that the second waits for.
 */
#include <linux/delay.h>
#include <linux/major.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "bus.h"
#include "store.h"

/*
 * How long a disk is waited for at start: while its backend makes no move, and
 * once it has connected, for its partition table (as long as xenbus would wait).
 */
#define CONNECT_PATIENCE	(10 * HZ)
#define DISK_PATIENCE		(270 * HZ)

/* How often a backend is asked again; each time after twice as long: a minute. */
#define ASK_TIMES		6

struct xbf_settings xbf_settings = {
	.request_slots = 4,
	.max_rings = 4,
	.max_slot_segments = 32,
	.persistent = true,
	.trusted = true,
};

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

/* Bound devices, for the wait at start. */
static LIST_HEAD(devices);
static DEFINE_MUTEX(devices_lock);

/* ---- States; all under dev->lock ---- */

/* The only place that changes dev->state. */
static bool enter(struct xbf_dev *dev, enum xbf_state state)
{
	if (!(edges[dev->state] & BIT(state))) {
		dev_err(&dev->xbdev->dev, "cannot go from %s to %s\n",
			state_names[dev->state], state_names[state]);
		return false;
	}
	WRITE_ONCE(dev->progress, jiffies);
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
 * asked again, unless the toolstack wants the disk gone: it says that first.
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
	queue_delayed_work(state_wq, &dev->ask_work, HZ << dev->asked++);
	return true;
}

static void ask(struct work_struct *work)
{
	struct xbf_dev *dev = container_of(to_delayed_work(work),
					   struct xbf_dev, ask_work);
	unsigned int noio;

	noio = memalloc_noio_save();
	mutex_lock(&dev->lock);
	/* The rest is as with a backend that has old rings, in otherend_changed(). */
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
			time_after(jiffies, dev->progress + CONNECT_PATIENCE);
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

/* ---- Xenbus ---- */

/*
 * Emulated disks of an HVM guest are the same images: what was not unplugged is
 * not to be attached a second time, and a CD-ROM drive is always emulated.
 */
static bool left_to_emulation(struct xenbus_device *xbdev, u32 vdevice)
{
	bool emulated = xen_has_pv_and_legacy_disk_devices();
	char *type;

	if (!xen_hvm_domain())
		return false;

	if (emulated && vdevice >> 8 != XENVBD_MAJOR && vdevice < 1U << 28) {
		dev_info(&xbdev->dev,
			 "virtual device %#x is emulated: left alone\n",
			 vdevice);
		return true;
	}

	type = xenbus_read(XBT_NIL, xbdev->nodename, "device-type", NULL);
	if (IS_ERR(type)) {
		dev_err(&xbdev->dev,
			"no device-type in %s, need disk or cdrom: not attached\n",
			xbdev->nodename);
		return true;
	}
	emulated = strstarts(type, "cdrom");
	kfree(type);
	if (emulated)
		dev_info(&xbdev->dev,
			 "virtual device %#x is a CD-ROM drive, which is emulated: left alone\n",
			 vdevice);
	return emulated;
}

static int probe(struct xenbus_device *xbdev, const struct xenbus_device_id *id)
{
	struct xbf_dev *dev;
	u32 vdevice, handle;
	int err;

	err = xbf_store_read_vdevice(xbdev, &vdevice);
	if (err)
		return err;
	if (left_to_emulation(xbdev, vdevice))
		return -ENODEV;
	if (kstrtou32(kbasename(xbdev->nodename), 10, &handle))
		handle = vdevice;

	dev = kzalloc_obj(*dev);
	if (!dev)
		return -ENOMEM;
	mutex_init(&dev->lock);
	INIT_WORK(&dev->work, run_states);
	INIT_DELAYED_WORK(&dev->ask_work, ask);
	INIT_DELAYED_WORK(&dev->disk_work, run_disk);
	dev->xbdev = xbdev;
	dev->vdevice = vdevice;
	dev->progress = jiffies;
	dev->stale = xbdev->state == XenbusStateClosed;
	dev->backend = xenbus_read_unsigned(xbdev->otherend, "state",
					    XenbusStateUnknown);
	/* Only its low bits fit; backends know the device by its path. */
	dev->handle = (u16)handle;
	dev_set_drvdata(&xbdev->dev, dev);

	mutex_lock(&devices_lock);
	list_add_tail(&dev->node, &devices);
	mutex_unlock(&devices_lock);
	dev->negotiated.data = dev->words;
	dev->stats = xbf_stats_show_device(dev_name(&xbdev->dev),
					   &dev->negotiated);
	/* The watch on the backend's state fires once as soon as it is set. */
	return 0;
}

static void otherend_changed(struct xenbus_device *xbdev,
			     enum xenbus_state backend)
{
	struct xbf_dev *dev = dev_get_drvdata(&xbdev->dev);
	unsigned int noio;

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
	if (dev->stale && (backend == XenbusStateClosed ||
			   backend == XenbusStateInitWait)) {
		/* It has seen us close; for this it opens again. */
		dev->stale = false;
		xenbus_switch_state(xbdev, XenbusStateInitialising);
	}
	if ((dev->state == XBF_NEW || dev->state == XBF_SUSPENDED) &&
	    !dev->stale &&
	    (backend == XenbusStateInitWait ||
	     backend == XenbusStateInitialised ||
	     backend == XenbusStateConnected))
		negotiate(dev);
	mutex_unlock(&dev->lock);
	memalloc_noio_restore(noio);

	queue_work(state_wq, &dev->work);
}

/*
 * The core has found the new backend, and sets the watch on its state when this
 * returns. Nothing waits for a backend here; that there is no suspend method is
 * on purpose: nobody would tell that a suspend was cancelled.
 */
static int resume(struct xenbus_device *xbdev)
{
	struct xbf_dev *dev = dev_get_drvdata(&xbdev->dev);
	enum xenbus_state backend;
	unsigned int noio;

	noio = memalloc_noio_save();
	mutex_lock(&dev->lock);
	backend = xenbus_read_unsigned(xbdev->otherend, "state",
				       XenbusStateUnknown);
	WRITE_ONCE(dev->backend, XenbusStateUnknown);
	if (dev->state != XBF_NEW && dev->state != XBF_SUSPENDED &&
	    dev->state != XBF_GONE && !dev->unusable)
		suspend(dev);
	/* The old one is still there, with the old rings: it is to close first. */
	dev->stale = backend == XenbusStateInitialised ||
		backend == XenbusStateConnected;
	if (dev->stale)
		xenbus_switch_state(xbdev, XenbusStateClosed);
	mutex_unlock(&dev->lock);
	memalloc_noio_restore(noio);
	return 0;
}

/*
 * The one callback that waits: the core frees the device when this returns, and
 * the disk hangs below it in sysfs. It does not wait for the backend, only for
 * the guest to see its I/O fail. A filesystem over several disks may see that only
 * when it has heard from all of them.
 */
static void remove(struct xenbus_device *xbdev)
{
	struct xbf_dev *dev = dev_get_drvdata(&xbdev->dev);

	mutex_lock(&devices_lock);
	list_del(&dev->node);
	mutex_unlock(&devices_lock);

	WRITE_ONCE(dev->unbound, true);
	queue_work(state_wq, &dev->work);
	flush_work(&dev->work);
	/* Queued again, if the ring broke in between; it stays broken now. */
	cancel_work_sync(&dev->work);
	cancel_delayed_work_sync(&dev->ask_work);
	flush_delayed_work(&dev->disk_work);
	xbf_stats_hide_device(dev->stats);
	/* Whoever queued a last request may still be in queue_rq(), under RCU. */
	synchronize_rcu();
	kfree(dev->disk.queue.feeders);
	kfree(dev->rings);
	kfree(dev);
}

XBF_REMOVE_OP(remove_op, remove)

static const struct xenbus_device_id vbd_ids[] = { { "vbd" }, { "" } };

static struct xenbus_driver vbd_driver = {
	.probe = probe,
	.remove = remove_op,
	.otherend_changed = otherend_changed,
	.resume = resume,
};

/* ---- Start and end ---- */

/* Worth waiting for: something happened not long ago. */
static bool connecting(const struct xbf_dev *dev)
{
	unsigned long patience = READ_ONCE(dev->state) == XBF_LIVE ?
		DISK_PATIENCE : CONNECT_PATIENCE;

	return !READ_ONCE(dev->settled) &&
		time_before(jiffies, READ_ONCE(dev->progress) + patience);
}

static bool any_connecting(void)
{
	struct xbf_dev *dev;
	bool any = false;

	mutex_lock(&devices_lock);
	list_for_each_entry(dev, &devices, node)
		any |= connecting(dev);
	mutex_unlock(&devices_lock);
	return any;
}

/*
 * Whoever loads a driver expects its disks to be there then. But a disk whose
 * backend never connects must not delay the boot.
 */
static void wait_for_disks(void)
{
	struct xbf_dev *dev;

	while (any_connecting())
		msleep(20);

	mutex_lock(&devices_lock);
	list_for_each_entry(dev, &devices, node) {
		if (!READ_ONCE(dev->settled))
			dev_warn(&dev->xbdev->dev,
				 "backend is in state %s, not waited for: the disk comes when it connects\n",
				 xenbus_strstate(READ_ONCE(dev->backend)));
	}
	mutex_unlock(&devices_lock);
}

/**
 * xbf_bus_init() - take the disks of this guest
 *
 * Process context; waits for those that are about to connect. Returns 0, or
 * -errno with nothing left behind.
 */
int xbf_bus_init(void)
{
	bool alone;
	int err;

	err = -ENOMEM;
	state_wq = alloc_workqueue("xen_blkfront_64k",
				   WQ_UNBOUND | WQ_MEM_RECLAIM | WQ_FREEZABLE,
				   0);
	if (!state_wq)
		return err;
	disk_wq = alloc_workqueue("xen_blkfront_64k_disk",
				  WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!disk_wq)
		goto fail_state_wq;
	err = xbf_disk_init(&alone);
	if (err)
		goto fail_disk_wq;
	/* The stock driver's name, where scripts look for it; it is there only once. */
	vbd_driver.name = alone ? "vbd" : KBUILD_MODNAME;
	xbf_stats_init();

	/*
	 * Registering waits up to 300 s for the devices it binds. So it binds
	 * none, and they are bound afterwards.
	 */
	err = xenbus_register_frontend(&vbd_driver);
	if (err)
		goto fail_stats;
	vbd_driver.ids = vbd_ids;
	err = driver_attach(&vbd_driver.driver);
	if (err)
		goto fail_driver;

	wait_for_disks();
	return 0;

fail_driver:
	xenbus_unregister_driver(&vbd_driver);
fail_stats:
	xbf_stats_exit();
	xbf_disk_exit();
fail_disk_wq:
	destroy_workqueue(disk_wq);
fail_state_wq:
	destroy_workqueue(state_wq);
	return err;
}

/**
 * xbf_bus_exit() - let go of all disks
 *
 * Process context; none is open.
 */
void xbf_bus_exit(void)
{
	xenbus_unregister_driver(&vbd_driver);
	xbf_stats_exit();
	xbf_disk_exit();
	destroy_workqueue(disk_wq);
	destroy_workqueue(state_wq);
}
