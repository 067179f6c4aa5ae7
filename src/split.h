/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_SPLIT_H
#define XBF_SPLIT_H

#include <linux/types.h>

/*
 * Bytes -> segments -> slots, and the answers of the slots -> one outcome.
 *
 * Pure arithmetic on plain types: no page, no request, no ring, so the same
 * file builds in user space, where its tests are exhaustive. It needs nothing
 * but u8, u16, u32, u64, s16 and bool from <linux/types.h>.
 */

/* Sizes of the block protocol, whatever the guest's page size is. */
#define XBF_FRAME_SHIFT		12
#define XBF_FRAME_SIZE		4096U
#define XBF_SECTOR_SHIFT	9
#define XBF_SECTOR_SIZE		512U

/* Segments in a slot that is not indirect (BLKIF_MAX_SEGMENTS_PER_REQUEST). */
#define XBF_SLOT_SEGMENTS	11

/**
 * struct xbf_segment - one grant's worth of data and its place in the request
 * @frame: number of the 4 KiB frame (byte address >> 12)
 * @offset: bytes of the request that lie before this segment
 * @slot: which slot of the request carries it, from 0
 * @place: which segment of that slot it is, from 0
 * @first_sect: first 512-byte sector inside the frame, 0..7
 * @last_sect: last 512-byte sector inside the frame, @first_sect..7
 *
 * Where @place is 0, the slot's first sector on the disk is the request's
 * first sector plus @offset / 512.
 */
struct xbf_segment {
	u64 frame;
	u32 offset;
	u16 slot;
	u16 place;
	u8 first_sect;
	u8 last_sect;
};

/* What stands in the way of sending a request as its memory lies. */
enum xbf_split_fault {
	XBF_SPLIT_OK = 0,
	/* A segment's offset or size is no multiple of the sector size: copy. */
	XBF_SPLIT_MUST_PACK,
	/* An address or length is not a multiple of 512: no segment fits it. */
	XBF_SPLIT_MISALIGNED,
};

/**
 * struct xbf_split - a walk over the memory of one request
 * @addr: byte address of what is left of the piece last given
 * @left: bytes left of that piece
 * @open_addr: byte address of the segment being gathered
 * @open_len: its bytes so far; 0: none is open
 * @offset: bytes in the segments handed out so far
 * @segments: number of segments handed out so far
 * @sector_size: the disk's sector size in bytes, a power of two, 512..4096
 * @per_slot: segments a slot carries
 * @fault: the worst obstacle met so far
 */
struct xbf_split {
	u64 addr;
	u32 left;
	u64 open_addr;
	u32 open_len;
	u32 offset;
	u32 segments;
	u32 sector_size;
	u32 per_slot;
	enum xbf_split_fault fault;
};

void xbf_split_start(struct xbf_split *split, u32 sector_size, u32 per_slot);
void xbf_split_piece(struct xbf_split *split, u64 addr, u32 len);
bool xbf_split_next(struct xbf_split *split, struct xbf_segment *seg);
bool xbf_split_last(struct xbf_split *split, struct xbf_segment *seg);
void xbf_split_count(struct xbf_split *split, u64 addr, u32 len);
u32 xbf_split_slots(struct xbf_split *split);

/* A slot's answer, ordered so that the greater one is the worse. */
enum xbf_status {
	XBF_STATUS_OKAY = 0,
	XBF_STATUS_NOTSUPP,
	XBF_STATUS_ERROR,
};

/**
 * struct xbf_join - the slots of one request that are still out
 * @slots_out: slots without an answer
 * @worst: the worst answer so far; never gets better
 */
struct xbf_join {
	u16 slots_out;
	u8 worst;
};

void xbf_join_start(struct xbf_join *join, u16 slots);
bool xbf_join_slot(struct xbf_join *join, s16 ring_status);

#endif /* XBF_SPLIT_H */
