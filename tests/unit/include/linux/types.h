/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in for the kernel's <linux/types.h> in user space: the plain types
 * that src/split.h and the kernel's Xen interface headers use, and no more.
 */
#ifndef XBF_UNIT_LINUX_TYPES_H
#define XBF_UNIT_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef signed char s8;
typedef short s16;
typedef long long s64;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#endif /* XBF_UNIT_LINUX_TYPES_H */
