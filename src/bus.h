/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_BUS_H
#define XBF_BUS_H

#include <linux/debugfs.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

#include "disk.h"
#include "ring.h"

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

/* How long a backend may make no move before it is not waited for, or looked after. */
#define XBF_BACKEND_PATIENCE	(10 * HZ)

enum xbf_state {
	XBF_NEW,		/* nothing told to the backend */
	XBF_NEGOTIATING,	/* ring published, backend not connected */
	XBF_LIVE,		/* does I/O */
	XBF_SUSPENDED,		/* restored; holds I/O back, no ring */
	XBF_BROKEN,		/* fails I/O; refused, or a violation */
	XBF_GONE,		/* detached; the disk is being removed */
};

/**
 * struct xbf_dev - one virtual block device
 * @node: in the list of bound devices
 * @xbdev: the device on xenbus; valid until it is unbound
 * @vdevice: Xen's virtual device number
 * @backend: the backend's state as last told
 * @stale: the backend's state is still about a time before: bound or restored while it
 *	had rings, or to be asked again
 * @unbound: the driver is taken from the device
 * @progress: when @state was last changed, in jiffies that do not wrap
 * @settled: the disk is there, or will not come
 * @work: runs the states
 * @asked: how often a backend that closed instead of connecting was asked again
 * @ask_work: does so
 * @disk_work: adds, resizes and removes the disk
 * @lock: protects @state, @asked, @geometry and @renewed; held by @work, never while
 *	waiting for I/O
 * @state: changed by enter() only
 * @geometry: what the disk is like, as last read
 * @renewed: it was read from another backend, and @disk_work is to take it over
 * @handle: its number in every ring request
 * @nr_rings: how many rings it has
 * @rings: these; from the first negotiation on, when
 *	their greatest number and @ring_order are settled
 * @ring_order: their greatest order
 * @path: how data goes
 * @unusable: its disk could not be added, which cannot be tried again
 * @disk: its disk
 * @stats: its directory in debugfs
 * @words: what was negotiated last
 * @negotiated: @words as a file there
 */
struct xbf_dev {
	struct list_head node;
	struct xenbus_device *xbdev;
	u32 vdevice;
	enum xenbus_state backend;
	bool stale;
	bool unbound;
	u64 progress;
	bool settled;
	struct work_struct work;
	unsigned int asked;
	struct delayed_work ask_work;
	struct delayed_work disk_work;
	struct mutex lock; /* see above */
	enum xbf_state state;
	struct xbf_geometry geometry;
	bool renewed;
	u16 handle;
	unsigned int nr_rings;
	unsigned int ring_order;
	struct xbf_path path;
	bool unusable;
	struct xbf_ring *rings;
	struct xbf_disk disk;
	struct dentry *stats;
	char words[160];
	struct debugfs_blob_wrapper negotiated;
};

#define for_each_ring(ring, dev)	\
	for (ring = (dev)->rings; ring < (dev)->rings + (dev)->nr_rings; ring++)

/* bus_states.c */
void xbf_states_init(struct xbf_dev *dev);
void xbf_states_backend_changed(struct xbf_dev *dev, enum xenbus_state backend);
void xbf_states_restored(struct xbf_dev *dev);
void xbf_states_end(struct xbf_dev *dev);
int xbf_states_start(void);
void xbf_states_stop(void);

/* bus_rings.c; all under dev->lock but for xbf_rings_close() and _in_reach() */
int xbf_rings_open(struct xbf_dev *dev, struct workqueue_struct *wq);
int xbf_rings_connect(struct xbf_dev *dev);
void xbf_rings_describe(struct xbf_dev *dev);
void xbf_rings_release(struct xbf_dev *dev);
bool xbf_rings_broken(struct xbf_dev *dev, bool look);
void xbf_rings_fail(struct xbf_dev *dev, bool patience);
bool xbf_rings_in_reach(struct xbf_dev *dev);
void xbf_rings_close(struct xbf_dev *dev, bool backend_closed);

int xbf_bus_init(void);
void xbf_bus_exit(void);

#endif /* XBF_BUS_H */
