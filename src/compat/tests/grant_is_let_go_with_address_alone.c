// SPDX-License-Identifier: GPL-2.0-only
/* since 5.18, commit c94b731da21f; until 5.19, commit 49f8b459fc1e */
#include <xen/grant_table.h>

void xbf_test(unsigned long address);
void xbf_test(unsigned long address)
{
	gnttab_end_foreign_access(0, address);
}
