// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rings of a device, all of them at a time: how many and how large, and what the
 * backend's offers make of them. When that is done is the business of the states
 * in bus_states.c, what goes on in one is the ring's.
 */
#include <linux/slab.h>

#include "bus.h"
#include "store.h"

static int make_rings(struct xbf_dev *dev, struct workqueue_struct *wq,
		      unsigned int rings, unsigned int order)
{
	unsigned int i;

	dev->rings = kzalloc_objs(*dev->rings, rings, GFP_KERNEL);
	if (!dev->rings)
		return -ENOMEM;
	dev->nr_rings = rings;
	dev->ring_order = order;
	dev->disk.queue.rings = dev->rings;
	for (i = 0; i < rings; i++) {
		xbf_ring_init(&dev->rings[i], dev->xbdev, dev->handle, wq,
			      &dev->work, order);
		xbf_stats_show_ring(dev->stats, i, &dev->rings[i].stats,
				    &dev->rings[i].bounce);
	}
	return 0;
}

/**
 * xbf_rings_open() - set rings up for a backend that is there
 * @dev: the device; rings of an earlier backend are suspended
 * @wq: where works run that never wait for a backend
 *
 * As many as both sides can do, all of one size; after the first time never more,
 * never larger, as the tags of requests are made for them. Process context, as for
 * xbf_ring_open(). Returns 0 or -errno, with rings that are to be failed.
 */
int xbf_rings_open(struct xbf_dev *dev, struct workqueue_struct *wq)
{
	unsigned int rings, order, i;
	struct xbf_ring *ring;
	int err = 0;

	xbf_store_read_rings(dev->xbdev, &rings, &order);
	rings = min(rings, xbf_settings.max_rings);
	order = min(order, xbf_settings.max_ring_order);
	if (!dev->rings)
		err = make_rings(dev, wq, rings, order);
	if (err)
		return err;
	rings = min(rings, dev->nr_rings);
	order = min(order, dev->ring_order);

	for_each_ring(ring, dev)
		xbf_ring_forget(ring);
	dev->disk.queue.nr_rings = rings;
	for (i = 0; i < rings; i++) {
		err = xbf_ring_open(&dev->rings[i], order);
		if (err)
			return err;
	}
	return 0;
}

/* How data will go, as far as both sides can. */
static void read_path(struct xbf_dev *dev)
{
	bool trusted = xbf_settings.trusted && xbf_store_trusted(dev->xbdev);
	struct xbf_path *path = &dev->path;
	unsigned int segments;

	path->sector_size = dev->geometry.sector_size;
	path->slot_segments = min(xbf_store_slot_segments(dev->xbdev),
				  xbf_settings.max_slot_segments);
	segments = min(xbf_settings.request_slots * path->slot_segments,
		       XBF_REQUEST_SEGMENTS);
	path->request_segments = max(path->request_segments, segments);
	path->persistent = path->persistent && xbf_store_persistent(dev->xbdev);
	path->packs = path->persistent || !trusted;
	dev->geometry.segments = segments;
}

/**
 * xbf_rings_connect() - read what the backend offers, and make ready for it
 * @dev: the device, with open rings; its geometry and what its queue may ask for are
 *	set
 *
 * Process context, as for xbf_ring_open(). Returns 0, or -errno with a line.
 */
int xbf_rings_connect(struct xbf_dev *dev)
{
	struct xbf_geometry *geometry = &dev->geometry;
	unsigned int i;
	int err;

	err = xbf_store_read_geometry(dev->xbdev, geometry);
	if (err)
		return err;
	xbf_store_read_flush(dev->xbdev, &dev->disk.queue);
	/* Nothing to flush, and backends call a flush a write. */
	if (geometry->info & VDISK_READONLY)
		dev->disk.queue.flush = XBF_OP_NONE;
	xbf_store_read_discard(dev->xbdev, geometry->sector_size,
			       &geometry->discard);
	dev->disk.queue.discard = geometry->discard;

	read_path(dev);
	for (i = 0; !err && i < dev->disk.queue.nr_rings; i++)
		err = xbf_ring_connect(&dev->rings[i], &dev->path);
	if (err)
		dev_err(&dev->xbdev->dev,
			"cannot set requests of %u segments aside: error %d: not attached\n",
			dev->path.request_segments, err);
	return err;
}

/**
 * xbf_rings_describe() - put into words what was negotiated
 * @dev: the device, connected
 *
 * For the log, and for whoever reads it in debugfs, who may see some of both as it
 * changes. Under dev->lock.
 */
void xbf_rings_describe(struct xbf_dev *dev)
{
	dev->negotiated.size =
		scnprintf(dev->words, sizeof(dev->words),
			  "%llu sectors, sector-size %u, rings %u, slots %u of %u segments, requests up to %u KiB, data %s, flush %s\n",
			  dev->geometry.sectors, dev->geometry.sector_size,
			  dev->disk.queue.nr_rings, dev->rings[0].size,
			  dev->path.slot_segments,
			  dev->geometry.segments * (XBF_FRAME_SIZE / 1024),
			  dev->path.persistent ? "in persistent grants" :
			  dev->path.packs ? "copied" : "in place",
			  dev->disk.queue.flush == XBF_OP_NONE ? "none" :
			  dev->disk.queue.flush == BLKIF_OP_WRITE_BARRIER ?
			  "barrier" : "cache");
}

/**
 * xbf_rings_release() - let requests go to the rings again, or be refused
 * @dev: the device, with rings or without
 *
 * Process context.
 */
void xbf_rings_release(struct xbf_dev *dev)
{
	struct xbf_ring *ring;

	for_each_ring(ring, dev)
		xbf_ring_release(ring);
	xbf_disk_go_on(&dev->disk);
}

/**
 * xbf_rings_broken() - whether one that is in use is broken
 * @dev: the device
 * @look: ask for each whether its backend is still there
 *
 * Process context.
 */
bool xbf_rings_broken(struct xbf_dev *dev, bool look)
{
	struct xbf_ring *ring;
	unsigned int i;

	for (i = 0; i < dev->disk.queue.nr_rings; i++) {
		ring = &dev->rings[i];
		if (look)
			xbf_ring_look(ring);
		if (READ_ONCE(ring->broken))
			return true;
	}
	return false;
}

/**
 * xbf_rings_fail() - end everything that is on a ring, and take nothing more
 * @dev: the device
 * @patience: see xbf_ring_fail()
 *
 * Process context.
 */
void xbf_rings_fail(struct xbf_dev *dev, bool patience)
{
	struct xbf_ring *ring;

	for_each_ring(ring, dev)
		xbf_ring_fail(ring, patience);
}

/**
 * xbf_rings_in_reach() - whether the backend may still look at more than the rings
 * @dev: the device, with its disk gone
 */
bool xbf_rings_in_reach(struct xbf_dev *dev)
{
	struct xbf_ring *ring;

	for_each_ring(ring, dev) {
		if (ring->refs.recalled || READ_ONCE(ring->bounce.nr_granted))
			return true;
	}
	return false;
}

/**
 * xbf_rings_close() - free all that the rings have
 * @dev: the device, with its disk gone
 * @backend_closed: the backend says that it does not look at the rings any more
 *
 * Process context.
 */
void xbf_rings_close(struct xbf_dev *dev, bool backend_closed)
{
	struct xbf_ring *ring;

	for_each_ring(ring, dev)
		xbf_ring_close(ring, backend_closed);
}
