/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_STORE_H
#define XBF_STORE_H

#include <xen/xenbus.h>

#include "disk.h"

int xbf_store_read_vdevice(struct xenbus_device *xbdev, u32 *vdevice);
bool xbf_store_trusted(struct xenbus_device *xbdev);
bool xbf_store_online(struct xenbus_device *xbdev);
int xbf_store_read_capacity(struct xenbus_device *xbdev, const char *verdict,
			    u64 *sectors);
int xbf_store_read_geometry(struct xenbus_device *xbdev,
			    struct xbf_geometry *geometry);
void xbf_store_read_flush(struct xenbus_device *xbdev,
			  struct xbf_queue *queue);
void xbf_store_read_rings(struct xenbus_device *xbdev, unsigned int *rings,
			  unsigned int *order);
void xbf_store_read_discard(struct xenbus_device *xbdev, u32 sector_size,
			    struct xbf_discard *discard);
unsigned int xbf_store_slot_segments(struct xenbus_device *xbdev);
bool xbf_store_persistent(struct xenbus_device *xbdev);
int xbf_store_publish(struct xenbus_device *xbdev,
		      const struct xbf_queue *queue, bool persistent);

#endif /* XBF_STORE_H */
