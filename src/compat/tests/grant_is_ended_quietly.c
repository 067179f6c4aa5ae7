// SPDX-License-Identifier: GPL-2.0-only
/* since 5.17, commit 6b1775f26a2d; stable 5.16.14 5.15.28 5.10.105 5.4.184 4.19.234 4.14.271 */
#include <xen/grant_table.h>

int xbf_test(grant_ref_t ref);
int xbf_test(grant_ref_t ref)
{
	return gnttab_try_end_foreign_access(ref);
}
