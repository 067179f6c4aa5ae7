// SPDX-License-Identifier: GPL-2.0-only
/*
 * serve - a block backend for what no real one here can do.
 *
 * Serves one disk, of memory, over one shared ring, from dom0; what it is asked for besides reads and writes it says in a
 * line each. The entries of both ends are there when it starts (dom0/lib.sh: fake_disk); it ends with the frontend. Names,
 * units and meanings are those of xen/io/blkif.h. The frontend is not believed: what makes no sense gets an error. It does
 * right itself, but for one answer, if so told.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>	/* barriers, for io/ring.h */
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xen/io/blkif.h>
#include <xen/io/protocols.h>
#include <xen/io/xenbus.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define FRAME_SIZE	4096	/* of grants, whatever the page */
#define SECTOR_SIZE	512	/* the protocol's, whatever the disk's */
#define FRAME_SECTORS	(FRAME_SIZE / SECTOR_SIZE)

union request {
	struct blkif_request rw;
	struct blkif_request_discard discard;
};

enum kind { READ, WRITE, FLUSH, BARRIER, DISCARD, SECURE, OTHER };

static const char *const kinds[] = { "read", "write", "flush", "barrier", "discard", "secure" };

static struct xs_handle *xs;
static xengnttab_handle *grants;
static xenevtchn_handle *events;
static unsigned int domid;
static char front[64], back[64];
static bool refused[OTHER];

static uint8_t *disk;
static uint64_t sectors;

static struct blkif_back_ring ring;	/* ring.sring is NULL until connected */
static evtchn_port_t port;

static bool (*misdeed)(struct blkif_response *rsp);	/* done once, */
static unsigned long right;				/* after so many right answers */
static bool keeping, stopping, closing, delaying;

static long secret = -1;				/* byte to look for in what is granted */

static struct {
	uint8_t *frames;
	unsigned int nr;
} delayed[32];						/* a ring's worth */
static unsigned int nr_delayed;

static bool persistent;					/* offered, then agreed: frames stay mapped; by reference: */
static uint8_t *mapped[1 << 16];

static _Noreturn void die(const char *format, ...)
{
	va_list args;

	fputs("serve: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static unsigned long number(const char *text, const char *what)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value > UINT32_MAX)
		die("%s is '%s', expected a number", what, text);
	return value;
}

/* ---- Xenstore ---- */

static void put(const char *node, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", back, node);
	if (!xs_write(xs, XBT_NULL, path, value, strlen(value)))
		die("cannot write %s: %s", path, strerror(errno));
}

static void put_number(const char *node, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put(node, text);
}

/* Written when it changes only: the frontend looks each time. */
static void enter(enum xenbus_state state)
{
	static enum xenbus_state last;

	if (state != last)
		put_number("state", state);
	last = state;
}

/* What the frontend says, to be freed; NULL when it says nothing. */
static char *get(const char *node)
{
	unsigned int len;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", front, node);
	return xs_read(xs, XBT_NULL, path, &len);
}

static unsigned long get_number(const char *node)
{
	char *text = get(node);
	unsigned long value;

	if (!text)
		die("frontend says no %s, need a number", node);
	value = number(text, node);
	free(text);
	return value;
}

/* ---- Requests ---- */

static enum kind kind_of(const union request *req)
{
	switch (req->rw.operation) {
	case BLKIF_OP_READ:
		return READ;
	case BLKIF_OP_WRITE:
		return WRITE;
	case BLKIF_OP_FLUSH_DISKCACHE:
		return FLUSH;
	case BLKIF_OP_WRITE_BARRIER:
		/* Only to flush: with data of its own it is none that we know. */
		return req->rw.nr_segments ? OTHER : BARRIER;
	case BLKIF_OP_DISCARD:
		return req->discard.flag & BLKIF_DISCARD_SECURE ? SECURE : DISCARD;
	default:
		return OTHER;
	}
}

static bool on_disk(uint64_t sector, uint64_t count)
{
	if (sector <= sectors && count <= sectors - sector)
		return true;
	fprintf(stderr, "serve: frontend asks for %" PRIu64 " sectors from %" PRIu64 " on, expected some of %" PRIu64 "\n",
		count, sector, sectors);
	return false;
}

/* Read or write: the number of sectors, in @count, is that of the segments. */
static bool has_sense(const struct blkif_request *req, uint64_t *count)
{
	unsigned int i;

	*count = 0;
	if (!req->nr_segments || req->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		fprintf(stderr, "serve: frontend says nr_segments %u, expected 1 to %u\n",
			req->nr_segments, BLKIF_MAX_SEGMENTS_PER_REQUEST);
		return false;
	}
	for (i = 0; i < req->nr_segments; i++) {
		const struct blkif_request_segment *seg = &req->seg[i];

		if (seg->first_sect > seg->last_sect || seg->last_sect >= FRAME_SECTORS) {
			fprintf(stderr, "serve: frontend says sectors %u to %u of a frame, expected some of %u\n",
				seg->first_sect, seg->last_sect, FRAME_SECTORS);
			return false;
		}
		*count += seg->last_sect - seg->first_sect + 1;
	}
	return on_disk(req->sector_number, *count);
}

static void unmap(uint8_t *frames, unsigned int nr)
{
	if (xengnttab_unmap(grants, frames, nr))
		die("cannot unmap %u frames: %s", nr, strerror(errno));
}

/* Each frame for itself, and for good. */
static bool map_for_good(const struct blkif_request *req, uint8_t **frames)
{
	unsigned int i;

	for (i = 0; i < req->nr_segments; i++) {
		uint32_t ref = req->seg[i].gref;

		if (ref >= ARRAY_SIZE(mapped))
			return false;
		if (!mapped[ref])
			mapped[ref] = xengnttab_map_grant_ref(grants, domid, ref, PROT_READ | PROT_WRITE);
		frames[i] = mapped[ref];
		if (!frames[i])
			return false;
	}
	return true;
}

/* All in a row. What is to be written may be granted for reading only. */
static bool map_once(const struct blkif_request *req, uint8_t **frames)
{
	uint32_t refs[BLKIF_MAX_SEGMENTS_PER_REQUEST];
	unsigned int i;

	for (i = 0; i < req->nr_segments; i++)
		refs[i] = req->seg[i].gref;
	frames[0] = xengnttab_map_domain_grant_refs(grants, req->nr_segments, domid, refs,
						    req->operation == BLKIF_OP_WRITE ? PROT_READ : PROT_READ | PROT_WRITE);
	for (i = 1; frames[0] && i < req->nr_segments; i++)
		frames[i] = frames[0] + i * FRAME_SIZE;
	return frames[0];
}

/* Say it when there is something in the frames that the guest has not given. */
static void look_for_secret(uint8_t *const *frames, unsigned int nr)
{
	unsigned int words = 0, i, at;
	uint8_t word[8];

	memset(word, secret, sizeof(word));
	for (i = 0; i < nr; i++) {
		for (at = 0; at < FRAME_SIZE; at += sizeof(word))
			words += !memcmp(frames[i] + at, word, sizeof(word));
	}
	if (words)
		printf("saw %u words\n", words);
}

/* Look at the frames of all slots that were not read, for whatever the guest may use their references now. */
static void look_at_unread(void)
{
	RING_IDX prod = ring.sring->req_prod, slot;
	unsigned int frames = 0, reached = 0, sum = 0, i, at;
	struct blkif_request req;

	for (slot = ring.req_cons; slot != prod && prod - slot <= RING_SIZE(&ring); slot++) {
		RING_COPY_REQUEST(&ring, slot, &req);
		for (i = 0; i < req.nr_segments && i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++) {
			uint8_t *frame = xengnttab_map_grant_ref(grants, domid, req.seg[i].gref, PROT_READ);

			frames++;
			if (!frame)
				continue;
			reached++;
			for (at = 0; at < FRAME_SIZE; at++)
				sum = sum * 31 + frame[at];
			unmap(frame, 1);
		}
	}
	printf("reached %u of %u frames, sum %08x\n", reached, frames, sum);
}

/* With all that is mapped, until the first SIGUSR1; with each, what was not read is looked at. */
static _Noreturn void fall_silent(uint8_t *first, unsigned int nr)
{
	unsigned int i;
	sigset_t set;
	int signal;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	puts("silent");
	if (closing)
		enter(XenbusStateClosing);
	sigwait(&set, &signal);
	if (!persistent)
		unmap(first, nr);
	for (i = 0; i < ARRAY_SIZE(mapped); i++) {
		if (mapped[i])
			unmap(mapped[i], 1);
	}
	while (true) {
		look_at_unread();
		sigwait(&set, &signal);
	}
}

/* Between the disk and the guest's memory, which should be mapped as long as that takes. */
static int transfer(const struct blkif_request *req)
{
	bool write = req->operation == BLKIF_OP_WRITE;
	uint64_t count;
	uint8_t *at, *frames[BLKIF_MAX_SEGMENTS_PER_REQUEST];
	unsigned int i;

	if (!has_sense(req, &count))
		return BLKIF_RSP_ERROR;
	if (!(persistent ? map_for_good(req, frames) : map_once(req, frames))) {
		fprintf(stderr, "serve: cannot map %u frames: %s\n", req->nr_segments, strerror(errno));
		return BLKIF_RSP_ERROR;
	}
	if (secret >= 0)
		look_for_secret(frames, req->nr_segments);
	/* With what does not fit into one slot, others of the same request follow, that are not read. */
	if (stopping && req->nr_segments == BLKIF_MAX_SEGMENTS_PER_REQUEST)
		fall_silent(frames[0], req->nr_segments);

	at = disk + req->sector_number * SECTOR_SIZE;
	for (i = 0; i < req->nr_segments; i++) {
		uint8_t *data = frames[i] + req->seg[i].first_sect * SECTOR_SIZE;
		size_t len = (req->seg[i].last_sect - req->seg[i].first_sect + 1) * SECTOR_SIZE;

		memcpy(write ? at : data, write ? data : at, len);
		at += len;
	}
	if (persistent)
		return BLKIF_RSP_OKAY;
	if (keeping) {
		keeping = false;
	} else if (delaying && nr_delayed < ARRAY_SIZE(delayed)) {
		delayed[nr_delayed].frames = frames[0];
		delayed[nr_delayed++].nr = req->nr_segments;
	} else {
		unmap(frames[0], req->nr_segments);
	}
	return BLKIF_RSP_OKAY;
}

static void unmap_delayed(void)
{
	delaying = false;
	while (nr_delayed) {
		nr_delayed--;
		unmap(delayed[nr_delayed].frames, delayed[nr_delayed].nr);
	}
}

static int throw_away(const struct blkif_request_discard *req)
{
	if (!on_disk(req->sector_number, req->nr_sectors))
		return BLKIF_RSP_ERROR;
	memset(disk + req->sector_number * SECTOR_SIZE, 0, req->nr_sectors * SECTOR_SIZE);
	return BLKIF_RSP_OKAY;
}

/* Do as asked; the status. */
static int perform(const union request *req)
{
	enum kind kind = kind_of(req);

	/* Said before it is answered: the guest, and with it the scenario, goes on only then. */
	if (kind == FLUSH || kind == BARRIER)
		puts(kinds[kind]);
	else if (kind == DISCARD || kind == SECURE)
		printf("discard %" PRIu64 " %" PRIu64 " %u\n",
		       req->discard.sector_number, req->discard.nr_sectors, req->discard.flag);
	else if (kind == OTHER)
		printf("operation %u\n", req->rw.operation);

	if (kind == OTHER || refused[kind])
		return BLKIF_RSP_EOPNOTSUPP;
	if (kind == READ || kind == WRITE)
		return transfer(&req->rw);
	if (kind == DISCARD || kind == SECURE)
		return throw_away(&req->discard);
	/* Memory has no cache that could be flushed. */
	return BLKIF_RSP_OKAY;
}

/* ---- Misdeeds: each spoils an answer that was right, or returns false to be asked again at the next one ---- */

static bool answer_again(struct blkif_response *rsp)
{
	/* Once the frontend has seen the one before, its number may stand for another request. */
	if (ring.rsp_prod_pvt == ring.sring->rsp_prod)
		return false;
	*rsp = *RING_GET_RESPONSE(&ring, ring.rsp_prod_pvt - 1);
	return true;
}

static bool answer_nobody(struct blkif_response *rsp)
{
	rsp->id = UINT64_MAX;
	return true;
}

static bool answer_another_operation(struct blkif_response *rsp)
{
	rsp->operation = BLKIF_OP_DISCARD;
	return true;
}

static bool answer_too_many(struct blkif_response *rsp)
{
	(void)rsp;
	ring.rsp_prod_pvt += RING_SIZE(&ring);
	return true;
}

static bool keep_frames(struct blkif_response *rsp)
{
	(void)rsp;
	keeping = true;
	return true;
}

static bool stop_halfway(struct blkif_response *rsp)
{
	(void)rsp;
	stopping = true;
	return true;
}

static bool close_halfway(struct blkif_response *rsp)
{
	closing = true;
	return stop_halfway(rsp);
}

static bool unmap_late(struct blkif_response *rsp)
{
	(void)rsp;
	delaying = true;
	return true;
}

static const struct {
	const char *name;
	bool (*misdeed)(struct blkif_response *rsp);
} misdeeds[] = {
	{ "again", answer_again },
	{ "nobody", answer_nobody },
	{ "operation", answer_another_operation },
	{ "too-many", answer_too_many },
	{ "keep", keep_frames },
	{ "halfway", close_halfway },
	{ "asleep", stop_halfway },
	{ "late", unmap_late },
};

/* ---- The ring ---- */

static void answer(const struct blkif_request *req, int status)
{
	struct blkif_response *rsp = RING_GET_RESPONSE(&ring, ring.rsp_prod_pvt);

	/* In the same place whatever the operation, where pointers have 64 bits. */
	rsp->id = req->id;
	rsp->operation = req->operation;
	rsp->status = status;
	if (right)
		right--;
	else if (misdeed && misdeed(rsp))
		misdeed = NULL;
	ring.rsp_prod_pvt++;
}

static void serve_requests(void)
{
	union request req;
	RING_IDX prod;
	int more, notify;

	do {
		prod = __atomic_load_n(&ring.sring->req_prod, __ATOMIC_ACQUIRE);
		/* All that were taken are answered. */
		if (prod - ring.req_cons > RING_SIZE(&ring)) {
			enter(XenbusStateClosed);
			die("frontend says req_prod %u, expected %u to %u",
			    prod, ring.req_cons, ring.req_cons + RING_SIZE(&ring));
		}
		while (ring.req_cons != prod) {
			/* A copy: the frontend can change what is shared at any time. */
			RING_COPY_REQUEST(&ring, ring.req_cons, &req.rw);
			ring.req_cons++;
			answer(&req.rw, perform(&req));
		}
		RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&ring, notify);
		if (notify && xenevtchn_notify(events, port))
			die("cannot notify the frontend: %s", strerror(errno));
		RING_FINAL_CHECK_FOR_REQUESTS(&ring, more);
	} while (more);
}

static void take_event(void)
{
	xenevtchn_port_or_error_t pending = xenevtchn_pending(events);

	if (pending < 0 || xenevtchn_unmask(events, pending))
		die("event channel: %s", strerror(errno));
	if (ring.sring)
		serve_requests();
}

/* ---- States ---- */

static void connect_ring(void)
{
	unsigned long ref = get_number("ring-ref"), remote = get_number("event-channel");
	char *protocol = get("protocol"), *keeps;
	xenevtchn_port_or_error_t bound;
	struct blkif_sring *sring;

	if (!protocol || strcmp(protocol, XEN_IO_PROTO_ABI_NATIVE))
		die("frontend says protocol %s, expected %s", protocol ?: "nothing", XEN_IO_PROTO_ABI_NATIVE);
	free(protocol);
	keeps = get("feature-persistent");
	persistent = persistent && keeps && !strcmp(keeps, "1");
	free(keeps);

	sring = xengnttab_map_grant_ref(grants, domid, ref, PROT_READ | PROT_WRITE);
	if (!sring)
		die("cannot map the ring, ring-ref %lu: %s", ref, strerror(errno));
	BACK_RING_INIT(&ring, sring, FRAME_SIZE);
	bound = xenevtchn_bind_interdomain(events, domid, remote);
	if (bound < 0)
		die("cannot bind event-channel %lu: %s", remote, strerror(errno));
	port = bound;
	enter(XenbusStateConnected);
	/* What came before there was a port to tell it by. */
	serve_requests();
}

/* A frontend that is gone lets go of its ring as well; what is left is ours. */
static void disconnect(void)
{
	if (ring.sring) {
		xenevtchn_unbind(events, port);
		xengnttab_unmap(grants, ring.sring, 1);
	}
	enter(XenbusStateClosed);
}

/*
 * Follow the frontend to the state that it is in. False when that was its last: not if it has closed a ring of another
 * backend's, and opens when it has seen us do the same.
 */
static bool follow(void)
{
	char *text = get("state");
	int state = text ? atoi(text) : XenbusStateUnknown;

	free(text);
	switch (state) {
	case XenbusStateInitialising:
		enter(XenbusStateInitWait);
		return true;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		if (!ring.sring)
			connect_ring();
		return true;
	case XenbusStateClosed:
		if (ring.sring)
			break;
		enter(XenbusStateClosed);
		return true;
	case XenbusStateUnknown:
	case XenbusStateClosing:
		break;
	default:
		return true;
	}
	disconnect();
	return false;
}

/*
 * No watch: in the static libxenstore, which has no threads, one that fires is taken for the answer to whatever was asked.
 * A frontend that has something to say of its state is quiet on the ring.
 */
static void run(void)
{
	struct pollfd event = { .fd = xenevtchn_fd(events), .events = POLLIN };
	unsigned int quiet = 0;
	int ready;

	do {
		ready = poll(&event, 1, 50);
		if (ready < 0)
			die("poll: %s", strerror(errno));
		quiet = ready ? 0 : quiet + 1;
		if (ready)
			take_event();
		else if (delaying && nr_delayed && quiet > 20)
			unmap_delayed();
	} while (ready || follow());
}

/* ---- Start ---- */

static void refuse(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(name, kinds[i])) {
			refused[i] = true;
			return;
		}
	}
	die("cannot refuse '%s', expected read, write, flush, barrier, discard or secure", name);
}

static void do_wrong(char *deed)
{
	char *after = strchr(deed, '=');
	unsigned int i;

	if (!after)
		die("'%s', expected misdeed=number", deed);
	*after++ = '\0';
	right = number(after, deed);
	for (i = 0; i < ARRAY_SIZE(misdeeds); i++) {
		if (!strcmp(deed, misdeeds[i].name)) {
			misdeed = misdeeds[i].misdeed;
			return;
		}
	}
	die("no misdeed '%s', expected again, nobody, operation, too-many, keep, halfway, asleep or late", deed);
}

/* All that a frontend can ask for, before there is a state that makes it look. */
static void offer(char **nodes)
{
	char *value;

	put_number("sectors", sectors);
	put_number("sector-size", SECTOR_SIZE);
	put_number("info", 0);
	for (; *nodes; nodes++) {
		value = strchr(*nodes, '=');
		if (!value)
			die("'%s', expected node=value", *nodes);
		persistent = persistent || !strcmp(*nodes, "feature-persistent=1");
		*value++ = '\0';
		put(*nodes, value);
	}
	enter(XenbusStateInitWait);
}

int main(int argc, char **argv)
{
	unsigned long vdevice;
	int option;

	while ((option = getopt(argc, argv, "r:w:l:")) == 'r' || option == 'w' || option == 'l') {
		if (option == 'r')
			refuse(optarg);
		else if (option == 'w')
			do_wrong(optarg);
		else
			secret = (uint8_t)number(optarg, "BYTE");
	}
	if (option != -1 || argc - optind < 3) {
		fputs("usage: serve [-r KIND]... [-w MISDEED=N] [-l BYTE] DOMID VDEVICE MIB [NODE=VALUE]...\n"
		      "  serve the guest DOMID a disk of MIB MiB of memory, whose entries are in xenstore; it offers NODEs\n"
		      "  -r: answer requests of this KIND (read, write, flush, barrier, discard, secure) with EOPNOTSUPP\n"
		      "  -w: do one thing wrong, after N right answers: again (answer a request twice), nobody (one that was never sent),\n"
		      "      operation (as another operation), too-many (more than were sent), keep (frames of a request mapped),\n"
		      "      halfway (say Closing and fall silent, with the first of a request's slots mapped and the others not read;\n"
		      "      SIGUSR1: unmap all, and say how many frames of those others can be reached, and a sum of what is in them),\n"
		      "      asleep (that, without Closing),\n"
		      "      late (unmap frames of many requests only when the guest asks for nothing more for a second)\n"
		      "  -l: look at the whole frames of each request before it is done, and say how many words of eight such BYTEs they have\n",
		      stderr);
		return 2;
	}
	domid = number(argv[optind], "DOMID");
	vdevice = number(argv[optind + 1], "VDEVICE");
	sectors = (uint64_t)number(argv[optind + 2], "MIB") << 20 >> 9;
	snprintf(front, sizeof(front), "/local/domain/%u/device/vbd/%lu", domid, vdevice);
	snprintf(back, sizeof(back), "/local/domain/0/backend/fake/%u/%lu", domid, vdevice);
	setvbuf(stdout, NULL, _IOLBF, 0);

	disk = calloc(sectors, SECTOR_SIZE);
	xs = xs_open(0);
	grants = xengnttab_open(NULL, 0);
	events = xenevtchn_open(NULL, 0);
	if (!disk || !xs || !grants || !events)
		die("no memory, xenstore, grants or event channels: %s", strerror(errno));

	offer(argv + optind + 3);
	run();
	return 0;
}
