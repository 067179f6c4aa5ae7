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
static int read_size(struct xenbus_device *xbdev, const char *node, u32 min,
		     u32 max, u32 *size)
{
	u64 value;
	int err = read_number(xbdev, node, not_attached, &value);

	if (err)
		return err;
	if (value < min || value > max || !is_power_of_2(value)) {
		dev_err(&xbdev->dev,
			"backend says %s %llu, need a power of two from %u to %u: %s\n",
			node, value, min, max, not_attached);
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
	int found = xenbus_scanf(XBT_NIL, xbdev->nodename, "virtual-device",
				 "%i", vdevice);

	if (found != 1)
		found = xenbus_scanf(XBT_NIL, xbdev->nodename,
				     "virtual-device-ext", "%i", vdevice);
	if (found == 1)
		return 0;
	dev_err(&xbdev->dev,
		"no virtual-device in %s, need a number: not attached\n",
		xbdev->nodename);
	return -ENODEV;
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
	err = read_size(xbdev, "sector-size", XBF_SECTOR_SIZE, XBF_FRAME_SIZE,
			&geometry->sector_size);
	if (err)
		return err;

	geometry->physical_size = geometry->sector_size;
	if (xenbus_exists(XBT_NIL, xbdev->otherend, "physical-sector-size"))
		err = read_size(xbdev, "physical-sector-size",
				geometry->sector_size, MAX_PHYSICAL_SIZE,
				&geometry->physical_size);
	if (err)
		return err;

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
		queue->flush = XBF_FLUSH_NONE;
}

/*
 * What another driver may have left here, and what a backend would take for ours:
 * it never removes any of it.
 */
static const char *const foreign_nodes[] = {
	"feature-persistent",
	"multi-queue-num-queues",
	"ring-page-order",
	"num-ring-pages",
};

static int write_ring(struct xenbus_transaction xbt,
		      struct xenbus_device *xbdev, grant_ref_t ring_ref,
		      evtchn_port_t evtchn)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(foreign_nodes); i++) {
		err = xenbus_rm(xbt, xbdev->nodename, foreign_nodes[i]);
		if (err && err != -ENOENT)
			return err;
	}

	err = xenbus_printf(xbt, xbdev->nodename, "ring-ref", "%u", ring_ref);
	if (err)
		return err;
	err = xenbus_printf(xbt, xbdev->nodename, "event-channel", "%u",
			    evtchn);
	if (err)
		return err;
	return xenbus_printf(xbt, xbdev->nodename, "protocol", "%s",
			     XEN_IO_PROTO_ABI_NATIVE);
}

/**
 * xbf_store_publish() - tell the backend where the ring is
 * @xbdev: the device
 * @ring_ref: grant of the ring's frame
 * @evtchn: its event channel
 *
 * In one transaction: the backend never sees half of it. Returns 0 or -errno.
 */
int xbf_store_publish(struct xenbus_device *xbdev, grant_ref_t ring_ref,
		      evtchn_port_t evtchn)
{
	struct xenbus_transaction xbt;
	int err, end;

	do {
		err = xenbus_transaction_start(&xbt);
		if (err)
			return err;
		err = write_ring(xbt, xbdev, ring_ref, evtchn);
		end = xenbus_transaction_end(xbt, err);
	} while (!err && end == -EAGAIN);
	return err ? err : end;
}
