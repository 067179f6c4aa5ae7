/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_DISK_H
#define XBF_DISK_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/list.h>

#include "queue.h"

/**
 * struct xbf_geometry - what the backend says of the disk, checked
 * @sectors: capacity in sectors of 512 bytes
 * @sector_size: logical sector in bytes, a power of two, 512..4096
 * @physical_size: physical sector in bytes, a power of two
 * @info: VDISK_* bits
 * @segments: 4 KiB frames that an advertised request may take
 * @discard: what can be discarded
 */
struct xbf_geometry {
	u64 sectors;
	u32 sector_size;
	u32 physical_size;
	u32 info;
	u32 segments;
	struct xbf_discard discard;
};

/**
 * struct xbf_disk - the block device as the guest sees it
 * @queue: its queue; the ring and flush operation are the caller's to set
 * @gd: the gendisk; NULL: none
 * @tags: its tags
 * @number: which xvd disk it is, 0 being xvda
 * @partition: which partition of that it is named like; 0: none
 * @first_minor: first of its @nr_minors minors
 * @nr_minors: 1 for a disk that is named like a partition
 * @added: known to user space
 * @paused: its queue is quiesced
 * @node: in the list of disks that hold a name and minors
 */
struct xbf_disk {
	struct xbf_queue queue;
	struct gendisk *gd;
	struct blk_mq_tag_set tags;
	u32 number;
	u32 partition;
	int first_minor;
	int nr_minors;
	bool added;
	bool paused;
	struct list_head node;
};

int xbf_disk_init(bool *alone);
void xbf_disk_exit(void);

int xbf_disk_create(struct xbf_disk *disk, struct device *dev, u32 vdevice,
		    const struct xbf_geometry *geometry);
int xbf_disk_add(struct xbf_disk *disk, struct device *dev);
void xbf_disk_pause(struct xbf_disk *disk);
void xbf_disk_go_on(struct xbf_disk *disk);
void xbf_disk_resize(struct xbf_disk *disk, struct device *dev, u64 sectors);
void xbf_disk_update(struct xbf_disk *disk, struct device *dev,
		     const struct xbf_geometry *geometry);
void xbf_disk_remove(struct xbf_disk *disk);

#endif /* XBF_DISK_H */
