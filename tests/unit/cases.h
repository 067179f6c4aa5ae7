/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What test_split.c (user space) and kunit_split.c (kernel) share: the cases,
 * and how much of each to run. Nothing else differs between the two.
 */
#ifndef XBF_UNIT_CASES_H
#define XBF_UNIT_CASES_H

#include <linux/types.h>

/**
 * struct xbf_load - how much a case tries, and how much it has tried
 * @stride: of the shapes listed one by one, try every @stride-th; 1 tries all
 * @random: number of random shapes
 * @seed: where the random ones start; not 0
 * @tried: shapes tried so far, counted by the case
 */
struct xbf_load {
	u32 stride;
	u32 random;
	u64 seed;
	u32 tried;
};

#define XBF_LOAD_SEED		0x5eed5eed5eed5eedULL
#define XBF_LOAD_RANDOM		2000000

/*
 * For a kernel under emulation, and for mutants. The stride has no factor in
 * common with the number of choices at any level of the listed shapes, so every
 * choice is still met.
 */
#define XBF_LOAD_SMALL_STRIDE	61
#define XBF_LOAD_SMALL_RANDOM	20000

/**
 * struct xbf_case - one case
 * @name: as it appears in TAP
 * @run: returns whether all held; what did not is in the log
 */
struct xbf_case {
	const char *name;
	bool (*run)(struct xbf_load *load);
};

#define XBF_CASES		7

extern const struct xbf_case xbf_cases[XBF_CASES];

#endif /* XBF_UNIT_CASES_H */
