// SPDX-License-Identifier: GPL-2.0-only
/*
 * states - a toolstack and a backend that say anything, in any order.
 *
 * Plays sequences of steps in the real xenstore, in dom0: states, nodes of the backend and of the frontend's directory
 * written, garbled, doubled and removed, directories gone and there again, with pauses that let the frontend follow or do
 * not. A sequence is a pure function of its seed. About half of them begin as a backend would and go astray later, so that
 * every state of the frontend is reached. It maps no ring and judges nothing: that the guest lives, and that its other
 * disks work, is for the scenario to see.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xenstore.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define FIRST_VBD	51792	/* xvdf, and those that follow by turns */
#define NR_VBDS		8
#define NR_AT_ONCE	4	/* a divisor of that: no two are about the same device */

static struct xs_handle *xs;
static unsigned int domid;
static bool verbose;
static char front[64], back[64];

static unsigned int below(unsigned int n)
{
	return random() % n;
}

#define one_of(array) ((array)[below(ARRAY_SIZE(array))])

static void say(const char *format, ...)
{
	va_list args;

	if (!verbose)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static void path_of(char *path, size_t size, const char *dir, const char *node)
{
	snprintf(path, size, "%s/%s", dir, node);
}

static void put(const char *dir, const char *node, const char *value)
{
	char path[128];

	path_of(path, sizeof(path), dir, node);
	say("  %s = '%.60s'", path, value);
	if (!xs_write(xs, XBT_NULL, path, value, strlen(value)) && errno != ENOENT && errno != EACCES) {
		perror(path);
		exit(2);
	}
}

static void put_number(const char *dir, const char *node, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	put(dir, node, text);
}

static void drop(const char *dir, const char *node)
{
	char path[128];

	path_of(path, sizeof(path), dir, node);
	say("  %s is removed", path);
	xs_rm(xs, XBT_NULL, path);
}

static int frontend_state(void)
{
	unsigned int len;
	char path[128], *text;
	int state = -1;

	path_of(path, sizeof(path), front, "state");
	text = xs_read(xs, XBT_NULL, path, &len);
	if (text)
		state = atoi(text);
	free(text);
	return state;
}

static void sleep_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Until the frontend says something else than @before; for a while only: it may have nothing to say. */
static void follow(int before)
{
	unsigned int i;

	for (i = 0; i < 40 && frontend_state() == before; i++)
		sleep_ms(5);
	say("  (frontend is in state %d)", frontend_state());
}

/* ---- What can be said ---- */

static const char *const numbers[] = {
	"0", "1", "2", "3", "4", "8", "11", "16", "32", "256", "511", "512", "513", "1000", "2048", "4096", "65536", "1048576",
	"2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775807", "18014398509481983",
	"18446744073709551615", "99999999999999999999999",
};

static const char *const garbage[] = {
	"", " ", "-1", "+1", "0x200", "many", "1 2", "512\n", "%s%n", "\xff\xfe", "1e9", "/local/domain/0", "..",
	"1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111",
};

static const char *const backend_nodes[] = {
	"sectors", "sector-size", "physical-sector-size", "info", "feature-flush-cache", "feature-barrier", "feature-discard",
	"discard-granularity", "discard-alignment", "discard-secure", "feature-persistent", "feature-max-indirect-segments",
	"max-ring-page-order", "multi-queue-max-queues", "hotplug-status", "mode", "nonsense", "sectors/below", "state/below",
};

static const char *const frontend_nodes[] = {
	"virtual-device", "virtual-device-ext", "device-type", "backend-id", "trusted", "ring-ref", "event-channel", "protocol",
	"feature-persistent", "multi-queue-num-queues", "ring-page-order", "queue-0/ring-ref", "nonsense",
};

static const char *const paths[] = {
	"", "/", "/nowhere", "/local/domain/0", "relative/path", "/local/domain/0/backend/states/other",
};

static const char *any_value(void)
{
	return below(4) ? one_of(numbers) : one_of(garbage);
}

static void say_state(const char *dir)
{
	if (below(12))
		put_number(dir, "state", below(9));
	else
		put(dir, "state", any_value());
}

static void say_offer(void)
{
	put(back, "sectors", "2048");
	put(back, "sector-size", below(4) ? "512" : "4096");
	put(back, "info", below(4) ? "0" : one_of(numbers));
	if (below(2))
		put(back, one_of(backend_nodes), any_value());
}

/* ---- Devices ---- */

static void grant_access(const char *path, unsigned int owner, unsigned int reader)
{
	struct xs_permissions perms[] = { { owner, XS_PERM_NONE }, { reader, XS_PERM_READ } };

	xs_set_permissions(xs, XBT_NULL, path, perms, ARRAY_SIZE(perms));
}

static void make_back(void)
{
	put(back, "frontend", front);
	grant_access(back, 0, domid);
	put_number(back, "frontend-id", domid);
	put_number(back, "state", below(4) ? 1 : below(9));
}

static void make_front(unsigned int vbd)
{
	say("  %s is made", front);
	xs_mkdir(xs, XBT_NULL, front);
	grant_access(front, domid, 0);
	put(front, "backend", below(30) ? back : one_of(paths));
	put_number(front, "backend-id", below(30) ? 0 : below(100));
	put_number(front, "virtual-device", below(30) ? vbd : below(1 << 16));
	put(front, "device-type", below(10) ? "disk" : "cdrom");
	/* Last: it is what makes the guest look. */
	put_number(front, "state", below(20) ? 1 : below(9));
}

static void wander(unsigned int vbd)
{
	switch (below(20)) {
	case 0 ... 6:
		say_state(back);
		break;
	case 7 ... 9:
		put(back, one_of(backend_nodes), any_value());
		break;
	case 10:
		drop(back, one_of(backend_nodes));
		break;
	case 11:
		put(front, one_of(frontend_nodes), any_value());
		break;
	case 12:
		if (below(2))
			say_state(front);
		else
			put(front, "backend", one_of(paths));
		break;
	case 13:
		drop(below(2) ? back : front, below(2) ? "state" : one_of(frontend_nodes));
		break;
	case 14:
		say_offer();
		break;
	case 15:
		if (!below(3)) {
			say("  %s is removed", back);
			xs_rm(xs, XBT_NULL, back);
			if (below(2))
				make_back();
		}
		break;
	case 16:
		if (!below(3)) {
			say("  %s is removed", front);
			xs_rm(xs, XBT_NULL, front);
			if (below(2))
				make_front(vbd);
		}
		break;
	case 17:
		follow(frontend_state());
		break;
	default:
		sleep_ms(below(5) ? below(10) : below(100));
	}
}

static void play(unsigned int seed)
{
	unsigned int vbd = FIRST_VBD + seed % NR_VBDS * 16, steps;
	int state;

	srandom(seed);
	snprintf(front, sizeof(front), "/local/domain/%u/device/vbd/%u", domid, vbd);
	snprintf(back, sizeof(back), "/local/domain/0/backend/states/%u/%u", domid, vbd);
	make_back();
	make_front(vbd);

	if (below(2)) {
		say_offer();
		put_number(back, "state", 2);
		follow(1);
		if (below(3)) {
			state = frontend_state();
			put_number(back, "state", 4);
			follow(state);
		}
	}
	for (steps = below(16); steps; steps--)
		wander(vbd);

	say("  both are removed");
	xs_rm(xs, XBT_NULL, below(2) ? front : back);
	xs_rm(xs, XBT_NULL, front);
	xs_rm(xs, XBT_NULL, back);
}

/* Every so manieth of the sequences, from @first on; in a process of its own. */
static void play_some(unsigned int first, unsigned int end)
{
	unsigned int seed;

	xs = xs_open(0);
	if (!xs) {
		perror("states: xenstore");
		_exit(2);
	}
	for (seed = first; seed < end; seed += NR_AT_ONCE) {
		printf("states: seed %u\n", seed);
		fflush(stdout);
		play(seed);
	}
	xs_close(xs);
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned int first, count, i;
	int status, failed = 0;

	if (argc > 1 && !strcmp(argv[1], "-v")) {
		verbose = true;
		argc--;
		argv++;
	}
	if (argc != 4) {
		fputs("usage: states [-v] DOMID SEED COUNT\n"
		      "  play COUNT sequences to the guest DOMID, with the seeds SEED, SEED + 1, ..., four at once\n"
		      "  -v: say each step\n", stderr);
		return 2;
	}
	domid = atoi(argv[1]);
	first = strtoul(argv[2], NULL, 0);
	count = strtoul(argv[3], NULL, 0);
	for (i = 0; i < NR_AT_ONCE && i < count; i++) {
		if (!fork())
			play_some(first + i, first + count);
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed ? 2 : 0;
}
