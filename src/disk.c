// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gendisk: names and minors, limits, capacity, ioctls. When a disk comes and
 * goes is the bus's business; this room does not know xenstore.
 */
#include <linux/cdrom.h>
#include <linux/hdreg.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include "disk.h"

/* ---- Names and minors ---- */

/*
 * Virtual device numbers, as Xen's docs/man/xen-vbd-interface.7 defines them: a
 * Linux device number (major << 8 | minor), or with bit 28 set a disk number
 * << 8 | partition. All become xvd disks, numbered by @first_disk; only those of
 * an xvd number of the first kind have 16 minors a disk.
 */
#define EXTENDED		BIT(28)
#define MINORS			16
#define EXTENDED_MINORS		256

static const struct {
	u16 first_major;
	u16 last_major;
	u16 first_disk;
	u16 minors;
} legacy_disks[] = {
	{ XEN_IDE0_MAJOR, XEN_IDE0_MAJOR, 0, 64 },
	{ XEN_IDE1_MAJOR, XEN_IDE1_MAJOR, 2, 64 },
	{ XEN_SCSI_DISK0_MAJOR, XEN_SCSI_DISK0_MAJOR, 0, MINORS },
	{ XEN_SCSI_DISK1_MAJOR, XEN_SCSI_DISK7_MAJOR, 16, MINORS },
	{ XEN_SCSI_DISK8_MAJOR, XEN_SCSI_DISK15_MAJOR, 128, MINORS },
	{ XENVBD_MAJOR, XENVBD_MAJOR, 0, MINORS },
};

/* Those whose names and minors are taken. */
static LIST_HEAD(disks);
static DEFINE_MUTEX(disks_lock);

/*
 * The place of @vdevice: number of the disk and of the partition in it, 0 being
 * the whole disk, and minors a disk has. Returns -ENODEV for one that has none.
 */
static int locate(u32 vdevice, u32 *disk, u32 *partition, u32 *minors)
{
	u32 major = vdevice >> 8, minor = vdevice & 0xff;
	unsigned int i;

	if (vdevice & EXTENDED) {
		*minors = EXTENDED_MINORS;
		*disk = (vdevice & ~EXTENDED) / EXTENDED_MINORS;
		*partition = vdevice % EXTENDED_MINORS;
		return *disk < (1U << MINORBITS) / EXTENDED_MINORS ?
			0 : -ENODEV;
	}

	for (i = 0; i < ARRAY_SIZE(legacy_disks); i++) {
		if (major < legacy_disks[i].first_major ||
		    major > legacy_disks[i].last_major)
			continue;
		*minors = MINORS;
		*disk = legacy_disks[i].first_disk +
			(major - legacy_disks[i].first_major) * MINORS +
			minor / legacy_disks[i].minors;
		/* A partition of an IDE disk has always been taken for all of it. */
		*partition = legacy_disks[i].minors == MINORS ?
			minor % MINORS : 0;
		return 0;
	}
	return -ENODEV;
}

/* Disk 0 is xvda, 25 xvdz, 26 xvdaa; a partition's number follows. */
static void name_disk(char *name, u32 disk, u32 partition)
{
	char letters[8], *p = letters + sizeof(letters) - 1;

	*p = '\0';
	for (disk++; disk; disk = (disk - 1) / 26)
		*--p = 'a' + (disk - 1) % 26;

	if (partition)
		snprintf(name, DISK_NAME_LEN, "xvd%s%u", p, partition);
	else
		snprintf(name, DISK_NAME_LEN, "xvd%s", p);
}

/*
 * Whether two disks, or partitions of theirs, would have the same minors or name.
 * Of a number of either kind, names are the same and minors are not.
 */
static bool clash(const struct xbf_disk *a, const struct xbf_disk *b)
{
	if (a->first_minor < b->first_minor + b->nr_minors &&
	    b->first_minor < a->first_minor + a->nr_minors)
		return true;
	return a->number == b->number &&
		(!a->partition || !b->partition ||
		 a->partition == b->partition);
}

static int take_place(struct xbf_disk *disk)
{
	struct xbf_disk *other;
	int err = 0;

	mutex_lock(&disks_lock);
	list_for_each_entry(other, &disks, node) {
		if (clash(disk, other))
			err = -EBUSY;
	}
	if (!err)
		list_add(&disk->node, &disks);
	mutex_unlock(&disks_lock);
	return err;
}

static void release_place(struct xbf_disk *disk)
{
	mutex_lock(&disks_lock);
	list_del(&disk->node);
	mutex_unlock(&disks_lock);
}

/* ---- Operations ---- */

static int getgeo(struct gendisk *gd, struct hd_geometry *geo)
{
	sector_t cylinders = get_capacity(gd);

	/* There is no geometry: the largest there can be, for old tools. */
	geo->heads = 255;
	geo->sectors = 63;
	sector_div(cylinders, geo->heads * geo->sectors);
	geo->cylinders = min_t(sector_t, cylinders, U16_MAX);
	return 0;
}

XBF_GETGEO_OP(getgeo_op, getgeo)

/* As much of a CD-ROM drive as installers look for. */
static int ioctl(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
		 unsigned long arg)
{
	unsigned long info = (unsigned long)bdev->bd_disk->private_data;

	switch (cmd) {
	case CDROMMULTISESSION:
		return clear_user((void __user *)arg,
				  sizeof(struct cdrom_multisession)) ?
			-EFAULT : 0;
	case CDROM_GET_CAPABILITY:
		return info & VDISK_CDROM ? 0 : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static const struct block_device_operations disk_ops = {
	.owner = THIS_MODULE,
	.getgeo = getgeo_op,
	.ioctl = ioctl,
	.compat_ioctl = blkdev_compat_ptr_ioctl,
};

/* ---- Life ---- */

/* XENVBD_MAJOR, unless another driver has it. */
static int major;

/**
 * xbf_disk_init() - take a major number for disks
 * @alone: whether it is that of xvd disks; else another driver serves those
 *
 * Returns 0 or -errno, with a line.
 */
int xbf_disk_init(bool *alone)
{
	*alone = !register_blkdev(XENVBD_MAJOR, "xvd");
	major = *alone ? XENVBD_MAJOR : register_blkdev(0, "xvd");
	if (major < 0) {
		pr_err(KBUILD_MODNAME ": no block major is free, expected one: error %d\n",
		       major);
		return major;
	}
	if (!*alone)
		pr_warn(KBUILD_MODNAME ": another driver, xen-blkfront most likely, has block major %u: disks that it has let go can be bound to driver %s, and have major %d\n",
			XENVBD_MAJOR, KBUILD_MODNAME, major);
	return 0;
}

/**
 * xbf_disk_exit() - give the major number back
 */
void xbf_disk_exit(void)
{
	unregister_blkdev(major, "xvd");
}

/*
 * With pieces cut where frames end, every segment is one grant and the limits
 * are exact, however the memory lies. The ring counts all the same.
 */
static void set_limits(struct queue_limits *lim,
		       const struct xbf_geometry *geometry)
{
	const struct xbf_discard *discard = &geometry->discard;

	lim->logical_block_size = geometry->sector_size;
	lim->physical_block_size = geometry->physical_size;
	/* What is not whole sectors of the disk is copied. */
	lim->dma_alignment = XBF_SECTOR_SIZE - 1;
	lim->max_hw_sectors = geometry->segments *
		(XBF_FRAME_SIZE / XBF_SECTOR_SIZE);
	lim->max_segments = geometry->segments;
	lim->max_segment_size = XBF_FRAME_SIZE;
	lim->seg_boundary_mask = XBF_FRAME_SIZE - 1;
	/*
	 * Also when the backend has none: the next one may, and no flush may get
	 * lost before the limits are changed. What is not needed ends at once.
	 */
	lim->features |= BLK_FEAT_WRITE_CACHE;

	lim->discard_granularity = discard->granularity << SECTOR_SHIFT;
	lim->discard_alignment = discard->alignment << SECTOR_SHIFT;
	lim->max_hw_discard_sectors = discard->plain ? UINT_MAX : 0;
	/* Of what is larger, a part would begin or end inside a unit. */
	lim->max_secure_erase_sectors = discard->secure ?
		rounddown(UINT_MAX >> SECTOR_SHIFT, discard->granularity) : 0;
}

/**
 * xbf_disk_create() - make a disk that nobody sees yet
 * @disk: with its queue set
 * @dev: for messages
 * @vdevice: Xen's virtual device number
 * @geometry: what it is like
 *
 * Process context; may sleep, but does no I/O. Returns 0 or -errno, with a line
 * and nothing left behind.
 */
int xbf_disk_create(struct xbf_disk *disk, struct device *dev, u32 vdevice,
		    const struct xbf_geometry *geometry)
{
	struct queue_limits lim = {};
	char name[DISK_NAME_LEN];
	struct gendisk *gd;
	u32 minors;
	int err;

	err = locate(vdevice, &disk->number, &disk->partition, &minors);
	if (err) {
		dev_err(dev, "virtual device %#x, expected an xvd, sd or hd disk: not attached\n",
			vdevice);
		return err;
	}
	disk->first_minor = disk->number * minors + disk->partition;
	disk->nr_minors = disk->partition ? 1 : minors;
	name_disk(name, disk->number, disk->partition);

	err = take_place(disk);
	if (err) {
		dev_err(dev, "virtual device %#x is %s with minors %d to %d, expected none of that in use: not attached\n",
			vdevice, name, disk->first_minor,
			disk->first_minor + disk->nr_minors - 1);
		return err;
	}

	err = xbf_queue_init(&disk->queue, &disk->tags);
	if (err)
		goto fail_place;

	set_limits(&lim, geometry);
	gd = blk_mq_alloc_disk(&disk->tags, &lim, &disk->queue);
	if (IS_ERR(gd)) {
		err = PTR_ERR(gd);
		goto fail_tags;
	}

	strscpy(gd->disk_name, name, DISK_NAME_LEN);
	gd->major = major;
	gd->first_minor = disk->first_minor;
	gd->minors = disk->nr_minors;
	gd->fops = &disk_ops;
	/* By value: an open disk outlives all that is ours. */
	gd->private_data = (void *)(unsigned long)geometry->info;
	if (geometry->info & VDISK_REMOVABLE)
		gd->flags |= GENHD_FL_REMOVABLE;
	set_disk_ro(gd, geometry->info & VDISK_READONLY);
	set_capacity(gd, geometry->sectors);
	disk->gd = gd;
	return 0;

fail_tags:
	blk_mq_free_tag_set(&disk->tags);
fail_place:
	release_place(disk);
	dev_err(dev, "cannot make a disk: error %d: not attached\n", err);
	return err;
}

/**
 * xbf_disk_add() - let user space see the disk
 * @disk: a disk that was created
 * @dev: its parent
 *
 * Reads the partition table, so it waits for the backend: process context with
 * no lock that removal needs. Returns 0 or -errno; xbf_disk_remove() either way.
 */
int xbf_disk_add(struct xbf_disk *disk, struct device *dev)
{
	int err = device_add_disk(dev, disk->gd, NULL);

	disk->added = !err;
	return err;
}

/**
 * xbf_disk_pause() - hold requests back
 * @disk: a disk, created or not
 *
 * Process context; waits for those who are just sending one, but for no backend.
 */
void xbf_disk_pause(struct xbf_disk *disk)
{
	if (!disk->gd || disk->paused)
		return;
	disk->paused = true;
	blk_mq_quiesce_queue(disk->gd->queue);
}

/**
 * xbf_disk_go_on() - let requests go to the rings, those to be sent again first
 * @disk: a disk, paused or not
 *
 * Process context.
 */
void xbf_disk_go_on(struct xbf_disk *disk)
{
	if (!disk->paused)
		return;
	disk->paused = false;
	blk_mq_unquiesce_queue(disk->gd->queue);
	blk_mq_kick_requeue_list(disk->gd->queue);
}

/**
 * xbf_disk_resize() - take over a new capacity
 * @disk: a disk that was created
 * @dev: for messages
 * @sectors: the capacity in sectors of 512 bytes
 */
void xbf_disk_resize(struct xbf_disk *disk, struct device *dev, u64 sectors)
{
	if (get_capacity(disk->gd) == sectors)
		return;
	dev_info_ratelimited(dev,
			     "capacity changes from %llu to %llu sectors\n",
			     (u64)get_capacity(disk->gd), sectors);
	set_capacity_and_notify(disk->gd, sectors);
}

/**
 * xbf_disk_update() - take over what another backend says of the disk
 * @disk: a disk that was added
 * @dev: for messages
 * @geometry: what it is like
 *
 * Waits for I/O to end: process context with no lock that failing it needs.
 */
void xbf_disk_update(struct xbf_disk *disk, struct device *dev,
		     const struct xbf_geometry *geometry)
{
	struct queue_limits lim = queue_limits_start_update(disk->gd->queue);
	int err;

	set_limits(&lim, geometry);
	err = queue_limits_commit_update_frozen(disk->gd->queue, &lim);
	if (err)
		dev_err(dev, "cannot change the limits of the disk: error %d: as they were\n",
			err);

	set_disk_ro(disk->gd, geometry->info & VDISK_READONLY);
	xbf_disk_resize(disk, dev, geometry->sectors);
}

/**
 * xbf_disk_remove() - take the disk away
 * @disk: a disk that was created; its ring has failed, so no I/O can hang
 *
 * Process context; waits for I/O to end, but not for users to close it: of what they
 * still hold, the kernel uses nothing that is ours but the code, which opening it
 * holds.
 */
void xbf_disk_remove(struct xbf_disk *disk)
{
	if (disk->added) {
		blk_mark_disk_dead(disk->gd);
		del_gendisk(disk->gd);
	}
	release_place(disk);
	put_disk(disk->gd);
	blk_mq_free_tag_set(&disk->tags);
	disk->gd = NULL;
}
