// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xenstore: reading and checking what the toolstack and the backend say, and
 * writing what they are to know. Nothing read there is believed; names, units and
 * meanings are those of Xen's public/io/blkif.h. When to read and write is the
 * bus's business.
 *
 * Process context throughout: every call talks to xenstored, none to the backend.
 */
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>
#include <xen/interface/io/protocols.h>

#include "store.h"

/* Bounds of what a backend may say. */
#define MAX_SECTORS		((u64)LLONG_MAX >> SECTOR_SHIFT)
#define MAX_PHYSICAL_SIZE	BIT(20)

static const char not_attached[] = "not attached";

/*
 * Returns 0, or -errno with a line that ends in @verdict. Rate-limited: backends
 * can change a capacity as often as they like.
 */
static int read_number(struct xenbus_device *xbdev, const char *node,
		       const char *verdict, u64 *value)
{
	unsigned int len;
	char *text;
	int err;

	text = xenbus_read(XBT_NIL, xbdev->otherend, node, &len);
	if (IS_ERR(text)) {
		dev_err_ratelimited(&xbdev->dev,
				    "backend says no %s, need a number: %s\n",
				    node, verdict);
		return PTR_ERR(text);
	}

	err = kstrtoull(text, 10, value);
	if (err)
		dev_err_ratelimited(&xbdev->dev,
				    "backend says %s '%*pE', need a number: %s\n",
				    node, min_t(int, len, 32), text, verdict);
	kfree(text);
	return err;
}

/* As read_number(), for a power of two from @min to @max bytes. */
static int read_size(struct xenbus_device *xbdev, const char *node,
		     const char *verdict, u32 min, u32 max, u32 *size)
{
	u64 value;
	int err = read_number(xbdev, node, verdict, &value);

	if (err)
		return err;
	if (value < min || value > max || !is_power_of_2(value)) {
		dev_err(&xbdev->dev,
			"backend says %s %llu, need a power of two from %u to %u: %s\n",
			node, value, min, max, verdict);
		return -EINVAL;
	}
	*size = value;
	return 0;
}

/**
 * xbf_store_read_vdevice() - read which disk this is to be
 * @xbdev: the device
 * @vdevice: Xen's virtual device number
 *
 * Returns 0, or -ENODEV with a line.
 */
int xbf_store_read_vdevice(struct xenbus_device *xbdev, u32 *vdevice)
{
	unsigned int len = 0;
	char *text;
	int err;

	text = xenbus_read(XBT_NIL, xbdev->nodename, "virtual-device", &len);
	if (IS_ERR(text))
		text = xenbus_read(XBT_NIL, xbdev->nodename,
				   "virtual-device-ext", &len);
	if (IS_ERR(text))
		text = NULL;
	err = text ? kstrtou32(text, 0, vdevice) : -ENOENT;
	if (err)
		dev_err(&xbdev->dev,
			"toolstack says virtual-device '%*pE', need a number: not attached\n",
			min_t(int, len, 32), text);
	kfree(text);
	return err ? -ENODEV : 0;
}

/**
 * xbf_store_trusted() - whether the toolstack trusts the backend (XSA-403)
 * @xbdev: the device
 */
bool xbf_store_trusted(struct xenbus_device *xbdev)
{
	return xenbus_read_unsigned(xbdev->nodename, "trusted", 1);
}

/**
 * xbf_store_online() - whether the toolstack wants the backend to stay when it is closed
 * @xbdev: the device
 */
bool xbf_store_online(struct xenbus_device *xbdev)
{
	return xenbus_read_unsigned(xbdev->otherend, "online", 0);
}

/**
 * xbf_store_read_capacity() - read the size of the disk
 * @xbdev: the device
 * @verdict: what becomes of a bad one, for the line that says so
 * @sectors: in units of 512 bytes, whatever the sector size
 *
 * Returns 0, or -errno with a line.
 */
int xbf_store_read_capacity(struct xenbus_device *xbdev, const char *verdict,
			    u64 *sectors)
{
	int err = read_number(xbdev, "sectors", verdict, sectors);

	if (err)
		return err;
	if (!*sectors || *sectors > MAX_SECTORS) {
		dev_err_ratelimited(&xbdev->dev,
				    "backend says sectors %llu, need 1 to %llu: %s\n",
				    *sectors, MAX_SECTORS, verdict);
		return -EINVAL;
	}
	return 0;
}

/**
 * xbf_store_read_geometry() - read what the disk is like
 * @xbdev: the device
 * @geometry: filled in, but for slots
 *
 * Returns 0, or -errno with a line.
 */
int xbf_store_read_geometry(struct xenbus_device *xbdev,
			    struct xbf_geometry *geometry)
{
	u64 info;
	int err;

	err = xbf_store_read_capacity(xbdev, not_attached, &geometry->sectors);
	if (err)
		return err;
	err = read_size(xbdev, "sector-size", not_attached, XBF_SECTOR_SIZE,
			XBF_FRAME_SIZE, &geometry->sector_size);
	if (err)
		return err;

	/* A hint; some drives say what is no power of two. */
	geometry->physical_size = geometry->sector_size;
	if (xenbus_exists(XBT_NIL, xbdev->otherend, "physical-sector-size"))
		read_size(xbdev, "physical-sector-size", "not used",
			  geometry->sector_size, MAX_PHYSICAL_SIZE,
			  &geometry->physical_size);

	err = read_number(xbdev, "info", not_attached, &info);
	if (!err)
		geometry->info = info;
	return err;
}

/**
 * xbf_store_read_flush() - read how the backend makes writes durable
 * @xbdev: the device
 * @queue: flush and barrier are set; a cache that can be flushed wins
 */
void xbf_store_read_flush(struct xenbus_device *xbdev, struct xbf_queue *queue)
{
	queue->barrier = xenbus_read_unsigned(xbdev->otherend,
					      "feature-barrier", 0);
	if (xenbus_read_unsigned(xbdev->otherend, "feature-flush-cache", 0))
		queue->flush = BLKIF_OP_FLUSH_DISKCACHE;
	else if (queue->barrier)
		queue->flush = BLKIF_OP_WRITE_BARRIER;
	else
		queue->flush = XBF_OP_NONE;
}

/**
 * xbf_store_read_discard() - read what the backend can throw away
 * @xbdev: the device
 * @sector_size: the disk's, in bytes
 * @discard: filled in; what makes no sense is not used, with a line
 */
void xbf_store_read_discard(struct xenbus_device *xbdev, u32 sector_size,
			    struct xbf_discard *discard)
{
	const char *end = xbdev->otherend;
	u32 granularity, alignment;

	*discard = (struct xbf_discard){};
	if (!xenbus_read_unsigned(end, "feature-discard", 0))
		return;

	granularity = xenbus_read_unsigned(end, "discard-granularity",
					   sector_size);
	alignment = xenbus_read_unsigned(end, "discard-alignment", 0);
	if (!granularity)
		granularity = sector_size;
	if (granularity % sector_size ||
	    alignment % sector_size) {
		dev_warn(&xbdev->dev,
			 "backend says discard-granularity %u and discard-alignment %u, need multiples of %u: no discards\n",
			 granularity, alignment, sector_size);
		return;
	}
	discard->granularity = granularity >> SECTOR_SHIFT;
	discard->alignment = (alignment % granularity) >> SECTOR_SHIFT;
	discard->plain = true;
	/* Before 5.19 what is too large is cut without regard to the alignment. */
	discard->secure = !alignment &&
		xenbus_read_unsigned(end, "discard-secure", 0);
}

/**
 * xbf_store_read_rings() - read how many rings the backend takes
 * @xbdev: the device
 * @rings: their greatest number, at least 1
 * @order: each may have up to 1 << @order frames
 *
 * As far as we can go along with it.
 */
void xbf_store_read_rings(struct xenbus_device *xbdev, unsigned int *rings,
			  unsigned int *order)
{
	*rings = xenbus_read_unsigned(xbdev->otherend,
				      "multi-queue-max-queues", 1);
	*rings = max(*rings, 1U);
	*order = xenbus_read_unsigned(xbdev->otherend, "max-ring-page-order",
				      0);
	*order = min_t(unsigned int, *order, XBF_RING_MAX_ORDER);
}

/**
 * xbf_store_slot_segments() - read how many segments the backend takes in a slot
 * @xbdev: the device
 *
 * At least as many as a slot has room for.
 */
unsigned int xbf_store_slot_segments(struct xenbus_device *xbdev)
{
	return max_t(unsigned int, XBF_SLOT_SEGMENTS,
		     xenbus_read_unsigned(xbdev->otherend,
					  "feature-max-indirect-segments", 0));
}

/**
 * xbf_store_persistent() - whether the backend keeps frames mapped for the next request
 * @xbdev: the device
 */
bool xbf_store_persistent(struct xenbus_device *xbdev)
{
	return xenbus_read_unsigned(xbdev->otherend, "feature-persistent", 0);
}

/*
 * What another driver, or we with another backend, may have left here, and what a
 * backend would take for said now: it never removes any of it.
 */
static const char *const old_nodes[] = {
	"feature-persistent",
	"multi-queue-num-queues",
	"ring-page-order",
	"num-ring-pages",
	"feature-large-sector-size",
};

/* One ring, in the directory @dir. */
static int write_ring(struct xenbus_transaction xbt, const char *dir,
		      const struct xbf_ring *ring)
{
	char name[20] = "ring-ref";
	unsigned int i;
	int err;

	for (i = 0; i < 1U << ring->order; i++) {
		if (ring->order)
			snprintf(name, sizeof(name), "ring-ref%u", i);
		err = xenbus_printf(xbt, dir, name, "%u",
				    ring->shared_grants[i].ref);
		if (err)
			return err;
	}
	return xenbus_printf(xbt, dir, "event-channel", "%u", ring->evtchn);
}

/* Several rings: each in a directory of its own. */
static int write_rings(struct xenbus_transaction xbt, const char *dir,
		       const struct xbf_queue *queue)
{
	unsigned int i;
	char *subdir;
	int err;

	err = xenbus_printf(xbt, dir, "multi-queue-num-queues", "%u",
			    queue->nr_rings);
	for (i = 0; !err && i < queue->nr_rings; i++) {
		subdir = kasprintf(GFP_KERNEL, "%s/queue-%u", dir, i);
		if (!subdir)
			return -ENOMEM;
		err = write_ring(xbt, subdir, &queue->rings[i]);
		kfree(subdir);
	}
	return err;
}

static int write_all(struct xenbus_transaction xbt, const char *dir,
		     const struct xbf_queue *queue, bool persistent)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(old_nodes); i++) {
		err = xenbus_rm(xbt, dir, old_nodes[i]);
		if (err && err != -ENOENT)
			return err;
	}

	if (queue->nr_rings == 1)
		err = write_ring(xbt, dir, &queue->rings[0]);
	else
		err = write_rings(xbt, dir, queue);
	if (!err && queue->rings[0].order)
		err = xenbus_printf(xbt, dir, "ring-page-order", "%u",
				    queue->rings[0].order);
	if (!err && persistent)
		err = xenbus_printf(xbt, dir, "feature-persistent", "1");
	if (err)
		return err;
	return xenbus_printf(xbt, dir, "protocol", "%s",
			     XEN_IO_PROTO_ABI_NATIVE);
}

/**
 * xbf_store_publish() - tell the backend where the rings are
 * @xbdev: the device
 * @queue: its rings, open
 * @persistent: frames may stay granted
 *
 * In one transaction: the backend never sees half of it. Returns 0 or -errno.
 */
int xbf_store_publish(struct xenbus_device *xbdev,
		      const struct xbf_queue *queue, bool persistent)
{
	struct xenbus_transaction xbt;
	int err, end;

	do {
		err = xenbus_transaction_start(&xbt);
		if (err)
			return err;
		err = write_all(xbt, xbdev->nodename, queue, persistent);
		end = xenbus_transaction_end(xbt, err);
	} while (!err && end == -EAGAIN);
	return err ? err : end;
}
