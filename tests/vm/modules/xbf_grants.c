// SPDX-License-Identifier: GPL-2.0-only
/*
 * Says how many grant references the guest has left: what is lost of them no other place shows.
 *
 * Reading /sys/module/xbf_grants/parameters/free takes all for a moment, so not while others need some; the grant table
 * grows to its full size the first time.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sysfs.h>
#include <xen/grant_table.h>
#include <xen/xen.h>

/* The most that can be set aside at once, by halving. */
static int get_free(char *buffer, const struct kernel_param *param)
{
	unsigned int some = 0, too_many = 1 << 20, half;
	grant_ref_t head;

	while (too_many - some > 1) {
		half = (some + too_many) / 2;
		if (gnttab_alloc_grant_references(half, &head)) {
			too_many = half;
		} else {
			gnttab_free_grant_references(head);
			some = half;
		}
	}
	return sysfs_emit(buffer, "%u\n", some);
}

static const struct kernel_param_ops free_ops = { .get = get_free };

module_param_cb(free, &free_ops, NULL, 0400);
MODULE_PARM_DESC(free, "Grant references that are left");

static int __init xbf_grants_init(void)
{
	return xen_domain() ? 0 : -ENODEV;
}

static void __exit xbf_grants_exit(void)
{
}

module_init(xbf_grants_init);
module_exit(xbf_grants_exit);

MODULE_DESCRIPTION("Test: count free grant references");
MODULE_LICENSE("GPL");
