// SPDX-License-Identifier: GPL-2.0-only
/* since 5.10, commit 54c9de89895e; stable 5.4.75 4.19.155 4.14.207 */
/* until 5.11, commit 3bd5371a4da6; since 5.16, commit fe415186b43d; stable 5.15.11 */
/*
 * XSA-332 brought it, 5.11 took the call that binds without a handler away as unused,
 * XSA-391 brought that back.
 */
#include <xen/events.h>

int xbf_test(void);
int xbf_test(void)
{
	xen_irq_lateeoi(0, XEN_EOI_FLAG_SPURIOUS);
	return bind_evtchn_to_irq_lateeoi(0);
}
