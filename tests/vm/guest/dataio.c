// SPDX-License-Identifier: GPL-2.0-only
/*
 * dataio - find data that a block driver splits wrongly or puts in the wrong place.
 *
 * Runs in the guest against the disk (O_DIRECT) and in dom0 against the image of the same disk. Every sector carries its
 * number and a generation (who wrote it), so a wrong one says where it came from. What is on the disk is a pure function
 * of (seed, sector, generation), and the generations follow from replaying the plan: no copy of the image is needed.
 * It is not a benchmark, has one request in flight, and says nothing about barriers, flushes or errors.
 *
 * The image has three parts: the first quarter is read only, the next half is written by "grid", the last quarter by
 * "vec". Every case is a read of data that never passed through the driver and a write of new data, from memory of the
 * same shape. A write is read back through the driver (page-aligned, with 8 sectors either side), which a driver that errs
 * the same way twice could fool; "check" in dom0 cannot be fooled: it compares every byte of the image, so it sees lost
 * data, misplaced data and the neighbours that misplaced data destroyed. It can judge only what is still there: with an
 * image of 512 MiB (64 KiB pages, 512-byte sectors) each grid case and about 1,000 vec cases keep a place of their own;
 * in a smaller one later cases overwrite earlier ones, and check says how many are left whole.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dataio-plan.h"

#define ZONE		16384			/* canary examined on either side of a case's memory */
#define CHUNK		1048576
#define MAX_SHOWN	10
#define MAX_CASES	0xfffffe		/* 24 bits of a generation */

static u8 *arena, *back;	/* memory under test; memory for reading back */
static size_t arena_size;

static void die(const char *what)
{
	fprintf(stderr, "dataio: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void usage(void)
{
	fputs("usage: dataio [-p PAGE] [-s 512|4096] [-a ALIGN] COMMAND\n"
	      "  fill FILE SIZE[K|M|G] SEED     write the initial pattern (dom0)\n"
	      "  grid DEV SEED [EARLIER...]     every buffer offset in a page, 22 lengths (guest)\n"
	      "  vec DEV SEED COUNT [EARLIER...]  random vectors of 1 to 8 pieces (guest)\n"
	      "  check FILE SEED [EARLIER...]   compare the image with what should be there (dom0)\n"
	      "EARLIER is \"grid\" or \"vec:COUNT\", in the order they ran since fill\n"
	      "-p: page size of the guest (default: of this machine), -s: sector size,\n"
	      "-a: alignment of buffers (default: the sector size); all three must be equal on both sides\n", stderr);
	exit(2);
}

static int summary(const char *what, u32 cases, u32 wrong, u64 bytes)
{
	printf("dataio: %s: %u cases, %u wrong, %llu bytes verified\n", what, cases, wrong, (unsigned long long)bytes);
	return fflush(stdout) ? 2 : wrong ? 1 : 0;
}

/* ---- running the cases ---- */

struct run {
	int fd;
	bool show;
	u64 verified;
	struct iovec iov[MAX_PIECES];
};

/* The first wrong sector of the vector that starts at *s, or NULL; *s is then its number. */
static const u64 *compare(struct run *run, const struct iovec *iov, u32 n, u64 *s)
{
	for (u32 i = 0; i < n; i++) {
		const u64 *w = iov[i].iov_base, *end = w + iov[i].iov_len / 8;

		for (; w < end; w += WORDS, ++*s)
			if (!sector_ok(w, *s, gen[*s]))
				return w;
		run->verified += iov[i].iov_len;
	}
	return NULL;
}

static bool transferred(struct run *run, const struct iocase *c, const char *op, ssize_t got, size_t want)
{
	if (got == (ssize_t)want)
		return true;
	if (run->show) {
		say_case(c, op);
		if (got < 0)
			printf("error: %s\n", strerror(errno));
		else
			printf("short: %zd bytes\n", got);
	}
	return false;
}

/* All of the arena is canary between cases, so a damaged one is found whether it lies around or between the pieces. */
static bool canary_ok(struct run *run, const struct iocase *c, const char *op)
{
	u32 i, lo = c->lo - ZONE, hi = c->hi + ZONE;

	for (i = 0; i < c->n; i++)
		memset(run->iov[i].iov_base, CANARY, run->iov[i].iov_len);
	if (all_are(arena + lo, hi - lo, CANARY_WORD))
		return true;
	for (i = lo; arena[i] == CANARY; i++)
		;
	if (run->show) {
		say_case(c, op);
		printf("canary destroyed at byte %d of the memory, now 0x%02x\n", (int)(i - c->lo), arena[i]);
	}
	memset(arena, CANARY, arena_size);
	return false;
}

static bool do_read(struct run *run, const struct iocase *c)
{
	const u64 *bad = NULL;
	u64 s = c->rsec;
	bool ok;

	ok = transferred(run, c, "read", preadv(run->fd, run->iov, c->n, s * SECT), c->len);
	if (ok)
		bad = compare(run, run->iov, c->n, &s);
	if (bad && run->show) {
		say_bad(c, "read", (s - c->rsec) * SECT + first_diff(bad, s, gen[s]), bad, s);
		putchar('\n');
	}
	return canary_ok(run, c, "read") && ok && !bad;
}

/* Bad bytes before the request (negative) or after its length are neighbours that the write destroyed. */
static bool read_back(struct run *run, const struct iocase *c)
{
	struct iovec iov = { back, c->len + 2 * GUARD * SECT };
	u64 s = c->wsec - GUARD, *small = (u64 *)(back + MAX_LEN + LEAD);
	const u64 *bad;

	if (!transferred(run, c, "read-back", pread(run->fd, back, iov.iov_len, s * SECT), iov.iov_len))
		return false;
	bad = compare(run, &iov, 1, &s);
	if (!bad)
		return true;
	if (run->show) {
		say_bad(c, "write", (long long)(s - c->wsec) * SECT + first_diff(bad, s, gen[s]), bad, s);
		/* one frame, never split: tells a wrong write from a wrong read-back */
		if (pread(run->fd, small, 4096, (s & ~7ULL) * SECT) == 4096)
			printf(" (a read of 4 KiB finds it %s)",
			       sector_ok(small + s % 8 * WORDS, s, gen[s]) ? "right: blame the read-back" : "wrong too");
		putchar('\n');
	}
	return false;
}

static bool do_write(struct run *run, const struct iocase *c)
{
	u64 s = c->wsec;
	bool ok;

	mark(c);
	for (u32 i = 0; i < c->n; i++)
		for (size_t o = 0; o < run->iov[i].iov_len; o += SECT, s++)
			sector_make((u64 *)((u8 *)run->iov[i].iov_base + o), s, c->gen);
	ok = transferred(run, c, "write", pwritev(run->fd, run->iov, c->n, c->wsec * SECT), c->len);
	ok = canary_ok(run, c, "write") && ok;
	return read_back(run, c) && ok;
}

/* On a disk that already holds what is about to be written, or another seed's data, a run would prove nothing. */
static void look_first(int fd, struct plan p)
{
	struct iocase c;
	u64 s;

	plan_next(&p, &c);
	s = c.wsec & ~7ULL;
	if (pread(fd, back, 4096, s * SECT) != 4096)
		die("first read");
	for (; s <= c.wsec; s++) {
		const u64 *w = (u64 *)back + s % 8 * WORDS;

		if (sector_ok(w, s, gen[s]))
			continue;
		printf("dataio: not filled for this run, or wrong SEED or EARLIER: ");
		say_sector(w, s, gen[s], first_diff(w, s, gen[s]));
		putchar('\n');
		exit(2);
	}
}

static int run_plan(int fd, struct plan p)
{
	struct run run = { .fd = fd };
	struct iocase c;
	u32 wrong = 0;
	bool ok;

	while (plan_next(&p, &c)) {
		for (u32 i = 0; i < c.n; i++)
			run.iov[i] = (struct iovec){ arena + c.piece[i].off, c.piece[i].len };
		run.show = wrong < MAX_SHOWN;
		ok = do_read(&run, &c);
		ok = do_write(&run, &c) && ok;
		wrong += !ok;
	}
	if (!all_are(arena, arena_size, CANARY_WORD)) {
		printf("dataio: wrong: memory far from every buffer was overwritten\n");
		wrong++;
	}
	if (fsync(fd)) {
		printf("dataio: wrong: fsync: %s\n", strerror(errno));
		wrong++;
	}
	return summary(kind_name[p.kind], p.count, wrong, run.verified);
}

/* ---- dom0: fill and check ---- */

static void fill(int fd, u64 *buf)
{
	for (u64 s = 0; s < sectors;) {
		size_t n = sectors - s < CHUNK / SECT ? sectors - s : CHUNK / SECT;

		for (u32 i = 0; i < n; i++)
			sector_make(buf + i * WORDS, s + i, 0);
		if (pwrite(fd, buf, n * SECT, s * SECT) != (ssize_t)(n * SECT))
			die("write");
		s += n;
	}
	if (fsync(fd))
		die("fsync");
	printf("dataio: fill: %llu bytes written\n", (unsigned long long)sectors * SECT);
}

static void explain(const u64 *w, u64 s)
{
	u32 g = gen[s], byte = first_diff(w, s, g);
	struct plan p = plan_start(g >> 31, g >> 24 & 127, MAX_CASES);
	struct iocase c;

	if (g) {
		while (plan_next(&p, &c) && c.gen != g)
			;
		say_bad(&c, "write", (s - c.wsec) * SECT + byte, w, s);
	} else {
		printf("dataio: wrong: outside every case: first bad byte %llu of the image: ",
		       (unsigned long long)s * SECT + byte);
		say_sector(w, s, 0, byte);
	}
	putchar('\n');
}

/*
 * A wrong case is one with a wrong sector, and with what it spoiled just behind itself; wrong sectors elsewhere, where no
 * case should have written, count as one more for each such place.
 */
static u32 compare_image(int fd, u64 *buf, u64 *nbad)
{
	u64 last = 0;
	u32 wrong = 0, last_gen = 0;

	for (u64 s = 0; s < sectors;) {
		size_t n = sectors - s < CHUNK / SECT ? sectors - s : CHUNK / SECT;

		if (pread(fd, buf, n * SECT, s * SECT) != (ssize_t)(n * SECT))
			die("read");
		for (const u64 *w = buf; w < buf + n * WORDS; w += WORDS, s++) {
			if (sector_ok(w, s, gen[s]))
				continue;
			if (!(*nbad)++ || (gen[s] ? gen[s] != last_gen : s - last > GUARD))
				if (wrong++ < MAX_SHOWN)
					explain(w, s);
			last = s;
			last_gen = gen[s] ? gen[s] : last_gen;
		}
	}
	return wrong;
}

static bool whole(const struct iocase *c)
{
	for (u32 i = 0; i < c->len / SECT; i++)
		if (gen[c->wsec + i] != c->gen)
			return false;
	return true;
}

static u32 number(const char *s, u32 min, u32 max)
{
	char *end;
	unsigned long long v = strtoull(s, &end, 0);

	if (end == s || *end || v < min || v > max)
		usage();
	return v;
}

/* Replay what ran; how many rounds of each kind that was is left in rounds[]. Counts cases, or only those left whole. */
static u32 replay(char **item, u32 rounds[2], bool count_whole)
{
	u32 n = 0;

	rounds[GRID] = 0;
	rounds[VEC] = 0;
	for (; *item; item++) {
		u32 kind = strcmp(*item, "grid") ? VEC : GRID;
		struct iocase c;
		struct plan p;

		if (kind == VEC && strncmp(*item, "vec:", 4))
			usage();
		if (rounds[kind] == 127)
			usage();
		p = plan_start(kind, rounds[kind]++, kind == VEC ? number(*item + 4, 1, MAX_CASES) : 0);
		while (plan_next(&p, &c)) {
			if (!count_whole)
				mark(&c);
			n += !count_whole || whole(&c);
		}
	}
	return n;
}

static int check(int fd, u64 *buf, char **item)
{
	u64 nbad = 0;
	u32 rounds[2], cases = replay(item, rounds, false), left = replay(item, rounds, true);
	u32 wrong = compare_image(fd, buf, &nbad);

	printf("dataio: check: page %u, sector %u, alignment %u; %u of %u writes not overwritten since; %llu of %llu sectors wrong\n",
	       page, lbs, align, left, cases, (unsigned long long)nbad, (unsigned long long)sectors);
	return summary("check", cases, wrong, sectors * SECT);
}

/* ---- setting up ---- */

static void *memory(size_t size)
{
	u8 *p = mmap(NULL, size + LEAD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	p += -(uintptr_t)p & (LEAD - 1);
	memset(p, CANARY, size);	/* no page may be the shared zero page */
	return p;
}

static u64 size_arg(const char *s)
{
	static const char units[] = "KMG";
	char *end;
	u64 v = strtoull(s, &end, 0);
	const char *u = *end ? strchr(units, *end) : NULL;

	if (end == s || (*end && (!u || end[1])))
		usage();
	return u ? v << (10 * (u - units + 1)) : v;
}

static void options(int argc, char **argv)
{
	int o;

	page = sysconf(_SC_PAGESIZE);
	while ((o = getopt(argc, argv, "p:s:a:")) != -1) {
		if (o == 'p')
			page = number(optarg, 4096, LEAD);
		else if (o == 's')
			lbs = number(optarg, SECT, 4096);
		else if (o == 'a')
			align = number(optarg, SECT, 4096);
		else
			usage();
	}
	if (!align)
		align = lbs;
	if (page & (page - 1) || (lbs != SECT && lbs != 4096) || (align != SECT && align != 4096))
		usage();
	for (u32 i = 0; i < sizeof(grid_len) / sizeof(*grid_len); i++) {
		u32 len = (grid_len[i] + lbs - 1) & ~(lbs - 1);	/* some become equal on 4Kn: keep one */

		if (!nlens || lens[nlens - 1] != len)
			lens[nlens++] = len;
	}
}

static int open_disk(const char *name, int flags, u64 size)
{
	int fd = open(name, flags | O_CLOEXEC, 0644);
	struct stat st;
	off_t end;

	if (fd < 0 || fstat(fd, &st))
		die(name);
	if (size && S_ISREG(st.st_mode) && ftruncate(fd, size))
		die(name);
	end = lseek(fd, 0, SEEK_END);	/* works on block devices too */
	if (end < 0)
		die(name);
	sectors = (size ? size : (u64)end) / SECT;
	/* a part must hold some of the longest cases, and a sector number has 32 bits */
	if ((u64)end < size || sectors < 4 * 2048 || sectors > UINT32_MAX) {
		fprintf(stderr, "dataio: %s: needs 4 MiB to 2 TiB, and as much as asked for\n", name);
		exit(2);
	}
	gen = calloc(sectors, sizeof(*gen));
	if (!gen)
		die("generations");
	return fd;
}

int main(int argc, char **argv)
{
	u32 kind, count, rounds[2];
	int fd;

	options(argc, argv);
	argc -= optind;
	argv += optind;
	if (argc == 4 && !strcmp(argv[0], "fill")) {
		seed = strtoull(argv[3], NULL, 0);
		fill(open_disk(argv[1], O_RDWR | O_CREAT, size_arg(argv[2])), memory(CHUNK));
		return fflush(stdout) ? 2 : 0;
	}
	if (argc < 3)
		usage();
	seed = strtoull(argv[2], NULL, 0);
	if (!strcmp(argv[0], "check")) {
		fd = open_disk(argv[1], O_RDONLY, 0);
		return check(fd, memory(CHUNK), argv + 3);
	}
	kind = strcmp(argv[0], "grid") ? VEC : GRID;
	if (kind == VEC && (argc < 4 || strcmp(argv[0], "vec")))
		usage();
	count = kind == VEC ? number(argv[3], 1, MAX_CASES) : 0;
	fd = open_disk(argv[1], O_RDWR | O_DIRECT, 0);
	replay(argv + 3 + kind, rounds, false);
	arena_size = LEAD + (2 * MAX_PIECES + 2) * page + MAX_LEN + ZONE;
	arena = memory(arena_size);
	back = memory(MAX_LEN + LEAD + 4096);
	look_first(fd, plan_start(kind, rounds[kind], count));
	return run_plan(fd, plan_start(kind, rounds[kind], count));
}
