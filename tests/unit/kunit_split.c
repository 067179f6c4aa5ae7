// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the cases in a kernel: KUnit around cases.c, with src/split.c compiled
 * in as that kernel's compiler and flags make it. By default a part of the load
 * that user space takes, as the kernel may be an emulated one: see cases.h.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include "cases.h"
#include "../../src/split.c"

static unsigned int stride = XBF_LOAD_SMALL_STRIDE;
module_param(stride, uint, 0444);
MODULE_PARM_DESC(stride, "Of the shapes listed one by one, try every n-th");

static unsigned int random = XBF_LOAD_SMALL_RANDOM;
module_param(random, uint, 0444);
MODULE_PARM_DESC(random, "Number of random shapes");

static unsigned long long seed = XBF_LOAD_SEED;
module_param(seed, ullong, 0444);
MODULE_PARM_DESC(seed, "Where the random shapes start, not 0");

/* Not a KUnit case each: those with parameters are younger than 5.10. */
static void split(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < XBF_CASES; i++) {
		const char *name = xbf_cases[i].name;
		struct xbf_load load = {
			.stride = stride,
			.random = random,
			.seed = seed,
		};

		KUNIT_EXPECT_TRUE_MSG(test, xbf_cases[i].run(&load), "%s",
				      name);
		KUNIT_EXPECT_GT_MSG(test, load.tried, 0U, "%s", name);
		kunit_info(test, "%s: tried %u\n", name, load.tried);
	}
}

static struct kunit_case split_cases[] = {
	KUNIT_CASE(split),
	{}
};

static struct kunit_suite split_suite = {
	.name = "xbf_split",
	.test_cases = split_cases,
};

kunit_test_suite(split_suite);

MODULE_DESCRIPTION("KUnit cases of the split engine of xen_blkfront_64k");
MODULE_LICENSE("GPL");
