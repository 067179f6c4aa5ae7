// SPDX-License-Identifier: GPL-2.0-only
/* since 6.14, commit b04e317b5226 */
#include <linux/kthread.h>

struct kthread_worker *xbf_test(void);
struct kthread_worker *xbf_test(void)
{
	return kthread_run_worker(0, "name");
}
