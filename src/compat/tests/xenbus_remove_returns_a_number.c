// SPDX-License-Identifier: GPL-2.0-only
/* until 6.3, commit 7cffcade57a4; stable 6.1.162 */
#include <xen/xenbus.h>

int (*xbf_test(const struct xenbus_driver *drv))(struct xenbus_device *);
int (*xbf_test(const struct xenbus_driver *drv))(struct xenbus_device *)
{
	return drv->remove;
}
