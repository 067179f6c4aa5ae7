// SPDX-License-Identifier: GPL-2.0-only
/* since 5.9, commit 7318d4cc14c8 */
#include <linux/sched.h>

void xbf_test(struct task_struct *task);
void xbf_test(struct task_struct *task)
{
	sched_set_fifo(task);
}
