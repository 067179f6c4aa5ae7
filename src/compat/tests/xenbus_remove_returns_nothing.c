// SPDX-License-Identifier: GPL-2.0-only
/* since 6.3, commit 7cffcade57a4; stable 6.1.162 */
#include <xen/xenbus.h>

void (*xbf_test(const struct xenbus_driver *drv))(struct xenbus_device *);
void (*xbf_test(const struct xenbus_driver *drv))(struct xenbus_device *)
{
	return drv->remove;
}
