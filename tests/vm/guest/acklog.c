// SPDX-License-Identifier: GPL-2.0-only
/*
 * acklog - find acknowledged writes that were lost.
 *
 * "write" runs in the guest and keeps a write in flight to each of 48 regions of the disk, of a length and from an address in
 * memory that change from write to write. What was acknowledged is said on the kernel's console, which dom0 keeps, and a
 * region is written again only after that. A write that fails is tried again, as the same one, on the disk that comes under
 * this name next; so a log says of each region that its write N is on the disk, and that at most N + 1 may be, in parts.
 * Before a region is written it is read, so that what was lost is seen and not written over: then all ends.
 * "check" runs in dom0 and compares the image with such a log. It does not know about flushes: what dom0 has in its page
 * cache counts as written.
 *
 * Until it is told to end, by a file, "write" never gives up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REGIONS		48
#define SECTOR		512
#define REGION_SECTORS	512
#define REGION		(REGION_SECTORS * SECTOR)
#define MAX_SHOWN	10

struct sector {
	uint64_t words[SECTOR / 8];
};

/* Any mixture will do that tells writes and sectors apart. */
static uint64_t mix(uint64_t n)
{
	n = (n ^ n >> 31) * 0x9e3779b97f4a7c15;
	return n ^ n >> 29;
}

/* What write number @nr leaves in a sector; zero stands for what was there before the first. */
static void fill(struct sector *sector, unsigned int region, unsigned int index, unsigned int nr)
{
	uint64_t word = mix((uint64_t)region << 52 | (uint64_t)index << 40 | nr);
	unsigned int i;

	for (i = 0; i < SECTOR / 8; i++)
		sector->words[i] = nr ? word + i : 0;
}

static unsigned int length(unsigned int region, unsigned int nr)
{
	return nr ? 1 + mix((uint64_t)nr << 8 | region) % REGION_SECTORS : REGION_SECTORS;
}

static bool right(const struct sector *sector, unsigned int region, unsigned int index, unsigned int last)
{
	struct sector expected;
	unsigned int nr = last;

	while (index >= length(region, nr))
		nr--;
	fill(&expected, region, index, nr);
	if (!memcmp(sector, &expected, SECTOR))
		return true;
	/* In flight. */
	fill(&expected, region, index, last + 1);
	return index < length(region, last + 1) && !memcmp(sector, &expected, SECTOR);
}

/* How many sectors of a region are not as the acknowledged writes have left it, or as the next one does; says so of some. */
static unsigned int count_wrong(const struct sector *sectors, unsigned int region, unsigned int last, unsigned int shown)
{
	unsigned int index, wrong = 0;

	for (index = 0; index < REGION_SECTORS; index++) {
		if (!right(&sectors[index], region, index, last) && wrong++ < shown)
			printf("acklog: region %u sector %u is not as after write %u\n", region, index, last);
	}
	return wrong;
}

/* ---- Writing ---- */

static const char *disk, *end;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t said = PTHREAD_COND_INITIALIZER;
static unsigned int acknowledged[REGIONS], logged[REGIONS];
static unsigned long written, failed;

static bool enough(void)
{
	return !access(end, F_OK);
}

/* True when write number @nr is on the disk; false at the end. */
static bool write_once(int *fd, unsigned int region, unsigned int nr, const void *data, struct sector *old)
{
	ssize_t bytes = length(region, nr) * SECTOR;
	off_t place = (off_t)region * REGION;

	while (!enough()) {
		if (*fd < 0)
			*fd = open(disk, O_RDWR | O_DIRECT);
		if (*fd >= 0 && pread(*fd, old, REGION, place) == REGION) {
			if (count_wrong(old, region, nr - 1, MAX_SHOWN))
				exit(1);
			if (pwrite(*fd, data, bytes, place) == bytes)
				return true;
		}
		if (*fd >= 0) {
			close(*fd);
			__sync_fetch_and_add(&failed, 1);
		}
		*fd = -1;
		/* All threads do this, and what they wait for needs the processor. */
		sleep(1);
	}
	return false;
}

static void *write_region(void *arg)
{
	unsigned int region = (uintptr_t)arg, nr, i, sectors;
	struct sector *memory, *data, *old;
	int fd = -1;

	/* Of this thread alone, as Linux has it: what waits for the effect of all these is not to wait for its processor. */
	if (nice(19) < 0)
		return NULL;
	if (posix_memalign((void **)&memory, 65536, 2 * REGION + 65536))
		return NULL;
	old = memory + (REGION + 65536) / SECTOR;
	for (nr = 1; ; nr++) {
		sectors = length(region, nr);
		data = memory + mix(nr) % 128;
		for (i = 0; i < sectors; i++)
			fill(data + i, region, i, nr);
		if (!write_once(&fd, region, nr, data, old))
			return NULL;
		pthread_mutex_lock(&lock);
		written++;
		acknowledged[region] = nr;
		while (logged[region] < nr)
			pthread_cond_wait(&said, &lock);
		pthread_mutex_unlock(&lock);
	}
}

static void log_once(int console)
{
	unsigned int region, at, seen[REGIONS];
	char line[900];

	pthread_mutex_lock(&lock);
	at = snprintf(line, sizeof(line), "acklog %s:", disk);
	for (region = 0; region < REGIONS; region++) {
		seen[region] = acknowledged[region];
		if (seen[region] != logged[region])
			at += snprintf(line + at, sizeof(line) - at, " %u:%u", region, seen[region]);
	}
	pthread_mutex_unlock(&lock);
	if (memcmp(seen, logged, sizeof(seen)) && write(console, line, at) != (ssize_t)at) {
		perror("acklog: console");
		exit(2);
	}
	pthread_mutex_lock(&lock);
	memcpy(logged, seen, sizeof(seen));
	pthread_cond_broadcast(&said);
	pthread_mutex_unlock(&lock);
}

static int write_all(void)
{
	int console = open("/dev/kmsg", O_WRONLY);
	pthread_t threads[REGIONS];
	unsigned int i;

	if (console < 0) {
		perror("acklog: /dev/kmsg");
		return 2;
	}
	for (i = 0; i < REGIONS; i++) {
		errno = pthread_create(&threads[i], NULL, write_region, (void *)(uintptr_t)i);
		if (errno) {
			perror("acklog: thread");
			return 2;
		}
	}
	while (!enough()) {
		/* Each time wakes all threads, and costs dom0 a line. */
		usleep(200000);
		log_once(console);
	}
	/* What ends after this is not acknowledged; as if the guest had died. */
	sleep(1);
	log_once(console);
	printf("acklog: %lu writes acknowledged, %lu failed and tried again\n", written, failed);
	return 0;
}

/* ---- Checking ---- */

static void read_log(const char *path, const char *name, unsigned int *last)
{
	char mark[64];
	char *line = NULL, *token;
	size_t size = 0;
	FILE *file = fopen(path, "r");
	unsigned int region, nr;

	if (!file) {
		perror(path);
		exit(2);
	}
	snprintf(mark, sizeof(mark), "acklog %s: ", name);
	while (getline(&line, &size, file) > 0) {
		token = strstr(line, mark);
		if (!token)
			continue;
		for (token = strtok(token, " \r\n"); token; token = strtok(NULL, " \r\n")) {
			if (sscanf(token, "%u:%u", &region, &nr) == 2 && region < REGIONS && nr > last[region])
				last[region] = nr;
		}
	}
	free(line);
	fclose(file);
}

static int check_all(const char *image, const char *path, const char *name)
{
	unsigned int last[REGIONS] = {}, region, wrong = 0;
	unsigned long writes = 0;
	static struct sector sectors[REGION_SECTORS];
	int fd = open(image, O_RDONLY);

	if (fd < 0) {
		perror(image);
		return 2;
	}
	read_log(path, name, last);
	for (region = 0; region < REGIONS; region++) {
		writes += last[region];
		if (pread(fd, sectors, REGION, (off_t)region * REGION) != REGION) {
			perror(image);
			return 2;
		}
		wrong += count_wrong(sectors, region, last[region], wrong < MAX_SHOWN ? MAX_SHOWN - wrong : 0);
	}
	printf("acklog: %lu writes were acknowledged, %u sectors are wrong\n", writes, wrong);
	return !writes || wrong;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "write")) {
		disk = argv[2];
		end = argv[3];
		return write_all();
	}
	if (argc == 5 && !strcmp(argv[1], "check"))
		return check_all(argv[2], argv[3], argv[4]);
	fputs("usage: acklog write DISK END        write to DISK until the file END is there (guest)\n"
	      "       acklog check IMAGE LOG DISK  compare the image of DISK with the guest's console (dom0)\n", stderr);
	return 2;
}
