/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_COMPAT_BLOCK_H
#define XBF_COMPAT_BLOCK_H

/* The part of compat.h about disks, queues and requests. */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/compat.h>
#include <linux/highmem.h>

/* ---- Names ---- */

#if !XBF_SECTOR_SHIFT_IS_PUBLIC
#define SECTOR_SHIFT	9
#endif

#if !XBF_BVEC_PHYS_EXISTS
static inline phys_addr_t xbf_bvec_phys(const struct bio_vec *bvec)
{
	return page_to_phys(bvec->bv_page) + bvec->bv_offset;
}

#define bvec_phys xbf_bvec_phys
#endif

#if !XBF_BLOCK_MODE_IS_A_TYPE
typedef fmode_t blk_mode_t;
#endif

#if !XBF_DEVICE_CAN_BE_OUT_OF_RESOURCES
#define BLK_STS_DEV_RESOURCE	BLK_STS_RESOURCE
#endif

/* ---- Operations ---- */

/*
 * XBF_GETGEO_OP(op, fn) defines op(), as block_device_operations.getgeo wants
 * it, from fn(struct gendisk *, struct hd_geometry *).
 */
#if XBF_GETGEO_TAKES_GENDISK
#define XBF_GETGEO_OP(op, fn)						\
static int op(struct gendisk *disk, struct hd_geometry *geo)		\
{									\
	return fn(disk, geo);						\
}
#else
#define XBF_GETGEO_OP(op, fn)						\
static int op(struct block_device *bdev, struct hd_geometry *geo)	\
{									\
	return fn(bdev->bd_disk, geo);					\
}
#endif

#if !XBF_COMPAT_IOCTL_HELPER_EXISTS
#ifdef CONFIG_COMPAT
static inline int xbf_compat_ioctl(struct block_device *bdev, fmode_t mode,
				   unsigned int cmd, unsigned long arg)
{
	return bdev->bd_disk->fops->ioctl(bdev, mode, cmd,
					  (unsigned long)compat_ptr(arg));
}

#define blkdev_compat_ptr_ioctl xbf_compat_ioctl
#else
#define blkdev_compat_ptr_ioctl NULL
#endif
#endif

/*
 * XBF_TIMEOUT_OP(op, fn) defines op(), as blk_mq_ops.timeout wants it, from
 * fn(struct request *).
 */
#if XBF_TIMEOUT_TAKES_THE_REQUEST
#define XBF_TIMEOUT_OP(op, fn)						\
static enum blk_eh_timer_return op(struct request *rq)			\
{									\
	return fn(rq);							\
}
#else
#define XBF_TIMEOUT_OP(op, fn)						\
static enum blk_eh_timer_return op(struct request *rq, bool reserved)	\
{									\
	return fn(rq);							\
}
#endif

/* XBF_COMMIT_OP(fn) sets blk_mq_ops.commit_rqs, where there is one. */
#if XBF_BATCHES_ARE_COMMITTED
#define XBF_COMMIT_OP(fn)	.commit_rqs = (fn),
#else
#define XBF_COMMIT_OP(fn)
#endif

/* ---- Requests ---- */

#if !XBF_REQUEST_STATE_CAN_BE_READ && XBF_REQUEST_HAS_A_STATE
#define blk_mq_rq_state(rq)	READ_ONCE((rq)->state)
#endif

/*
 * Where a request has no state that a driver could see, one that its timeout
 * handler finds is not completed by blk_mq_complete_request(), now or before:
 * the handler has to say so. So the call is noted in the request.
 */
#if !XBF_TIMEOUT_CAN_SAY_DONE
#define BLK_EH_DONE	BLK_EH_HANDLED
#endif

#if !XBF_REQUEST_STATE_CAN_BE_READ && !XBF_REQUEST_HAS_A_STATE
#define MQ_RQ_IN_FLIGHT	NULL
#define blk_mq_rq_state(rq)	READ_ONCE((rq)->special)

static inline void xbf_start_request(struct request *rq)
{
	WRITE_ONCE(rq->special, NULL);
	blk_mq_start_request(rq);
}

static inline void xbf_complete_request(struct request *rq)
{
	WRITE_ONCE(rq->special, rq);
	blk_mq_complete_request(rq);
}

#define blk_mq_start_request xbf_start_request
#define blk_mq_complete_request xbf_complete_request
#endif

/* ---- Limits ---- */

#if XBF_MERGING_MUST_BE_ASKED_FOR
static inline int xbf_alloc_tag_set(struct blk_mq_tag_set *set)
{
	set->flags |= BLK_MQ_F_SHOULD_MERGE;
	return blk_mq_alloc_tag_set(set);
}

#define blk_mq_alloc_tag_set xbf_alloc_tag_set
#endif

#if !XBF_QUEUE_FLAGS_ARE_SET_BY_CALL
static inline void xbf_queue_flag_set(unsigned int flag,
				      struct request_queue *q)
{
	unsigned long flags;

	spin_lock_irqsave(q->queue_lock, flags);
	queue_flag_set(flag, q);
	spin_unlock_irqrestore(q->queue_lock, flags);
}

static inline void xbf_queue_flag_clear(unsigned int flag,
					struct request_queue *q)
{
	unsigned long flags;

	spin_lock_irqsave(q->queue_lock, flags);
	queue_flag_clear(flag, q);
	spin_unlock_irqrestore(q->queue_lock, flags);
}

#define blk_queue_flag_set	xbf_queue_flag_set
#define blk_queue_flag_clear	xbf_queue_flag_clear
#endif

/* What the driver sets of its limits, where there are none, or others. */
#if !XBF_LIMITS_HAVE_FEATURES
#define BLK_FEAT_WRITE_CACHE	1
#define XBF_LIMITS		xbf_queue_limits
struct xbf_queue_limits {
	unsigned int features;
	unsigned long seg_boundary_mask;
	unsigned long virt_boundary_mask;
	unsigned int max_hw_sectors;
	unsigned int max_segment_size;
	unsigned int physical_block_size;
	unsigned int logical_block_size;
	unsigned int dma_alignment;
	unsigned int discard_granularity;
	unsigned int discard_alignment;
	unsigned int max_hw_discard_sectors;
	unsigned int max_secure_erase_sectors;
	unsigned short max_segments;
};
#else
#define XBF_LIMITS		queue_limits
#endif

/*
 * The driver states its limits as a kernel wants them that honours segments
 * smaller than a page. The others, on pages bigger than a frame, neither cut at
 * max_segment_size nor count by it; some refuse one below PAGE_SIZE. There a
 * virtual boundary makes every piece but the first and last fill whole frames,
 * and a request of N frames may begin and end inside one: one frame less data
 * keeps it within as many segments.
 */
#if !XBF_LIMITS_HAVE_MIN_SEGMENT_SIZE && !XBF_LIMITS_HAVE_MAX_FAST_SEGMENT_SIZE
static inline void xbf_adapt_segments(struct XBF_LIMITS *lim)
{
	if (lim->max_segment_size >= PAGE_SIZE)
		return;
	lim->virt_boundary_mask = lim->seg_boundary_mask;
	lim->max_hw_sectors -= lim->max_segment_size >> SECTOR_SHIFT;
	lim->max_segment_size = 0;
	lim->seg_boundary_mask = 0;
}
#else
static inline void xbf_adapt_segments(struct XBF_LIMITS *lim)
{
}
#endif

#if XBF_LIMITS_HAVE_FEATURES
static inline struct gendisk *xbf_alloc_disk(struct blk_mq_tag_set *set,
					     struct queue_limits *lim,
					     void *queuedata)
{
	xbf_adapt_segments(lim);
	return blk_mq_alloc_disk(set, lim, queuedata);
}
#elif XBF_ALLOC_DISK_TAKES_LIMITS
static inline void xbf_fill_limits(struct queue_limits *real,
				   const struct xbf_queue_limits *lim)
{
	real->seg_boundary_mask = lim->seg_boundary_mask;
	real->virt_boundary_mask = lim->virt_boundary_mask;
	real->max_hw_sectors = lim->max_hw_sectors;
	real->max_segment_size = lim->max_segment_size;
	real->physical_block_size = lim->physical_block_size;
	real->logical_block_size = lim->logical_block_size;
	real->dma_alignment = lim->dma_alignment;
	real->discard_granularity = lim->discard_granularity;
	real->discard_alignment = lim->discard_alignment;
	real->max_hw_discard_sectors = lim->max_hw_discard_sectors;
	real->max_secure_erase_sectors = lim->max_secure_erase_sectors;
	real->max_segments = lim->max_segments;
}

static inline int xbf_set_limits(struct request_queue *q,
				 const struct xbf_queue_limits *lim)
{
	struct queue_limits real = queue_limits_start_update(q);

	xbf_fill_limits(&real, lim);
	return queue_limits_commit_update(q, &real);
}

static inline struct gendisk *xbf_make_disk(struct blk_mq_tag_set *set,
					    const struct xbf_queue_limits *lim,
					    void *queuedata)
{
	struct queue_limits real = {};

	xbf_fill_limits(&real, lim);
	return blk_mq_alloc_disk(set, &real, queuedata);
}
#else
#if !XBF_SECURE_ERASE_HAS_A_LIMIT
static inline void xbf_queue_flag(struct request_queue *q, unsigned int flag,
				  bool set)
{
	if (set)
		blk_queue_flag_set(flag, q);
	else
		blk_queue_flag_clear(flag, q);
}

#define blk_queue_max_secure_erase_sectors(q, sectors) \
	xbf_queue_flag(q, QUEUE_FLAG_SECERASE, sectors)
#endif

static inline void xbf_set_discard(struct request_queue *q,
				   const struct xbf_queue_limits *lim)
{
	q->limits.discard_granularity = lim->discard_granularity;
	q->limits.discard_alignment = lim->discard_alignment;
	blk_queue_max_discard_sectors(q, lim->max_hw_discard_sectors);
	blk_queue_max_secure_erase_sectors(q, lim->max_secure_erase_sectors);
#if XBF_DISCARD_IS_A_QUEUE_FLAG
	xbf_queue_flag(q, QUEUE_FLAG_DISCARD, lim->max_hw_discard_sectors);
#endif
}

static inline int xbf_set_limits(struct request_queue *q,
				 const struct xbf_queue_limits *lim)
{
	xbf_set_discard(q, lim);
	blk_queue_logical_block_size(q, lim->logical_block_size);
	blk_queue_physical_block_size(q, lim->physical_block_size);
	blk_queue_max_hw_sectors(q, lim->max_hw_sectors);
	blk_queue_max_segments(q, lim->max_segments);
	blk_queue_dma_alignment(q, lim->dma_alignment);
	if (lim->seg_boundary_mask)
		blk_queue_segment_boundary(q, lim->seg_boundary_mask);
	if (lim->max_segment_size)
		blk_queue_max_segment_size(q, lim->max_segment_size);
	if (lim->virt_boundary_mask)
		blk_queue_virt_boundary(q, lim->virt_boundary_mask);
	return 0;
}

#if !XBF_ALLOC_DISK_MAKES_THE_QUEUE
static inline struct gendisk *xbf_join_disk(struct blk_mq_tag_set *set,
					    void *queuedata)
{
	struct request_queue *q = blk_mq_init_queue(set);
	struct gendisk *disk;

	if (IS_ERR(q))
		return ERR_CAST(q);
	disk = alloc_disk(0);
	if (!disk) {
		blk_cleanup_queue(q);
		return ERR_PTR(-ENOMEM);
	}
	q->queuedata = queuedata;
	disk->queue = q;
	return disk;
}

#define blk_mq_alloc_disk xbf_join_disk
#endif

static inline struct gendisk *xbf_make_disk(struct blk_mq_tag_set *set,
					    const struct xbf_queue_limits *lim,
					    void *queuedata)
{
	struct gendisk *disk = blk_mq_alloc_disk(set, queuedata);

	if (!IS_ERR(disk))
		xbf_set_limits(disk->queue, lim);
	return disk;
}
#endif

#if !XBF_LIMITS_HAVE_FEATURES
#define queue_limits xbf_queue_limits

static inline struct gendisk *xbf_alloc_disk(struct blk_mq_tag_set *set,
					     struct queue_limits *lim,
					     void *queuedata)
{
	struct gendisk *disk;

	xbf_adapt_segments(lim);
	disk = xbf_make_disk(set, lim, queuedata);
	if (IS_ERR(disk))
		return disk;
	blk_queue_write_cache(disk->queue,
			      lim->features & BLK_FEAT_WRITE_CACHE, false);
	/* The default of newer kernels. */
	blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	return disk;
}
#endif

#undef blk_mq_alloc_disk
#define blk_mq_alloc_disk xbf_alloc_disk

/* Changing them later: all that the driver sets, at once. */
#if XBF_LIMITS_ARE_COMMITTED_FROZEN
static inline int xbf_commit_limits(struct request_queue *q,
				    struct queue_limits *lim)
{
	xbf_adapt_segments(lim);
	return queue_limits_commit_update_frozen(q, lim);
}
#elif XBF_LIMITS_HAVE_FEATURES
static inline int xbf_commit_limits(struct request_queue *q,
				    struct queue_limits *lim)
{
	int err;

	xbf_adapt_segments(lim);
	blk_mq_freeze_queue(q);
	err = queue_limits_commit_update(q, lim);
	blk_mq_unfreeze_queue(q);
	return err;
}
#else
static inline int xbf_commit_limits(struct request_queue *q,
				    struct queue_limits *lim)
{
	int err;

	xbf_adapt_segments(lim);
	blk_mq_freeze_queue(q);
	err = xbf_set_limits(q, lim);
	blk_queue_write_cache(q, lim->features & BLK_FEAT_WRITE_CACHE, false);
	blk_mq_unfreeze_queue(q);
	return err;
}

#define queue_limits_start_update(q)	((struct queue_limits){})
#endif

#define queue_limits_commit_update_frozen xbf_commit_limits

#if !XBF_DISCARD_CAN_BE_DISABLED
static inline void xbf_disable_discard(struct request_queue *q)
{
	blk_queue_max_discard_sectors(q, 0);
#if XBF_DISCARD_IS_A_QUEUE_FLAG
	blk_queue_flag_clear(QUEUE_FLAG_DISCARD, q);
#endif
}

#define blk_queue_disable_discard xbf_disable_discard
#define blk_queue_disable_secure_erase(q) \
	blk_queue_max_secure_erase_sectors(q, 0)
#endif

/* ---- Life of a disk ---- */

/* No caller here has groups. */
#if !XBF_ADD_DISK_CAN_FAIL
static inline int xbf_add_disk(struct device *parent, struct gendisk *disk,
			       const struct attribute_group **groups)
{
#if XBF_ADD_DISK_TAKES_GROUPS
	device_add_disk(parent, disk, groups);
#else
	device_add_disk(parent, disk);
#endif
	return 0;
}

#define device_add_disk xbf_add_disk
#endif

#if !XBF_DISK_CAN_BE_MARKED_DEAD
#define blk_mark_disk_dead(disk)	blk_set_queue_dying((disk)->queue)
#endif

#if XBF_QUEUE_IS_CLEANED_UP_BY_THE_DRIVER
static inline void xbf_del_gendisk(struct gendisk *disk)
{
	del_gendisk(disk);
	blk_cleanup_queue(disk->queue);
}

static inline void xbf_put_disk(struct gendisk *disk)
{
	/* A disk that was never added was not deleted either. */
	if (!blk_queue_dead(disk->queue)) {
		blk_cleanup_queue(disk->queue);
#if !XBF_ALLOC_DISK_MAKES_THE_QUEUE
		/* Adding it would have taken a reference. */
		disk->queue = NULL;
#endif
	}
	put_disk(disk);
}

#define del_gendisk xbf_del_gendisk
#define put_disk xbf_put_disk
#endif

#if XBF_CAPACITY_CHANGE_IS_NOTIFIED
/* Nothing to do. */
#elif XBF_CAPACITY_CHANGE_IS_REVALIDATED
#define set_capacity_and_notify(disk, sectors) \
	set_capacity_revalidate_and_notify(disk, sectors, true)
#else
static inline void xbf_set_capacity(struct gendisk *disk, sector_t sectors)
{
	char resize[] = "RESIZE=1", *envp[] = { resize, NULL };

	set_capacity(disk, sectors);
	revalidate_disk(disk);
	kobject_uevent_env(&disk_to_dev(disk)->kobj, KOBJ_CHANGE, envp);
}

#define set_capacity_and_notify xbf_set_capacity
#endif

/* Of one page, as those of a request are; kmap_atomic() is what there was for it. */
#if !XBF_BVEC_IS_COPIED_BY_A_CALL
static inline void memcpy_to_bvec(struct bio_vec *bvec, const char *from)
{
	char *to = kmap_atomic(bvec->bv_page);

	memcpy(to + bvec->bv_offset, from, bvec->bv_len);
	flush_dcache_page(bvec->bv_page);
	kunmap_atomic(to);
}

static inline void memcpy_from_bvec(char *to, struct bio_vec *bvec)
{
	char *from = kmap_atomic(bvec->bv_page);

	memcpy(to, from + bvec->bv_offset, bvec->bv_len);
	kunmap_atomic(from);
}
#endif

#endif /* XBF_COMPAT_BLOCK_H */
