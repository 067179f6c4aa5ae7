// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grant references: setting them aside, giving a frame, ending a grant, and
 * what is left to do when the backend will not let go. What is in a frame, and
 * who waits for it, is the ring's business.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <xen/page.h>

#include "grant.h"
#include "split.h"

/*
 * A backend that closes under load unmaps when its last I/O has ended: in a moment,
 * but after it says Closed, and a thousand frames at once. The core looks after ten
 * a second of what it is left with, so that some tens of such disks would leave the
 * guest without references; it gets what is still mapped after a while.
 */
#define LOOK_EACH	HZ
#define LOOK_FOR	(60 * HZ)

/**
 * struct left - a grant whose frame was still mapped when we had to let go of it
 * @node: in the list of all
 * @ref: its reference
 * @page: the frame's page; there is a reference to it
 * @since: when, in jiffies
 */
struct left {
	struct list_head node;
	grant_ref_t ref;
	struct page *page;
	unsigned long since;
};

/**
 * struct xbf_grant_rest - of a pool whose backend may look at requests that were recalled
 * @node: in the list of all, when the pool has ended
 * @pool: the pool, then
 * @ring: frames that the backend may look at them by; each page has a reference
 * @nr: how many of these it has still mapped
 * @kept: other grants that may stand in requests, as struct left
 */
struct xbf_grant_rest {
	struct list_head node;
	struct xbf_grant_pool pool;
	struct xbf_grant *ring;
	unsigned int nr;
	struct list_head kept;
};

static LIST_HEAD(all_left);
static LIST_HEAD(all_rests);
static DEFINE_SPINLOCK(all_left_lock);	/* of both */

static struct page *page_of(const struct xbf_grant *grant)
{
	return pfn_to_page(grant->frame >> (PAGE_SHIFT - XBF_FRAME_SHIFT));
}

static void hand_back(const struct xbf_grant_pool *pool)
{
	if (pool->free)
		gnttab_free_grant_references(pool->head);
}

/* Lists may be long, and the lock keeps interrupts off: they are looked at apart. */
static void take_all(struct list_head *all, struct list_head *list)
{
	spin_lock_irq(&all_left_lock);
	list_splice_init(all, list);
	spin_unlock_irq(&all_left_lock);
}

/* Returns whether there is more then. */
static bool put_back(struct list_head *list, struct list_head *all)
{
	bool more;

	spin_lock_irq(&all_left_lock);
	list_splice(list, all);
	more = !list_empty(all);
	spin_unlock_irq(&all_left_lock);
	return more;
}

/*
 * End what is unmapped, and give the core what was left before @since. Returns whether
 * there is more. Process context; one at a time.
 */
static bool look_at_left(unsigned long since)
{
	struct left *left, *next;
	LIST_HEAD(list);

	take_all(&all_left, &list);
	list_for_each_entry_safe(left, next, &list, node) {
		if (gnttab_try_end_foreign_access(left->ref))
			put_page(left->page);
		else if (time_before(left->since, since))
			gnttab_end_foreign_access(left->ref, left->page);
		else
			continue;
		list_del(&left->node);
		kfree(left);
	}

	return put_back(&list, &all_left);
}

/* Nobody looks at its requests: what may stand in them is as any other grant now. */
static void free_rest(struct xbf_grant_rest *rest)
{
	struct left *left;

	list_for_each_entry(left, &rest->kept, node)
		left->since = jiffies;
	put_back(&rest->kept, &all_left);
	kfree(rest->ring);
	kfree(rest);
}

/*
 * Release those whose ring is unmapped. Returns whether there are others. Process
 * context; one at a time.
 */
static bool look_at_rests(void)
{
	struct xbf_grant_rest *rest, *next;
	LIST_HEAD(list);

	take_all(&all_rests, &list);
	list_for_each_entry_safe(rest, next, &list, node) {
		while (rest->nr &&
		       gnttab_try_end_foreign_access(rest->ring[rest->nr - 1].ref)) {
			put_page(page_of(&rest->ring[--rest->nr]));
			rest->pool.total--;
		}
		if (rest->nr)
			continue;
		list_del(&rest->node);
		hand_back(&rest->pool);
		free_rest(rest);
	}

	return put_back(&list, &all_rests);
}

static void look_again(struct work_struct *work)
{
	bool more = look_at_rests();

	/* In this order: what is released is to be looked at. */
	more |= look_at_left(jiffies - LOOK_FOR);
	if (more)
		schedule_delayed_work(to_delayed_work(work), LOOK_EACH);
}

static DECLARE_DELAYED_WORK(left_work, look_again);

/* Nobody will look at it again: what may stand in requests stays what it is. */
static void lose_rest(struct xbf_grant_rest *rest)
{
	struct left *left, *next;

	for (; rest->nr; rest->nr--, rest->pool.total--)
		gnttab_end_foreign_access(rest->ring[rest->nr - 1].ref,
					  page_of(&rest->ring[rest->nr - 1]));
	list_for_each_entry_safe(left, next, &rest->kept, node)
		kfree(left);
	pr_warn(KBUILD_MODNAME ": a backend has a ring mapped: %u grant references are lost\n",
		rest->pool.total);
	kfree(rest->ring);
	kfree(rest);
}

/**
 * xbf_grant_exit() - leave to the core what backends have still mapped
 *
 * Process context; no pool is left.
 */
void xbf_grant_exit(void)
{
	struct xbf_grant_rest *rest, *next;

	cancel_delayed_work_sync(&left_work);
	look_at_rests();
	look_at_left(jiffies + 1);
	list_for_each_entry_safe(rest, next, &all_rests, node)
		lose_rest(rest);
}

/**
 * xbf_grant_pool_reserve() - have that many references free, so that giving cannot fail
 * @pool: the pool
 * @refs: how many
 *
 * Any context. Returns 0, or -ENOSPC with nothing changed: the grant table is full
 * and cannot grow.
 */
int xbf_grant_pool_reserve(struct xbf_grant_pool *pool, unsigned int refs)
{
	grant_ref_t more;
	int err, ref;

	if (refs <= pool->free)
		return 0;
	err = gnttab_alloc_grant_references(refs - pool->free, &more);
	if (err)
		return err;

	pool->total += refs - pool->free;
	if (!pool->free) {
		pool->head = more;
		pool->free = refs;
	}
	while (pool->free < refs) {
		ref = gnttab_claim_grant_reference(&more);
		gnttab_release_grant_reference(&pool->head, ref);
		pool->free++;
	}
	return 0;
}

/**
 * xbf_grant_pool_hold() - have a pool wait, when it ends, until its ring is unmapped
 * @pool: the pool, with recalled requests and without such a ring
 * @ring: grants of the ring's frames that the backend has mapped, of pages of our own
 * @nr: how many; they are not the caller's any more
 *
 * Process context. Returns false, with nothing changed, for want of memory.
 */
bool xbf_grant_pool_hold(struct xbf_grant_pool *pool,
			 const struct xbf_grant *ring, unsigned int nr)
{
	struct xbf_grant_rest *rest;

	rest = kzalloc_obj(*rest, GFP_NOIO | __GFP_NOWARN);
	if (!rest)
		return false;
	rest->ring = kmemdup(ring, nr * sizeof(*ring), GFP_NOIO | __GFP_NOWARN);
	if (!rest->ring) {
		kfree(rest);
		return false;
	}

	INIT_LIST_HEAD(&rest->kept);
	for (; rest->nr < nr; rest->nr++)
		get_page(page_of(&ring[rest->nr]));
	pool->rest = rest;
	return true;
}

/**
 * xbf_grant_pool_forget() - the backend looks at no request that was recalled
 * @pool: the pool
 *
 * What it has still mapped of a ring is as any other grant. Process context.
 */
void xbf_grant_pool_forget(struct xbf_grant_pool *pool)
{
	struct xbf_grant_rest *rest = pool->rest;

	pool->recalled = false;
	if (!rest)
		return;
	pool->rest = NULL;
	while (rest->nr) {
		xbf_grant_let_go(pool, &rest->ring[--rest->nr]);
		put_page(page_of(&rest->ring[rest->nr]));
	}
	free_rest(rest);
}

/**
 * xbf_grant_pool_exit() - hand the references back, now or when the backend looks at none
 * @pool: the pool; empty afterwards. Every grant given from it was ended, let go or kept
 *
 * With recalled requests and nothing to wait for, for want of memory, they are lost.
 * Process context.
 */
void xbf_grant_pool_exit(struct xbf_grant_pool *pool)
{
	struct xbf_grant_rest *rest = pool->rest;

	if (!pool->recalled) {
		hand_back(pool);
	} else if (rest) {
		rest->pool = *pool;
		spin_lock_irq(&all_left_lock);
		list_add_tail(&rest->node, &all_rests);
		spin_unlock_irq(&all_left_lock);
		schedule_delayed_work(&left_work, LOOK_EACH);
	}
	*pool = (struct xbf_grant_pool){};
}

/**
 * xbf_grant_give() - let the backend reach one frame
 * @pool: where the reference comes from
 * @grant: filled in
 * @domid: the backend's domain
 * @frame: number of the 4 KiB frame (guest physical address >> 12)
 * @readonly: the backend may only read
 *
 * Any context. The pool must hold a free reference.
 */
void xbf_grant_give(struct xbf_grant_pool *pool, struct xbf_grant *grant,
		    domid_t domid, u64 frame, bool readonly)
{
	grant->frame = frame;
	grant->ref = gnttab_claim_grant_reference(&pool->head);
	pool->free--;
	gnttab_grant_foreign_access_ref(grant->ref, domid, pfn_to_gfn(frame),
					readonly);
}

/**
 * xbf_grant_end() - take a frame back
 * @pool: where the reference came from
 * @grant: the grant to end
 * @keep_ref: the reference goes back there, for which the core says a line if the
 *	frame is mapped; otherwise the core gets it, and nothing is said
 *
 * Any context. Returns false, with nothing changed, while the backend has the
 * frame mapped: whoever owns it must not use the memory yet (XSA-396).
 */
bool xbf_grant_end(struct xbf_grant_pool *pool, const struct xbf_grant *grant,
		   bool keep_ref)
{
	if (!keep_ref) {
		if (!gnttab_try_end_foreign_access(grant->ref))
			return false;
		pool->total--;
		return true;
	}
	if (!gnttab_end_foreign_access_ref(grant->ref))
		return false;
	gnttab_release_grant_reference(&pool->head, grant->ref);
	pool->free++;
	return true;
}

/* A grant that is not its user's any more; its page has a reference. NULL: no memory. */
static struct left *make_left(const struct xbf_grant *grant, struct page *page,
			      gfp_t gfp)
{
	struct left *left = kzalloc_obj(*left, gfp | __GFP_NOWARN);

	if (!left)
		return NULL;
	left->ref = grant->ref;
	left->page = page;
	left->since = jiffies;
	return left;
}

/**
 * xbf_grant_keep() - leave a grant alone as long as its pool waits
 * @pool: the pool, with recalled requests; that grant may stand in one
 * @grant: the grant, of a page of our own; neither it nor its reference is used any more
 *
 * Of a pool that does not wait, and for want of memory, the grant is never ended. Process
 * context.
 */
void xbf_grant_keep(struct xbf_grant_pool *pool, const struct xbf_grant *grant)
{
	struct page *page = page_of(grant);
	struct left *left;

	get_page(page);
	left = pool->rest ? make_left(grant, page, GFP_NOIO) : NULL;
	if (left)
		list_add_tail(&left->node, &pool->rest->kept);
}

/**
 * xbf_grant_let_go() - end a grant now, or whenever the backend unmaps the frame
 * @pool: where the reference came from, and does not go back to
 * @grant: the grant; neither it nor its reference is used any more
 *
 * While the frame is mapped, the page has a reference of its own for each such
 * grant, so that it is not handed out again however many frames of it are held;
 * we, and later the core, go on trying and drop that reference on success. The page
 * is named to the core because, left to find it by itself, it takes the number of a
 * 4 KiB frame for that of a page. A page that cannot be pinned (slab, or without
 * a count) has its grant leaked instead. Any context.
 */
void xbf_grant_let_go(struct xbf_grant_pool *pool, const struct xbf_grant *grant)
{
	struct page *page = page_of(grant);
	struct left *left;
	unsigned long flags;

	pool->total--;
	if (PageSlab(page) || !page_count(page))
		return;
	get_page(page);
	left = make_left(grant, page, GFP_ATOMIC);
	if (!left) {
		gnttab_end_foreign_access(grant->ref, page);
		return;
	}

	spin_lock_irqsave(&all_left_lock, flags);
	list_add_tail(&left->node, &all_left);
	spin_unlock_irqrestore(&all_left_lock, flags);
	schedule_delayed_work(&left_work, LOOK_EACH);
}
