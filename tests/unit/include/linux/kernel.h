/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in for the kernel's <linux/kernel.h> in user space: what the cases
 * use of it. Messages go to stderr, out of the way of the TAP on stdout.
 */
#ifndef XBF_UNIT_LINUX_KERNEL_H
#define XBF_UNIT_LINUX_KERNEL_H

#include <stdio.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define pr_err(fmt, ...)	fprintf(stderr, pr_fmt(fmt), ##__VA_ARGS__)

#endif /* XBF_UNIT_LINUX_KERNEL_H */
