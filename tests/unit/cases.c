// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases of src/split.c, for user space and KUnit alike.
 *
 * A shape is up to four pieces of memory. The oracle knows none of the
 * engine's arithmetic: it lists the physical sector under each 512 bytes of the
 * request and walks that list sector by sector, checking what has to be true
 * of every segment, whoever made it.
 *
 * Pieces lie in a line of pages of the guest's size. The block layer merges
 * physically consecutive pages into one bio_vec and hands them to a driver
 * either so or page by page, and pages that follow each other in a buffer may
 * lie anywhere; so each shape comes in the three layouts of enum layout.
 */
#define pr_fmt(fmt) "# split: " fmt

#include <linux/kernel.h>
#include <linux/sched.h>
#include "../../src/split.h"
#include "cases.h"

#define PIECES		4
#define PIECE_SECTORS	1024
#define FRAME_SECTORS	8
#define MAX_SECTORS	(PIECES * PIECE_SECTORS)
/* Every piece at an odd place of pages of 4 KiB. */
#define MAX_RUNS	(PIECES * (PIECE_SECTORS / FRAME_SECTORS + 1))

/* 64 KiB below 4 GiB: truncation to 32 bits would show. In sectors. */
#define ORIGIN		((1ULL << 23) - 128)

enum layout {
	/* Pages follow each other; a piece is given whole. */
	WHOLE,
	/* Pages follow each other; a piece is given page by page. */
	PAGES,
	/* Each page lies just below the one before: ends touch, backwards. */
	REVERSED,
	LAYOUTS,
};

static const u32 page_shifts[] = { 12, 14, 16 };

/* Where a piece lies, seen from the one before. */
enum place {
	APART,
	CONTINUES,
	GAP,
	BEHIND,
	AGAIN,
	PLACES,
};

struct piece {
	/* In the line of pages, and long: in sectors. */
	u64 start;
	u32 sectors;
};

struct run {
	u64 addr;
	u32 len;
};

/* Too big for a kernel stack; the cases run one after the other. */
static struct shape {
	u32 page_shift;
	u32 sector_size;
	u32 per_slot;
	enum layout layout;
	u32 pieces;
	struct piece piece[PIECES];

	/* What the above comes to: the oracle's view and the engine's. */
	u32 sectors;
	u64 at[MAX_SECTORS];
	u32 runs;
	struct run run[MAX_RUNS];
} shape;

/* The oracle's walk. */
struct tally {
	u32 sectors;
	u32 segments;
	u32 slots;
	u32 place;
	bool aligned;
};

static bool broken(const char *what)
{
	u32 i;

	pr_err("%s: pages of %u, sectors of %u, %u a slot, layout %d\n", what,
	       1U << shape.page_shift, shape.sector_size, shape.per_slot,
	       shape.layout);
	for (i = 0; i < shape.pieces; i++)
		pr_err("  piece %u: %u sectors at %lld\n", i,
		       shape.piece[i].sectors, (s64)(shape.piece[i].start - ORIGIN));
	return false;
}

static void add_piece(enum place place, u32 start, u32 sectors)
{
	struct piece *piece = &shape.piece[shape.pieces];
	const struct piece *before = piece - !!shape.pieces;

	switch (shape.pieces ? place : APART) {
	case CONTINUES:
		piece->start = before->start + before->sectors;
		break;
	case GAP:
		piece->start = before->start + before->sectors + 1;
		break;
	case BEHIND:
		piece->start = before->start - sectors;
		break;
	case AGAIN:
		piece->start = before->start;
		break;
	default:
		piece->start = ORIGIN + start +
			       shape.pieces * 2 * PIECE_SECTORS;
	}
	piece->sectors = sectors;
	shape.pieces++;
}

/* The physical sector under sector @sector of the line of pages. */
static u64 physical(u64 sector)
{
	u32 shift = shape.page_shift - XBF_SECTOR_SHIFT;
	u64 page = sector >> shift;

	if (shape.layout == REVERSED)
		page = (1ULL << (24 - shift)) - page;
	return (page << shift) | (sector & ((1U << shift) - 1));
}

static void lay_out(void)
{
	u32 page_sectors = 1U << (shape.page_shift - XBF_SECTOR_SHIFT);
	u32 i, j;

	shape.sectors = 0;
	shape.runs = 0;
	for (i = 0; i < shape.pieces; i++) {
		for (j = 0; j < shape.piece[i].sectors; j++) {
			u64 sector = shape.piece[i].start + j;

			if (!j || (shape.layout != WHOLE &&
				   !(sector & (page_sectors - 1))))
				shape.run[shape.runs++] = (struct run) {
					.addr = physical(sector) << 9,
				};
			shape.run[shape.runs - 1].len += 512;
			shape.at[shape.sectors++] = physical(sector);
		}
	}
}

/* Check one segment against the sectors it claims to be. */
static bool accept(struct tally *tally, const struct xbf_segment *seg)
{
	u64 sector = seg->frame * FRAME_SECTORS + seg->first_sect;
	u32 i = tally->sectors;

	if (seg->first_sect > seg->last_sect ||
	    seg->last_sect >= FRAME_SECTORS)
		return broken("segment outside its frame");
	if (seg->offset != i * 512)
		return broken("offset is not the bytes placed before");
	if (i && sector == shape.at[i - 1] + 1 && seg->first_sect)
		return broken("adjacent bytes of a frame in two segments");

	if (tally->segments && seg->slot == tally->slots - 1) {
		tally->place++;
	} else if (seg->slot == tally->slots) {
		tally->place = 0;
		tally->slots++;
	} else {
		return broken("slots out of order");
	}
	if (seg->place != tally->place || seg->place >= shape.per_slot)
		return broken("segments of a slot out of order, or too many");

	/* Segment offset and size, and the first sector of each slot. */
	if ((seg->first_sect * 512 | (seg->last_sect + 1) * 512 |
	     (seg->place ? 0 : seg->offset)) & (shape.sector_size - 1))
		tally->aligned = false;

	for (; sector <= seg->frame * FRAME_SECTORS + seg->last_sect; sector++)
		if (i == shape.sectors || shape.at[i++] != sector)
			return broken("bytes lost, doubled or out of order");
	tally->sectors = i;
	tally->segments++;
	return true;
}

/* Slots that the sectors need: a segment begins where one must. */
static u32 slots_needed(void)
{
	u32 segments = 0;
	u32 i;

	for (i = 0; i < shape.sectors; i++)
		if (!i || !(shape.at[i] % FRAME_SECTORS) ||
		    shape.at[i] != shape.at[i - 1] + 1)
			segments++;
	return (segments + shape.per_slot - 1) / shape.per_slot;
}

/* Run the engine over the shape and check everything there is to check. */
static bool shape_holds(struct xbf_load *load)
{
	struct tally tally = { .aligned = true };
	struct xbf_split split, count;
	struct xbf_segment seg;
	u32 slots, i;

	cond_resched();
	load->tried++;
	lay_out();

	xbf_split_start(&split, shape.sector_size, shape.per_slot);
	for (i = 0; i < shape.runs; i++) {
		xbf_split_piece(&split, shape.run[i].addr, shape.run[i].len);
		while (xbf_split_next(&split, &seg))
			if (!accept(&tally, &seg))
				return false;
	}
	if (xbf_split_last(&split, &seg) && !accept(&tally, &seg))
		return false;

	xbf_split_start(&count, shape.sector_size, shape.per_slot);
	for (i = 0; i < shape.runs; i++)
		xbf_split_count(&count, shape.run[i].addr, shape.run[i].len);
	slots = xbf_split_slots(&count);

	if (tally.sectors != shape.sectors)
		return broken("bytes missing at the end");
	if (tally.slots != slots || slots != slots_needed())
		return broken("not the number of slots counted and needed");
	if (split.fault != (tally.aligned ? XBF_SPLIT_OK : XBF_SPLIT_MUST_PACK))
		return broken(tally.aligned ? "packing asked for in vain" :
					      "misaligned, yet not to be packed");
	if (count.fault != split.fault)
		return broken("counting and taking disagree about packing");
	return true;
}

/* Whether the next of the shapes listed one by one is to be tried. */
static bool due(const struct xbf_load *load, u32 *turn)
{
	if (++*turn < load->stride)
		return false;
	*turn = 0;
	return true;
}

/* Try the shape in all sizes of page and sector and all layouts. */
static bool every_geometry(struct xbf_load *load, u32 *turn)
{
	u32 page;

	shape.per_slot = XBF_SLOT_SEGMENTS;
	for (page = 0; page < ARRAY_SIZE(page_shifts); page++) {
		shape.page_shift = page_shifts[page];
		for (shape.sector_size = 512; shape.sector_size <= 4096;
		     shape.sector_size *= 2) {
			for (shape.layout = 0; shape.layout < LAYOUTS;
			     shape.layout++) {
				if (due(load, turn) && !shape_holds(load))
					return false;
			}
		}
	}
	return true;
}

/* Every start in 64 KiB, every length up to 128 KiB. */
static bool one_piece(struct xbf_load *load)
{
	u32 turn = 0;
	u32 start, sectors;

	for (start = 0; start < 128; start++) {
		for (sectors = 1; sectors <= 256; sectors++) {
			shape.pieces = 0;
			add_piece(APART, start, sectors);
			if (!every_geometry(load, &turn))
				return false;
		}
	}
	return true;
}

static u32 digit(u32 *number, u32 base)
{
	u32 digit = *number % base;

	*number /= base;
	return digit;
}

/* Make shape number @number of @pieces pieces; false when past the last. */
static bool grid_shape(u32 pieces, u32 number)
{
	static const struct {
		enum place place;
		u32 start;
	} places[] = {
		/* The first piece has nothing before it: the first three. */
		{ APART, 0 }, { APART, 3 }, { APART, 7 },
		{ CONTINUES, 0 }, { GAP, 0 }, { BEHIND, 0 },
	};
	static const u32 lengths[] = { 1, 7, 8, 9, 40 };

	shape.pieces = 0;
	while (shape.pieces < pieces) {
		u32 place = digit(&number, shape.pieces ? 6 : 3);
		u32 length = digit(&number, ARRAY_SIZE(lengths));

		add_piece(places[place].place, places[place].start,
			  lengths[length]);
	}
	return !number;
}

/*
 * All shapes of up to four pieces on a grid of starts, lengths and places: up to
 * 24 segments, so three slots.
 */
static bool four_pieces(struct xbf_load *load)
{
	u32 turn = 0;
	u32 pieces, number;

	for (pieces = 1; pieces <= PIECES; pieces++)
		for (number = 0; grid_shape(pieces, number); number++)
			if (!every_geometry(load, &turn))
				return false;
	return true;
}

/* A number below @limit: xorshift64, without a 64-bit division. */
static u32 below(u64 *random, u32 limit)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return ((*random >> 32) * limit) >> 32;
}

static bool random_shapes(struct xbf_load *load)
{
	static const u32 per_slot[] = { 1, 32, 256, 512 };
	u64 random = load->seed;
	u32 i, pieces;

	for (i = 0; i < load->random; i++) {
		shape.page_shift = page_shifts[below(&random, 3)];
		shape.sector_size = 512U << below(&random, 4);
		shape.per_slot = XBF_SLOT_SEGMENTS;
		if (!below(&random, 4))
			shape.per_slot = per_slot[below(&random, 4)];
		shape.layout = below(&random, LAYOUTS);
		shape.pieces = 0;
		for (pieces = 1 + below(&random, PIECES); pieces; pieces--) {
			enum place place = below(&random, PLACES);
			u32 start = below(&random, 128);

			/* Short ones as likely as long ones, 128 KiB at most. */
			add_piece(place, start,
				  1 + below(&random, 1U << below(&random, 9)));
		}
		if (!shape_holds(load))
			return false;
	}
	return true;
}

/* Slots as long as indirect lists can be: the places in them are numbered. */
static bool indirect_lists(struct xbf_load *load)
{
	u32 turn = load->stride;

	shape.page_shift = 16;
	shape.sector_size = 512;
	for (shape.per_slot = 255; shape.per_slot <= 513; shape.per_slot++) {
		shape.layout = shape.per_slot % LAYOUTS;
		shape.pieces = 0;
		while (shape.pieces < PIECES)
			add_piece(APART, 7, PIECE_SECTORS);
		if (due(load, &turn) && !shape_holds(load))
			return false;
	}
	return true;
}

/* Segments of a piece of @sectors at sector @start of a frame. */
static u32 segments_at(u32 start, u32 sectors)
{
	struct xbf_split split;

	xbf_split_start(&split, 512, 1);
	xbf_split_count(&split, (u64)start * 512, sectors * 512);
	return xbf_split_slots(&split);
}

/*
 * How many segments 64 KiB can take at most: 17 in one piece, two more for each
 * further piece. Pieces that lie apart add up, so the worst of each length
 * gives the worst of all ways to cut.
 */
static bool worst_counts(struct xbf_load *load)
{
	static u32 worst[PIECES + 1][129];
	u32 pieces, total, length, start;

	for (length = 1; length <= 128; length++) {
		worst[1][length] = 0;
		for (start = 0; start < FRAME_SECTORS; start++) {
			u32 segments = segments_at(start, length);

			if (segments > worst[1][length])
				worst[1][length] = segments;
		}
	}

	for (pieces = 2; pieces <= PIECES; pieces++) {
		for (total = pieces; total <= 128; total++) {
			worst[pieces][total] = 0;
			for (length = 1; length <= total + 1 - pieces;
			     length++) {
				u32 segments = worst[1][length] +
					worst[pieces - 1][total - length];

				if (segments > worst[pieces][total])
					worst[pieces][total] = segments;
			}
		}
	}

	for (pieces = 1; pieces <= PIECES; pieces++) {
		load->tried++;
		if (worst[pieces][128] != 15 + 2 * pieces) {
			pr_err("64 KiB in %u pieces: %u segments at most\n",
			       pieces, worst[pieces][128]);
			return false;
		}
	}
	return true;
}

/* What is no multiple of 512 is told apart, and no data needs no slot. */
static bool odd_requests(struct xbf_load *load)
{
	static const struct {
		struct run run[2];
		enum xbf_split_fault fault;
		u32 slots;
	} odd[] = {
		{ { { 0, 0 }, { 0, 0 } }, XBF_SPLIT_OK, 0 },
		{ { { 4096, 0 }, { 4096, 4096 } }, XBF_SPLIT_OK, 1 },
		{ { { 0, 512 }, { 0, 0 } }, XBF_SPLIT_MUST_PACK, 1 },
		{ { { 256, 512 }, { 4096, 4096 } }, XBF_SPLIT_MISALIGNED, 1 },
		{ { { 4096, 4096 }, { 0, 4095 } }, XBF_SPLIT_MISALIGNED, 1 },
		/* The worse one stays, whichever comes first. */
		{ { { 1, 4096 }, { 8192, 512 } }, XBF_SPLIT_MISALIGNED, 1 },
		{ { { 8192, 512 }, { 1, 4096 } }, XBF_SPLIT_MISALIGNED, 1 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		const struct run *run = odd[i].run;
		struct xbf_split split;
		u32 slots;

		load->tried++;
		xbf_split_start(&split, 4096, XBF_SLOT_SEGMENTS);
		xbf_split_count(&split, run[0].addr, run[0].len);
		xbf_split_count(&split, run[1].addr, run[1].len);
		slots = xbf_split_slots(&split);
		if (slots != odd[i].slots || split.fault != odd[i].fault) {
			pr_err("odd request %u: %u slots, fault %d\n", i,
			       slots, split.fault);
			return false;
		}
	}
	return true;
}

/* Give @slots answers; one completion, at the last, with the worst of them. */
static bool join_holds(struct xbf_load *load, const s16 *status, u32 slots)
{
	enum xbf_status worst = XBF_STATUS_OKAY;
	struct xbf_join join;
	u32 i;

	load->tried++;
	for (i = 0; i < slots; i++) {
		if (status[i] && status[i] != -2)
			worst = XBF_STATUS_ERROR;
		else if (status[i] && worst == XBF_STATUS_OKAY)
			worst = XBF_STATUS_NOTSUPP;
	}

	xbf_join_start(&join, slots);
	for (i = 0; i < slots; i++) {
		if (xbf_join_slot(&join, status[i]) != (i == slots - 1)) {
			pr_err("answer %u of %u ends the request, or the last does not\n",
			       i + 1, slots);
			return false;
		}
	}
	if (join.worst != worst) {
		pr_err("%u answers from %d to %d: %u, not %d\n", slots,
		       status[0], status[slots - 1], join.worst, worst);
		return false;
	}
	return true;
}

/*
 * An answer does not say which slot it is for, so every sequence of statuses
 * is every combination of them in every order. Five statuses: the three of
 * the protocol, and two unknown.
 */
static bool join_orders(struct xbf_load *load)
{
	static const s16 statuses[] = { 0, -1, -2, 5, -7 };
	s16 status[32] = { 0 };
	u32 slots, number, rest, i;

	for (slots = 1; slots <= 4; slots++) {
		for (number = 0, rest = 0; !rest; number++) {
			rest = number;
			for (i = 0; i < slots; i++)
				status[i] = statuses[digit(&rest, 5)];
			if (!rest && !join_holds(load, status, slots))
				return false;
		}
	}

	/* A full one-page ring: one bad answer among 32, anywhere. */
	for (number = 0; number < ARRAY_SIZE(status) * 5; number++) {
		for (i = 0; i < ARRAY_SIZE(status); i++)
			status[i] = i == number / 5 ? statuses[number % 5] : 0;
		if (!join_holds(load, status, ARRAY_SIZE(status)))
			return false;
	}
	return true;
}

const struct xbf_case xbf_cases[XBF_CASES] = {
	{ "one_piece", one_piece },
	{ "four_pieces", four_pieces },
	{ "random_shapes", random_shapes },
	{ "indirect_lists", indirect_lists },
	{ "worst_counts", worst_counts },
	{ "odd_requests", odd_requests },
	{ "join_orders", join_orders },
};
