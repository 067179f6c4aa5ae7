// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices on xenbus: which are ours, how they are bound and unbound, and how long
 * they are waited for at start. What happens to one in between is for its states.
 */
#include <linux/delay.h>
#include <linux/major.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "bus.h"
#include "store.h"

/*
 * How long a disk whose backend has connected is waited for at start, for its
 * partition table (as long as xenbus would wait).
 */
#define DISK_PATIENCE		(270 * HZ)

struct xbf_settings xbf_settings = {
	.request_slots = 4,
	.max_rings = 4,
	.max_slot_segments = 32,
	.persistent = true,
	.trusted = true,
};

/* Bound devices. */
static LIST_HEAD(devices);
static DEFINE_MUTEX(devices_lock);

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
	dev->xbdev = xbdev;
	dev->vdevice = vdevice;
	/* Only its low bits fit; backends know the device by its path. */
	dev->handle = (u16)handle;
	xbf_states_init(dev);
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
	xbf_states_backend_changed(dev_get_drvdata(&xbdev->dev), backend);
}

/*
 * The core has found the new backend, and sets the watch on its state when this
 * returns. That there is no suspend method is on purpose: nobody would tell that a
 * suspend was cancelled.
 */
static int resume(struct xenbus_device *xbdev)
{
	xbf_states_restored(dev_get_drvdata(&xbdev->dev));
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

	xbf_states_end(dev);
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
		DISK_PATIENCE : XBF_BACKEND_PATIENCE;

	return !READ_ONCE(dev->settled) &&
		time_before64(get_jiffies_64(),
			      READ_ONCE(dev->progress) + patience);
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

	err = xbf_states_start();
	if (err)
		return err;
	err = xbf_disk_init(&alone);
	if (err)
		goto fail_states;
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
fail_states:
	xbf_states_stop();
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
	xbf_states_stop();
}
