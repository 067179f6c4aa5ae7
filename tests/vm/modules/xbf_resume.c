// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has a frontend go through what a save and a restore do to it, where the hypervisor can do
 * neither: the bus's own callbacks, freeze and restore, in the middle of I/O. Processes and
 * workqueues are not frozen, which is harder on the driver than a restore is.
 *
 * Every write to /sys/module/xbf_resume/parameters/device of a device's name (vbd-51728) does so.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

static const struct xenbus_device_id none[] = { { "" } };

/* Binds nothing; it is there to be told the bus, which is not exported. */
static struct xenbus_driver driver = {
	.name = "xbf_resume",
	.ids = none,
};

static int resume(const char *name)
{
	const struct dev_pm_ops *pm;
	struct device *dev;
	unsigned int noio;
	int err;

	if (!driver.driver.bus)
		return -ENODEV;
	dev = bus_find_device_by_name(driver.driver.bus, NULL, name);
	if (!dev)
		return -ENODEV;

	pm = dev->bus->pm;
	/* As the core does: allocations must not wait for disks that are asleep. */
	noio = memalloc_noio_save();
	device_lock(dev);
	err = pm->freeze(dev);
	if (!err)
		err = pm->restore(dev);
	device_unlock(dev);
	memalloc_noio_restore(noio);
	put_device(dev);
	return err;
}

static int set_device(const char *value, const struct kernel_param *param)
{
	char *text = kstrdup(value, GFP_KERNEL);
	int err;

	if (!text)
		return -ENOMEM;
	err = resume(strim(text));
	kfree(text);
	return err;
}

static const struct kernel_param_ops device_ops = { .set = set_device };

module_param_cb(device, &device_ops, NULL, 0200);
MODULE_PARM_DESC(device, "Device to be restored, once for each time that it is written");

static int __init xbf_resume_init(void)
{
	return xen_domain() ? xenbus_register_frontend(&driver) : -ENODEV;
}

static void __exit xbf_resume_exit(void)
{
	xenbus_unregister_driver(&driver);
}

module_init(xbf_resume_init);
module_exit(xbf_resume_exit);

MODULE_DESCRIPTION("Test: restore a Xen frontend that was not saved");
MODULE_LICENSE("GPL");
