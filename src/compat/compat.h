/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBF_COMPAT_H
#define XBF_COMPAT_H

/*
 * Makes older kernels look like the newest one. Included before every source
 * file of the driver, which is written for the newest kernel only. What a
 * kernel offers is in features.h, found out by compiling ./tests; there is one
 * section here for each test, or for each set of them that is a line in
 * ./interfaces, and it goes when the kernels that need it go.
 */
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <uapi/linux/sched/types.h>

#include "block.h"
#include "xen.h"

/* Where these exist already, flags are not optional there, and may be given here. */
#if !XBF_OBJECTS_ARE_ALLOCATED_BY_TYPE
#undef kzalloc_obj
#undef kzalloc_objs
#define XBF_FLAGS(unused, gfp, ...)	gfp
#define kzalloc_obj(obj, ...)	\
	kzalloc(sizeof(obj), XBF_FLAGS(0, ##__VA_ARGS__, GFP_KERNEL))
#define kzalloc_objs(obj, count, ...)	\
	kcalloc(count, sizeof(obj), XBF_FLAGS(0, ##__VA_ARGS__, GFP_KERNEL))
#endif

#if !XBF_WORKERS_ARE_RUN_WHEN_MADE
#define kthread_run_worker	kthread_create_worker
#endif

#if !XBF_FIFO_HAS_A_CALL
static inline void xbf_set_fifo(struct task_struct *task)
{
	struct sched_param param = { .sched_priority = MAX_RT_PRIO / 2 };

	sched_setscheduler(task, SCHED_FIFO, &param);
}

#define sched_set_fifo		xbf_set_fifo
#endif

#endif /* XBF_COMPAT_H */
