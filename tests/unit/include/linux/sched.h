/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in for the kernel's <linux/sched.h> in user space, where a long loop
 * keeps nobody waiting.
 */
#ifndef XBF_UNIT_LINUX_SCHED_H
#define XBF_UNIT_LINUX_SCHED_H

#define cond_resched()	((void)0)

#endif /* XBF_UNIT_LINUX_SCHED_H */
