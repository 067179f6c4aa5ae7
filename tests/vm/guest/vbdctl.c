// SPDX-License-Identifier: GPL-2.0-only
/*
 * vbdctl DEVICE - prints what the ioctls that users of Xen disks know say of a disk: its geometry, and whether it
 * answers as a CD-ROM drive does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/cdrom.h>
#include <linux/hdreg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

static const char *answer(int ret)
{
	return ret ? strerror(errno) : "yes";
}

int main(int argc, char **argv)
{
	struct cdrom_multisession session;
	struct hd_geometry geo;
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_NONBLOCK) : -1;

	if (fd < 0) {
		fprintf(stderr, "vbdctl: %s, expected one block device\n", argc == 2 ? strerror(errno) : "usage");
		return 2;
	}
	if (ioctl(fd, HDIO_GETGEO, &geo))
		printf("geometry: %s\n", strerror(errno));
	else
		printf("geometry: %u heads, %u sectors, %u cylinders\n", geo.heads, geo.sectors, geo.cylinders);
	printf("capability: %s\n", answer(ioctl(fd, CDROM_GET_CAPABILITY, 0)));
	memset(&session, 0xff, sizeof(session));
	printf("multisession: %s\n", ioctl(fd, CDROMMULTISESSION, &session) ? strerror(errno) :
	       session.xa_flag ? "yes" : "none");
	printf("tray: %s\n", answer(ioctl(fd, CDROMEJECT, 0)));
	return 0;
}
