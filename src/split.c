// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cuts a request's memory into segments and deals them out to slots, and joins
 * the answers of those slots into one outcome. Knows nothing of pages, grants
 * or rings; tests/unit runs this very file in user space.
 */
#include "split.h"

/**
 * xbf_split_start() - begin a walk over one request
 * @split: state of the walk
 * @sector_size: the disk's sector size in bytes, a power of two, 512..4096
 * @per_slot: segments one slot carries, at least 1
 */
void xbf_split_start(struct xbf_split *split, u32 sector_size, u32 per_slot)
{
	*split = (struct xbf_split) {
		.sector_size = sector_size,
		.per_slot = per_slot,
	};
}

/**
 * xbf_split_piece() - give the walk its next run of contiguous bytes
 * @split: state of the walk; xbf_split_next() must have returned false
 * @addr: byte address where the run begins
 * @len: bytes in the run
 */
void xbf_split_piece(struct xbf_split *split, u64 addr, u32 len)
{
	if ((addr | len) & (XBF_SECTOR_SIZE - 1))
		split->fault = XBF_SPLIT_MISALIGNED;
	split->addr = addr;
	split->left = len;
}

/* Close the open segment: nothing that follows can join it. */
static void split_close(struct xbf_split *split, struct xbf_segment *seg)
{
	u32 first = split->open_addr & (XBF_FRAME_SIZE - 1);

	/*
	 * A segment's offset and size have to be multiples of the sector size
	 * (Xen's public/io/blkif.h since 4.20), and so has a slot's start,
	 * which needs no check: it is a sum of such sizes.
	 */
	if ((split->open_addr | split->open_len) & (split->sector_size - 1) &&
	    split->fault == XBF_SPLIT_OK)
		split->fault = XBF_SPLIT_MUST_PACK;

	*seg = (struct xbf_segment) {
		.frame = split->open_addr >> XBF_FRAME_SHIFT,
		.offset = split->offset,
		.slot = split->segments / split->per_slot,
		.place = split->segments % split->per_slot,
		.first_sect = first >> XBF_SECTOR_SHIFT,
		.last_sect = (first + split->open_len - 1) >> XBF_SECTOR_SHIFT,
	};

	split->offset += split->open_len;
	split->segments++;
	split->open_len = 0;
}

/**
 * xbf_split_next() - take the next segment that is complete
 * @split: state of the walk
 * @seg: filled in where there is one
 *
 * A segment is held back until something follows that does not continue it in
 * the same frame: bytes that lie side by side are one segment even when they
 * come in several pieces.
 *
 * Returns false when the piece is used up: give the next, or end the walk
 * with xbf_split_last().
 */
bool xbf_split_next(struct xbf_split *split, struct xbf_segment *seg)
{
	while (split->left) {
		u32 in_frame = split->addr & (XBF_FRAME_SIZE - 1);
		u32 take = XBF_FRAME_SIZE - in_frame;

		if (split->open_len &&
		    (!in_frame ||
		     split->addr != split->open_addr + split->open_len)) {
			split_close(split, seg);
			return true;
		}

		if (take > split->left)
			take = split->left;
		if (!split->open_len)
			split->open_addr = split->addr;
		split->open_len += take;
		split->addr += take;
		split->left -= take;
	}

	return false;
}

/**
 * xbf_split_last() - end the walk and take the segment still held back
 * @split: state of the walk; xbf_split_next() must have returned false
 * @seg: filled in where there is one
 *
 * Returns false for a request without data. @split->fault is final now.
 */
bool xbf_split_last(struct xbf_split *split, struct xbf_segment *seg)
{
	if (!split->open_len)
		return false;
	split_close(split, seg);
	return true;
}

/**
 * xbf_split_count() - count the segments of a piece instead of taking them
 * @split: state of a walk of its own, begun with xbf_split_start()
 * @addr: byte address where the piece begins
 * @len: bytes in the piece
 */
void xbf_split_count(struct xbf_split *split, u64 addr, u32 len)
{
	struct xbf_segment seg;

	xbf_split_piece(split, addr, len);
	while (xbf_split_next(split, &seg))
		;
}

/**
 * xbf_split_slots() - end a counting walk
 * @split: state of the walk that xbf_split_count() has been given all pieces
 *
 * Returns how many slots the request takes as its memory lies: 0 when it has
 * no data. @split->fault then tells whether it may be sent like that.
 */
u32 xbf_split_slots(struct xbf_split *split)
{
	struct xbf_segment seg;

	xbf_split_last(split, &seg);
	return (split->segments + split->per_slot - 1) / split->per_slot;
}

/**
 * xbf_join_start() - expect the answers of a request's slots
 * @join: state of the request
 * @slots: how many slots it takes, at least 1
 */
void xbf_join_start(struct xbf_join *join, u16 slots)
{
	join->slots_out = slots;
	join->worst = XBF_STATUS_OKAY;
}

/**
 * xbf_join_slot() - take in the answer of one slot
 * @join: state of the request, with at least one slot out
 * @ring_status: the response's status as in Xen's public/io/blkif.h: 0 okay,
 *	-2 operation not supported, anything else an error
 *
 * Answers may come in any order; a later good one never hides a bad one.
 *
 * Returns true when this was the last one: @join->worst is the outcome.
 */
bool xbf_join_slot(struct xbf_join *join, s16 ring_status)
{
	u8 status = XBF_STATUS_ERROR;

	if (ring_status == 0)
		status = XBF_STATUS_OKAY;
	else if (ring_status == -2)
		status = XBF_STATUS_NOTSUPP;

	if (status > join->worst)
		join->worst = status;
	return --join->slots_out == 0;
}
