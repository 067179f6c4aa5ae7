/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_COMPAT_XEN_H
#define XBF_COMPAT_XEN_H

/* The part of compat.h about grants, events, rings and xenbus. */
#include <linux/mm.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/io/ring.h>

/*
 * XBF_REMOVE_OP(op, fn) defines op(), as xenbus_driver.remove wants it, from
 * fn(struct xenbus_device *).
 */
#if XBF_XENBUS_REMOVE_RETURNS_NOTHING
#define XBF_REMOVE_OP(op, fn)						\
static void op(struct xenbus_device *xbdev)				\
{									\
	fn(xbdev);							\
}
#else
#define XBF_REMOVE_OP(op, fn)						\
static int op(struct xenbus_device *xbdev)				\
{									\
	fn(xbdev);							\
	return 0;							\
}
#endif

/* Without late EOI a backend can storm the guest with events (XSA-332). */
#if !XBF_LATE_EOI_EXISTS
#ifndef XEN_EOI_FLAG_SPURIOUS
#define XEN_EOI_FLAG_SPURIOUS	1
#endif
#define bind_evtchn_to_irq_lateeoi(port)	bind_evtchn_to_irq(port)
#define xen_irq_lateeoi(irq, flags)		((void)(flags))
#endif

#if XBF_GRANT_IS_ENDED_WITH_READONLY
static inline int xbf_end_foreign_access_ref(grant_ref_t ref)
{
	return gnttab_end_foreign_access_ref(ref, 0);
}

#define gnttab_end_foreign_access_ref xbf_end_foreign_access_ref
#endif

/* The page's address stands for it; one reference of it is dropped all the same. */
#if !XBF_GRANT_IS_LET_GO_WITH_ITS_PAGE
static inline void xbf_end_foreign_access(grant_ref_t ref, struct page *page)
{
#if XBF_GRANT_IS_LET_GO_WITH_ADDRESS_ALONE
	gnttab_end_foreign_access(ref, (unsigned long)page_address(page));
#else
	gnttab_end_foreign_access(ref, 0, (unsigned long)page_address(page));
#endif
}

#define gnttab_end_foreign_access xbf_end_foreign_access
#endif

/* Who may have it mapped was still told then, so that ending it says nothing. */
#if !XBF_GRANT_IS_ENDED_QUIETLY
static inline int gnttab_try_end_foreign_access(grant_ref_t ref)
{
	if (gnttab_query_foreign_access(ref) ||
	    !gnttab_end_foreign_access_ref(ref))
		return 0;
	gnttab_free_grant_reference(ref);
	return 1;
}
#endif

#if !XBF_RING_STARTS_IN_ONE_STEP
#define XEN_FRONT_RING_INIT(front, shared, bytes) do {			\
	SHARED_RING_INIT(shared);					\
	FRONT_RING_INIT(front, shared, bytes);				\
} while (0)
#endif

#if !XBF_RESPONSES_CAN_BE_COPIED
/* The barrier keeps the compiler from looking at the shared one again. */
#define RING_COPY_RESPONSE(front, index, copy) do {			\
	*(copy) = *RING_GET_RESPONSE(front, index);			\
	barrier();							\
} while (0)
#endif

#endif /* XBF_COMPAT_XEN_H */
