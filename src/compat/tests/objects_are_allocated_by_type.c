// SPDX-License-Identifier: GPL-2.0-only
/* since 7.0, commit e19e1b480ac7; stable 6.12.117 */
/* A stable release is the first that was looked at, not the first that has it. */
#include <linux/slab.h>

void *xbf_test(void);
void *xbf_test(void)
{
	int *object = kzalloc_obj(*object);

	return object ? object : kzalloc_objs(*object, 2, GFP_NOIO);
}
