// SPDX-License-Identifier: GPL-2.0-only
/* since 5.16, commit fe415186b43d; stable 5.15.11 5.10.88 5.4.168 4.19.222 4.14.259 */
/*
 * XSA-332 brought late EOI to 5.10 and older stable series; XSA-391 exported the call
 * that binds without a handler.
 */
#include <xen/events.h>

int xbf_test(void);
int xbf_test(void)
{
	xen_irq_lateeoi(0, XEN_EOI_FLAG_SPURIOUS);
	return bind_evtchn_to_irq_lateeoi(0);
}
