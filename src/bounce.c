// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bounce frames: memory of the driver's own that data is copied to and from, so
 * that a backend sees nothing else of the guest, may keep a grant for the next
 * request, or gets whole sectors where the data's own memory has none. They are
 * 4 KiB whatever the guest's page is. What is copied is the ring's business.
 *
 * Any context throughout, under the lock of the ring that owns the pool, except where
 * a function says otherwise.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "bounce.h"
#include "split.h"

#define PAGE_FRAMES	((unsigned int)(PAGE_SIZE / XBF_FRAME_SIZE))

/*
 * So many grants are kept, if the backend unmaps the others: xen-blkback remembers no
 * more for a ring, and the guest's grants are for others too. Asking whether it has is
 * harmless with version 1 of the grant table, which Linux uses below 16 TiB.
 */
#define MOST_GRANTED	1056

/**
 * struct xbf_bounce_page - a page of the guest, cut into frames
 * @node: in the pool's list
 * @memory: the page
 * @frames: its parts
 */
struct xbf_bounce_page {
	struct list_head node;
	void *memory;
	struct xbf_bounce frames[PAGE_FRAMES];
};

/**
 * xbf_bounce_pool_init() - begin with no frames
 * @pool: the pool
 */
void xbf_bounce_pool_init(struct xbf_bounce_pool *pool)
{
	*pool = (struct xbf_bounce_pool){};
	INIT_LIST_HEAD(&pool->pages);
	INIT_LIST_HEAD(&pool->free);
}

static int add_page(struct xbf_bounce_pool *pool, gfp_t gfp)
{
	struct xbf_bounce_page *page;
	struct xbf_bounce *frame;

	page = kzalloc_obj(*page, gfp);
	if (!page)
		return -ENOMEM;
	/* What another part of the guest had there is not for the backend. */
	page->memory = (void *)get_zeroed_page(gfp);
	if (!page->memory) {
		kfree(page);
		return -ENOMEM;
	}

	list_add(&page->node, &pool->pages);
	for (frame = page->frames; frame < page->frames + PAGE_FRAMES; frame++) {
		frame->page = page;
		frame->memory = page->memory +
			(frame - page->frames) * XBF_FRAME_SIZE;
		frame->grant.frame = virt_to_phys(frame->memory) >>
			XBF_FRAME_SHIFT;
		frame->used = jiffies;
		list_add_tail(&frame->node, &pool->free);
	}
	pool->nr_free += PAGE_FRAMES;
	pool->nr_frames += PAGE_FRAMES;
	return 0;
}

/* Its frames are in no request. Those that are lost have a reference to the page. */
static void remove_page(struct xbf_bounce_pool *pool,
			struct xbf_bounce_page *page)
{
	struct xbf_bounce *frame;

	for (frame = page->frames; frame < page->frames + PAGE_FRAMES; frame++) {
		if (frame->lost)
			continue;
		list_del(&frame->node);
		pool->nr_free--;
		pool->nr_frames--;
	}
	list_del(&page->node);
	free_page((unsigned long)page->memory);
	kfree(page);
}

/**
 * xbf_bounce_pool_exit() - give all frames back
 * @pool: the pool; no frame is in a request, nor granted
 */
void xbf_bounce_pool_exit(struct xbf_bounce_pool *pool)
{
	struct xbf_bounce_page *page, *next;

	list_for_each_entry_safe(page, next, &pool->pages, node)
		remove_page(pool, page);
}

/**
 * xbf_bounce_reserve() - have that many frames free, so that taking cannot fail
 * @pool: the pool
 * @frames: how many
 * @gfp: how to get memory
 *
 * Returns 0, or -ENOMEM with nothing lost.
 */
int xbf_bounce_reserve(struct xbf_bounce_pool *pool, unsigned int frames,
		       gfp_t gfp)
{
	int err = 0;

	while (!err && pool->nr_free < frames)
		err = add_page(pool, gfp);
	return err;
}

/**
 * xbf_bounce_take() - take frames for a request
 * @pool: the pool, with so many free
 * @frames: how many
 * @taken: they are added to its end
 *
 * Returns how many of them are not granted yet.
 */
unsigned int xbf_bounce_take(struct xbf_bounce_pool *pool,
			     unsigned int frames, struct list_head *taken)
{
	struct xbf_bounce *frame;
	unsigned int bare = 0;

	pool->nr_free -= frames;
	for (; frames; frames--) {
		frame = list_first_entry(&pool->free, struct xbf_bounce, node);
		frame->taken = true;
		list_move_tail(&frame->node, taken);
		bare += !frame->granted;
	}
	return bare;
}

/**
 * xbf_bounce_put() - give the frames of a request back to the pool
 * @pool: the pool
 * @taken: the frames; empty afterwards
 * @refs: where grants were given from
 */
void xbf_bounce_put(struct xbf_bounce_pool *pool, struct list_head *taken,
		    struct xbf_grant_pool *refs)
{
	struct xbf_bounce *frame, *next;

	list_for_each_entry_safe(frame, next, taken, node) {
		frame->taken = false;
		frame->used = jiffies;
		if (frame->granted && pool->nr_granted > MOST_GRANTED &&
		    !refs->recalled &&
		    xbf_grant_end(refs, &frame->grant, false)) {
			frame->granted = false;
			pool->nr_granted--;
		}
		if (frame->lost) {
			list_del(&frame->node);
			pool->nr_frames--;
		} else if (frame->granted) {
			list_move(&frame->node, &pool->free);
			pool->nr_free++;
		} else {
			/* Granted ones are to be taken first. */
			list_move_tail(&frame->node, &pool->free);
			pool->nr_free++;
		}
	}
}

/**
 * xbf_bounce_lose() - never use the frames of a request again
 * @taken: the frames
 */
void xbf_bounce_lose(struct list_head *taken)
{
	struct xbf_bounce *frame;

	list_for_each_entry(frame, taken, node)
		frame->lost = true;
}

/**
 * xbf_bounce_grant() - let the backend reach a frame from now on
 * @pool: the pool that it was taken from
 * @frame: the frame
 * @refs: where the reference comes from; it has one if @frame is not granted yet
 * @domid: the backend's domain
 *
 * To read and to write, as the next request may be another one.
 */
void xbf_bounce_grant(struct xbf_bounce_pool *pool, struct xbf_bounce *frame,
		      struct xbf_grant_pool *refs, domid_t domid)
{
	if (frame->granted)
		return;
	xbf_grant_give(refs, &frame->grant, domid, frame->grant.frame, false);
	frame->granted = true;
	pool->nr_granted++;
}

/*
 * Leave a frame that is in no request to the backend, which has it mapped; with its
 * reference, if that may be read in one that was recalled.
 */
static void lose(struct xbf_bounce_pool *pool, struct xbf_bounce *frame,
		 struct xbf_grant_pool *refs)
{
	if (refs->recalled)
		xbf_grant_keep(refs, &frame->grant);
	else
		xbf_grant_let_go(refs, &frame->grant);
	frame->lost = true;
	list_del(&frame->node);
	pool->nr_free--;
	pool->nr_frames--;
}

/**
 * xbf_bounce_withdraw() - let the backend reach no frame any more
 * @pool: the pool; no frame is in a request
 * @refs: where grants were given from
 * @keep_refs: references go back there, for which the core says a line for a frame that
 *	is mapped; otherwise the core gets them. True with recalled requests
 *
 * A frame that it keeps mapped is lost: left to it.
 */
void xbf_bounce_withdraw(struct xbf_bounce_pool *pool,
			 struct xbf_grant_pool *refs, bool keep_refs)
{
	struct xbf_bounce *frame, *next;

	list_for_each_entry_safe(frame, next, &pool->free, node) {
		if (!frame->granted)
			continue;
		frame->granted = false;
		/* Those that wait need not be asked for, which the core would say of each. */
		if (!(refs->rest && pool->kept) &&
		    xbf_grant_end(refs, &frame->grant, keep_refs))
			continue;
		pool->kept = true;
		lose(pool, frame, refs);
	}
	pool->nr_granted = 0;
	pool->kept = false;
}

/* All of it is in the pool or lost, not granted, and was not used for @idle. */
static bool is_idle(const struct xbf_bounce_page *page, unsigned long idle)
{
	const struct xbf_bounce *frame;

	for (frame = page->frames; frame < page->frames + PAGE_FRAMES; frame++) {
		if (frame->taken || frame->granted ||
		    time_before(jiffies, frame->used + idle))
			return false;
	}
	return true;
}

/**
 * xbf_bounce_trim() - give back what was not used for long, but for the reserve
 * @pool: the pool
 * @refs: where grants were given from
 * @idle: how long that is, in jiffies
 *
 * A frame that the backend has mapped is lost: left to it. As it does not let go of
 * what is idle, it is not tried again.
 * Returns whether there may be something to give back then.
 */
bool xbf_bounce_trim(struct xbf_bounce_pool *pool, struct xbf_grant_pool *refs,
		     unsigned long idle)
{
	struct xbf_bounce_page *page, *next_page;
	struct xbf_bounce *frame, *next;

	list_for_each_entry_safe_reverse(frame, next, &pool->free, node) {
		if (!frame->granted)
			continue;
		if (pool->kept || refs->recalled ||
		    pool->nr_granted <= pool->reserve ||
		    time_before(jiffies, frame->used + idle))
			break;
		frame->granted = false;
		pool->nr_granted--;
		if (xbf_grant_end(refs, &frame->grant, false)) {
			list_move_tail(&frame->node, &pool->free);
			continue;
		}
		/* With grant table version 2 it is ended for new mappings. */
		lose(pool, frame, refs);
		pool->kept = true;
		break;
	}

	list_for_each_entry_safe(page, next_page, &pool->pages, node) {
		if (pool->nr_free < pool->reserve + PAGE_FRAMES)
			break;
		if (is_idle(page, idle))
			remove_page(pool, page);
	}
	return (pool->nr_granted > pool->reserve && !pool->kept) ||
		pool->nr_frames >= pool->reserve + PAGE_FRAMES;
}
