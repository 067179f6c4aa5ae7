// SPDX-License-Identifier: GPL-2.0-only
/*
 * xen_blkfront_64k: the Xen PV block frontend for guests whose page is bigger
 * than what one ring request can carry. Parameters, and the order in which
 * things start and end.
 */
#include <linux/kernel.h>
#include <linux/major.h>
#include <linux/module.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include "bus.h"
#include "ring.h"

/* A page must fit in a request; a request must leave room for three others. */
#define MIN_REQUEST_SLOTS \
	DIV_ROUND_UP(PAGE_SIZE / XBF_FRAME_SIZE, XBF_SLOT_SEGMENTS)
#define MAX_REQUEST_SLOTS	(XBF_REQUEST_SLOTS / 4)

static bool enable = true;
module_param(enable, bool, 0444);
MODULE_PARM_DESC(enable,
		 "With N, refuse to load: the kernel's own driver has all disks (default Y)");

module_param_named(max_request_slots, xbf_settings.request_slots, uint, 0444);
MODULE_PARM_DESC(max_request_slots,
		 "Ring slots of 44 KiB that one block request may take (default 4)");

module_param_named(max_queues, xbf_settings.max_rings, uint, 0444);
MODULE_PARM_DESC(max_queues,
		 "Rings, and hardware queues, that a disk may have (default 4), never more than processors");

module_param_named(max_ring_page_order, xbf_settings.max_ring_order, uint,
		   0444);
MODULE_PARM_DESC(max_ring_page_order,
		 "A ring may have as many as 2 to this power frames of 4 KiB (default 0, up to 4)");

module_param_named(max_indirect_segments, xbf_settings.max_slot_segments,
		   uint, 0444);
MODULE_PARM_DESC(max_indirect_segments,
		 "Segments of 4 KiB in a slot, where the backend has indirect descriptors (default 32)");

module_param_named(feature_persistent, xbf_settings.persistent, bool, 0644);
MODULE_PARM_DESC(feature_persistent,
		 "Copy data to frames that stay granted, where the backend does so too (default Y)");

module_param_named(trusted, xbf_settings.trusted, bool, 0644);
MODULE_PARM_DESC(trusted,
		 "Backends may see the guest's own pages (default Y); with N all data is copied");

static void __init clamp_setting(const char *name, unsigned int *value,
				 unsigned int min, unsigned int max)
{
	unsigned int used = clamp(*value, min, max);

	if (used == *value)
		return;
	pr_warn(KBUILD_MODNAME ": %s %u, expected %u to %u: using %u\n", name,
		*value, min, max, used);
	*value = used;
}

static int __init xbf_init(void)
{
	int err;

	/* Refusing comes first: nothing is taken that another driver could have. */
	if (!enable) {
		pr_info(KBUILD_MODNAME ": enable=0: disks are left to another driver\n");
		return -ENODEV;
	}
	if (!xen_domain() || !xen_has_pv_disk_devices())
		return -ENODEV;

	clamp_setting("max_request_slots", &xbf_settings.request_slots,
		      MIN_REQUEST_SLOTS, MAX_REQUEST_SLOTS);
	clamp_setting("max_indirect_segments", &xbf_settings.max_slot_segments, 0,
		      XBF_REQUEST_SEGMENTS);
	/* So many go without. */
	xbf_settings.max_slot_segments = max_t(unsigned int, XBF_SLOT_SEGMENTS,
					       xbf_settings.max_slot_segments);
	clamp_setting("max_ring_page_order", &xbf_settings.max_ring_order, 0,
		      XBF_RING_MAX_ORDER);
	clamp_setting("max_queues", &xbf_settings.max_rings, 1, UINT_MAX);
	xbf_settings.max_rings = min(xbf_settings.max_rings,
				     num_online_cpus());

	err = xbf_bus_init();
	if (err)
		xbf_grant_exit();
	return err;
}

static void __exit xbf_exit(void)
{
	xbf_bus_exit();
	xbf_grant_exit();
}

/*
 * Built in, this comes after xenbus waited at boot for the devices that are
 * bound then, up to 270 s for one with a silent backend. Ours are bound here,
 * and waited for as when loaded as a module; before the root is mounted.
 */
late_initcall(xbf_init);
module_exit(xbf_exit);

MODULE_DESCRIPTION("Xen virtual block device frontend for any page size");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
MODULE_ALIAS("xen:vbd");
MODULE_ALIAS("xenblk");
MODULE_ALIAS_BLOCKDEV_MAJOR(XENVBD_MAJOR);
