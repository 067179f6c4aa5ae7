// SPDX-License-Identifier: GPL-2.0-only
/* since 5.19, commit 49f8b459fc1e */
#include <xen/grant_table.h>

void xbf_test(struct page *page);
void xbf_test(struct page *page)
{
	gnttab_end_foreign_access(0, page);
}
