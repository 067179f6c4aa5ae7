// SPDX-License-Identifier: GPL-2.0-only
/* until 5.18, commit c94b731da21f */
#include <xen/grant_table.h>

void xbf_test(unsigned long address);
void xbf_test(unsigned long address)
{
	gnttab_end_foreign_access(0, 0, address);
}
