/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of dataio that guest and dom0 must agree on: what a sector holds, which cases there are and where they go, and
 * how a wrong sector is put into words. It does no I/O. Only dataio.c includes it.
 */
#ifndef DATAIO_PLAN_H
#define DATAIO_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#define SECT		512
#define WORDS		(SECT / 8)
#define ODD		0x9e3779b97f4a7c15ULL
#define MAGIC		0x4f4944ULL		/* "DIO" in bytes 5 to 7 */
#define CANARY		0xc5
#define CANARY_WORD	0xc5c5c5c5c5c5c5c5ULL
#define LEAD		65536			/* canary before the first page, a multiple of every page size */
#define MAX_LEN		262144
#define MAX_PIECES	8
#define GUARD		8			/* sectors read back on either side of a write */
#define GAP		(2 * GUARD)		/* so that a stray sector is blamed on one case only */

enum { GRID, VEC };
static const char *const kind_name[] = { "grid", "vec" };

/* Around one ring request (44 KiB), one page (64 KiB), two requests (88 KiB), two pages, three requests (132 KiB). */
static const u32 grid_len[] = {
	512, 4096, 8192, 40960, 44544, 45056, 45568, 49152, 65024, 65536, 66048,
	73728, 81920, 86528, 90112, 90624, 98304, 114688, 131072, 135680, 196608, 262144,
};

static u64 seed, sectors;
static u32 page, lbs = SECT, align;
static u32 *gen;		/* generation of each sector: 0 is the fill */
static u32 lens[sizeof(grid_len) / sizeof(*grid_len)], nlens;

static u64 mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static u32 rnd(u64 *state, u32 n)
{
	*state += ODD;
	return (mix(*state) >> 32) % n;
}

/* Byte 0 differs between neighbours and nearly always between generations, so the first wrong byte starts a sector. */
static u64 word0(u64 s, u32 g) { return MAGIC << 40 | s << 8 | (u8)(s + 101 * (g + (g >> 24))); }
static u64 word1(u32 g) { return seed << 32 | g; }
static u64 body(u64 s, u32 g) { return mix(mix(seed + ODD * s) + g); }

static void sector_make(u64 *w, u64 s, u32 g)
{
	u64 b = body(s, g);

	for (u32 i = 0; i < WORDS; i++)
		w[i] = b + i * ODD;
	w[0] = word0(s, g);
	w[1] = word1(g);
}

static bool sector_ok(const u64 *w, u64 s, u32 g)
{
	u64 b = body(s, g), diff = (w[0] ^ word0(s, g)) | (w[1] ^ word1(g));

	for (u32 i = 2; i < WORDS; i++)
		diff |= w[i] ^ (b + i * ODD);
	return !diff;
}

static u32 first_diff(const u64 *w, u64 s, u32 g)
{
	u64 want[WORDS];
	u32 i = 0;

	sector_make(want, s, g);
	while (i < SECT - 1 && ((const u8 *)w)[i] == ((u8 *)want)[i])
		i++;
	return i;
}

static bool all_are(const void *p, size_t n, u64 word)
{
	return !memcmp(p, &word, 8) && !memcmp(p, (const u8 *)p + 8, n - 8);
}

/* ---- the plan: a pure function of seed, size, page, lbs, align, kind and round ---- */

struct iocase {
	u64 rsec, wsec;		/* where it reads, where it writes */
	u32 kind, round, idx, gen;
	u32 len, n, lo, hi;	/* lo, hi: the part of the arena it spans */
	struct { u32 off, len; } piece[MAX_PIECES];
};

struct plan {
	u32 kind, round, count, idx;
	u64 first, end, cursor;
};

static struct plan plan_start(u32 kind, u32 round, u32 count)
{
	u64 quarter = sectors / 4 & ~127ULL;
	struct plan p = { .kind = kind, .round = round, .count = count };

	if (kind == GRID)
		p.count = nlens * (page / align);
	p.first = quarter * (kind == GRID ? 1 : 3);
	p.end = quarter * (kind == GRID ? 3 : 4);
	p.cursor = p.first;
	return p;
}

static void shape_grid(struct iocase *c)
{
	c->n = 1;
	c->len = lens[c->idx % nlens];
	c->piece[0].len = c->len;
	c->piece[0].off = LEAD + c->idx / nlens * align;
	c->lo = c->piece[0].off;
	c->hi = c->lo + c->len;
}

/*
 * Pieces follow each other in memory directly, after a gap inside the frame, on the next page's start, or anywhere in the
 * next page; half of the cases then put them on the disk in another order.
 */
static void shape_vec(struct iocase *c, u64 *r)
{
	static const u32 longest[] = { 8192, 8192, 49152, 131072 };
	u32 pos = LEAD + rnd(r, page / align) * align;

	c->n = 1 + rnd(r, MAX_PIECES);
	c->lo = pos;
	for (u32 i = 0; i < c->n; i++) {
		u32 room = MAX_LEN - c->len - (c->n - 1 - i) * lbs, max = longest[rnd(r, 4)], how = rnd(r, 4);

		if (i && how == 1)
			pos += (1 + rnd(r, 4096 / align)) * align;
		else if (i && how >= 2)
			pos = ((pos + page - 1) & ~(page - 1)) + (how == 2 ? 0 : rnd(r, page / align) * align);
		c->piece[i].off = pos;
		c->piece[i].len = (1 + rnd(r, (max < room ? max : room) / lbs)) * lbs;
		c->len += c->piece[i].len;
		pos += c->piece[i].len;
	}
	c->hi = pos;
	if (rnd(r, 2))
		return;
	for (u32 i = c->n - 1; i; i--) {
		u32 j = rnd(r, i + 1);
		__typeof__(c->piece[0]) t = c->piece[i];

		c->piece[i] = c->piece[j];
		c->piece[j] = t;
	}
}

static bool plan_next(struct plan *p, struct iocase *c)
{
	u64 unit = lbs / SECT, r = mix(seed ^ ((u64)p->kind << 56 | (u64)p->round << 40 | p->idx));
	u32 len;

	if (p->idx == p->count)
		return false;
	*c = (struct iocase){ .kind = p->kind, .round = p->round, .idx = p->idx++ };
	c->gen = c->kind << 31 | c->round << 24 | (c->idx + 1);
	if (c->kind == GRID)
		shape_grid(c);
	else
		shape_vec(c, &r);
	len = c->len / SECT;
	c->rsec = rnd(&r, ((sectors / 4 & ~127ULL) - len) / unit) * unit;
	p->cursor += GAP + (unit == 1 ? rnd(&r, 4) : 0);
	if (p->cursor + len + GUARD > p->end)
		p->cursor = p->first + GUARD;
	c->wsec = p->cursor;
	p->cursor += len;
	return true;
}

static void mark(const struct iocase *c)
{
	for (u32 i = 0; i < c->len / SECT; i++)
		gen[c->wsec + i] = c->gen;
}

/* ---- saying what is wrong ---- */

static const char *gen_name(u32 g, char *buf)
{
	if (!g)
		return "fill";
	if (g >> 24 & 127)
		sprintf(buf, "%s (run %u) case %u", kind_name[g >> 31], (g >> 24 & 127) + 1, (g & 0xffffff) - 1);
	else
		sprintf(buf, "%s case %u", kind_name[g >> 31], (g & 0xffffff) - 1);
	return buf;
}

static void say_sector(const u64 *w, u64 want, u32 g, u32 byte)
{
	u32 s = w[0] >> 8;
	char a[40], b[40];
	u64 x[WORDS];

	sector_make(x, want, g);
	if (w[0] >> 40 == MAGIC)
		printf("holds %s sector %u of %s", sector_ok(w, s, w[1]) ? "all of" : "spoiled", s, gen_name(w[1], a));
	else if (all_are(w, SECT, CANARY_WORD))
		printf("holds canary");
	else if (all_are(w, SECT, 0))
		printf("holds zeroes");
	else
		printf("holds unknown data");
	printf(", expected sector %llu of %s (0x%02x, not 0x%02x)", (unsigned long long)want, gen_name(g, b),
	       ((const u8 *)w)[byte], ((u8 *)x)[byte]);
}

/* "grid case 1 read: ..." up to where the caller says what is wrong */
static void say_case(const struct iocase *c, const char *op)
{
	char a[40];

	printf("dataio: wrong: %s %s: buffer offset ", gen_name(c->gen, a), op);
	for (u32 i = 0; i < c->n; i++) {
		printf("%s%u", i ? ", " : "", c->piece[i].off % page);
		if (c->n > 1)
			printf("+%u", c->piece[i].len);
	}
	printf("; length %u; ", c->len);
}

static void say_bad(const struct iocase *c, const char *op, long long off, const u64 *w, u64 s)
{
	say_case(c, op);
	printf("first bad byte %lld: ", off);
	say_sector(w, s, gen[s], off & (SECT - 1));
}

#endif
