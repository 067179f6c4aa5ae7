/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_COMPAT_H
#define XBF_COMPAT_H

/*
 * Makes older kernels look like the newest one. Included before every source
 * file of the driver, which is written for the newest kernel only. What a
 * kernel offers is in features.h, found out by ./detect from ./tests; there is
 * one section here for each test, and it goes when the kernels that need it go.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/slab.h>
#include "features.h"

#ifndef kzalloc_obj
#define kzalloc_obj(obj)		kzalloc(sizeof(obj), GFP_KERNEL)
#define kzalloc_objs(obj, count, gfp)	kcalloc(count, sizeof(obj), gfp)
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

#if XBF_MERGING_MUST_BE_ASKED_FOR
static inline int xbf_alloc_tag_set(struct blk_mq_tag_set *set)
{
	set->flags |= BLK_MQ_F_SHOULD_MERGE;
	return blk_mq_alloc_tag_set(set);
}

#define blk_mq_alloc_tag_set xbf_alloc_tag_set
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
#define xbf_adapt_segments(lim) do {					\
	if (PAGE_SIZE > (lim)->max_segment_size) {			\
		(lim)->virt_boundary_mask = (lim)->seg_boundary_mask;	\
		(lim)->max_hw_sectors -=				\
			(lim)->max_segment_size >> SECTOR_SHIFT;	\
		(lim)->max_segment_size = 0;				\
		(lim)->seg_boundary_mask = 0;				\
	}								\
} while (0)
#else
#define xbf_adapt_segments(lim) do { } while (0)
#endif

#if !XBF_ALLOC_DISK_TAKES_LIMITS
#define BLK_FEAT_WRITE_CACHE	1
/* The members that this driver sets, and no others. */
struct xbf_queue_limits {
	unsigned int features;
	unsigned long seg_boundary_mask;
	unsigned long virt_boundary_mask;
	unsigned int max_hw_sectors;
	unsigned int max_segment_size;
	unsigned int physical_block_size;
	unsigned int logical_block_size;
	unsigned int dma_alignment;
	unsigned short max_segments;
};

#define queue_limits xbf_queue_limits

static inline void xbf_set_limits(struct request_queue *q,
				  const struct queue_limits *lim)
{
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
	blk_queue_write_cache(q, lim->features & BLK_FEAT_WRITE_CACHE, false);
	/* The default of newer kernels. */
	blk_queue_flag_set(QUEUE_FLAG_NONROT, q);
}
#endif

static inline struct gendisk *xbf_alloc_disk(struct blk_mq_tag_set *set,
					     struct queue_limits *lim,
					     void *queuedata)
{
	struct gendisk *disk;

	xbf_adapt_segments(lim);
#if XBF_ALLOC_DISK_TAKES_LIMITS
	disk = blk_mq_alloc_disk(set, lim, queuedata);
#else
	disk = blk_mq_alloc_disk(set, queuedata);
	if (!IS_ERR(disk))
		xbf_set_limits(disk->queue, lim);
#endif
	return disk;
}

#undef blk_mq_alloc_disk
#define blk_mq_alloc_disk xbf_alloc_disk

#endif /* XBF_COMPAT_H */
