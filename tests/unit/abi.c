// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a table of the block protocol's layout as one of two headers has it,
 * the kernel's or Xen's own: BLKIF_H. abi.t compiles this twice for each
 * architecture and compares the tables. Nothing is run: the compiler puts the
 * lines into its assembly output, as for the kernel's asm-offsets.
 *
 * Where names differ, PICK(xen, kernel) is the one of the two that BLKIF_H has.
 */
#include <linux/types.h>
#include BLKIF_H

#define LINE(label, value) \
	({ asm volatile("\n.ascii \"->" label " %c0\"" : : "i" (value)); })
#define VALUE(name)	LINE(#name, name)
#define SIZE(type)	LINE("sizeof " #type, sizeof(type))
#define OFFSET(label, type, member) \
	LINE(label " offset", offsetof(type, member))
#define PLACE(label, type, member)					\
	do {								\
		OFFSET(label, type, member);				\
		LINE(label " size", sizeof(((type *)0)->member));	\
	} while (0)
/* A member with the same name in both headers. */
#define MEMBER(type, member)	PLACE(#type "." #member, type, member)
/*
 * A member of a request: Xen's header has a struct for each kind, the kernel's
 * has one struct with a union.
 */
#define REQUEST(type, xen, kernel)					\
	PLACE(#type "." #xen, struct PICK(type, blkif_request),		\
	      PICK(xen, kernel))

void table(void)
{
	SIZE(blkif_vdev_t);
	SIZE(blkif_sector_t);
	SIZE(grant_ref_t);
	SIZE(RING_IDX);

	SIZE(struct blkif_request_segment);
	MEMBER(struct blkif_request_segment, gref);
	MEMBER(struct blkif_request_segment, first_sect);
	MEMBER(struct blkif_request_segment, last_sect);

	SIZE(struct blkif_request);
	REQUEST(blkif_request, operation, operation);
	REQUEST(blkif_request, nr_segments, u.rw.nr_segments);
	REQUEST(blkif_request, handle, u.rw.handle);
	REQUEST(blkif_request, id, u.rw.id);
	REQUEST(blkif_request, sector_number, u.rw.sector_number);
	REQUEST(blkif_request, seg, u.rw.seg);
	REQUEST(blkif_request, seg[1], u.rw.seg[1]);

	REQUEST(blkif_request_discard, operation, operation);
	REQUEST(blkif_request_discard, flag, u.discard.flag);
	REQUEST(blkif_request_discard, handle, u.discard._pad1);
	REQUEST(blkif_request_discard, id, u.discard.id);
	REQUEST(blkif_request_discard, sector_number, u.discard.sector_number);
	REQUEST(blkif_request_discard, nr_sectors, u.discard.nr_sectors);

	REQUEST(blkif_request_indirect, operation, operation);
	REQUEST(blkif_request_indirect, indirect_op, u.indirect.indirect_op);
	REQUEST(blkif_request_indirect, nr_segments, u.indirect.nr_segments);
	REQUEST(blkif_request_indirect, id, u.indirect.id);
	REQUEST(blkif_request_indirect, sector_number,
		u.indirect.sector_number);
	REQUEST(blkif_request_indirect, handle, u.indirect.handle);
	REQUEST(blkif_request_indirect, indirect_grefs,
		u.indirect.indirect_grefs);

	/* Any other operation, such as a flush: Xen uses the plain request. */
	LINE("other.handle offset",
	     offsetof(struct blkif_request, PICK(handle, u.other._pad2)));
	LINE("other.id offset",
	     offsetof(struct blkif_request, PICK(id, u.other.id)));

	SIZE(struct blkif_response);
	MEMBER(struct blkif_response, id);
	MEMBER(struct blkif_response, operation);
	MEMBER(struct blkif_response, status);

	SIZE(union blkif_sring_entry);
	MEMBER(union blkif_sring_entry, req);
	MEMBER(union blkif_sring_entry, rsp);
	MEMBER(struct blkif_sring, req_prod);
	MEMBER(struct blkif_sring, req_event);
	MEMBER(struct blkif_sring, rsp_prod);
	MEMBER(struct blkif_sring, rsp_event);
	OFFSET("struct blkif_sring.ring", struct blkif_sring, ring);
	LINE("slots of a ring of 4 KiB", __CONST_RING_SIZE(blkif, 4096));
	LINE("slots of a ring of 64 KiB", __CONST_RING_SIZE(blkif, 65536));

	VALUE(BLKIF_OP_READ);
	VALUE(BLKIF_OP_WRITE);
	VALUE(BLKIF_OP_WRITE_BARRIER);
	VALUE(BLKIF_OP_FLUSH_DISKCACHE);
	VALUE(BLKIF_OP_DISCARD);
	VALUE(BLKIF_OP_INDIRECT);
	VALUE(BLKIF_DISCARD_SECURE);
	VALUE(BLKIF_MAX_SEGMENTS_PER_REQUEST);
	VALUE(BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST);
	VALUE(BLKIF_RSP_OKAY);
	VALUE(BLKIF_RSP_ERROR);
	VALUE(BLKIF_RSP_EOPNOTSUPP);
	VALUE(VDISK_CDROM);
	VALUE(VDISK_REMOVABLE);
	VALUE(VDISK_READONLY);
}
