// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the cases in user space, in full: cmocka around cases.c. XBF_STRIDE,
 * XBF_RANDOM and XBF_SEED in the environment change the load.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <linux/types.h>
#include <cmocka.h>
#include <linux/kernel.h>
#include "cases.h"

static struct xbf_load load;

static u64 setting(const char *name, u64 otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

static void run(void **state)
{
	const struct xbf_case *test = *state;
	bool held;

	load.tried = 0;
	held = test->run(&load);
	fprintf(stderr, "# %s: tried %u\n", test->name, load.tried);
	assert_true(load.tried);
	assert_true(held);
}

int main(void)
{
	struct CMUnitTest tests[XBF_CASES];
	u32 i;

	load.stride = setting("XBF_STRIDE", 1);
	load.random = setting("XBF_RANDOM", XBF_LOAD_RANDOM);
	load.seed = setting("XBF_SEED", XBF_LOAD_SEED);
	fprintf(stderr, "# XBF_STRIDE=%u XBF_RANDOM=%u XBF_SEED=%#llx\n",
		load.stride, load.random, load.seed);

	for (i = 0; i < XBF_CASES; i++)
		tests[i] = (struct CMUnitTest) {
			.name = xbf_cases[i].name,
			.test_func = run,
			.initial_state = (void *)&xbf_cases[i],
		};
	return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
