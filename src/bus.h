/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_BUS_H
#define XBF_BUS_H

#include <linux/types.h>

/**
 * struct xbf_settings - what the administrator chose
 * @request_slots: slots that an advertised request may take
 * @max_rings: rings that a disk may have
 * @max_ring_order: each may have up to 1 << @max_ring_order frames
 * @max_slot_segments: segments that a slot may carry, with indirect descriptors
 * @persistent: grants may stay, data being copied
 * @trusted: backends may be given the guest's own pages
 */
struct xbf_settings {
	unsigned int request_slots;
	unsigned int max_rings;
	unsigned int max_ring_order;
	unsigned int max_slot_segments;
	bool persistent;
	bool trusted;
};

extern struct xbf_settings xbf_settings;

int xbf_bus_init(void);
void xbf_bus_exit(void);

#endif /* XBF_BUS_H */
