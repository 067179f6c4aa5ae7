// SPDX-License-Identifier: GPL-2.0-only
/*
 * Says how many grant references the guest has left: what is lost of them no other place shows.
 *
 * Reading /sys/module/xbf_grants/parameters/free takes all for a moment, so not while others need some; the grant table
 * grows to its full size the first time.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <xen/grant_table.h>
#include <xen/xen.h>

#define MOST	65536

/* Set aside one by one: the core of 7.3 oopses when a table of one frame is to grow to its full size at once. */
static int get_free(char *buffer, const struct kernel_param *param)
{
	unsigned int free = 0, i;
	grant_ref_t *heads = kvmalloc_array(MOST, sizeof(*heads), GFP_KERNEL);

	if (!heads)
		return -ENOMEM;
	while (free < MOST && !gnttab_alloc_grant_references(1, &heads[free]))
		free++;
	for (i = 0; i < free; i++)
		gnttab_free_grant_references(heads[i]);
	kvfree(heads);
	return sysfs_emit(buffer, "%u\n", free);
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
