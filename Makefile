# SPDX-License-Identifier: GPL-2.0-only
# Builds, installs and tests xen_blkfront_64k. `make help` lists the goals.

# A kernel release (`6.12.0-1-arm64`) or a kernel build directory.
KERNEL ?= $(shell uname -r)
# Where objects go; nothing else is written to this tree.
BUILD ?= .build/$(subst /,-,$(patsubst /%,%,$(KERNEL)))
override BUILD := $(abspath $(BUILD))
# For `make demo`: the guest's kernel.
GUEST ?= 7.3

MODULE := xen_blkfront_64k
version = $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

# A directory is taken as it is, a release is looked up where distributions
# put the build tree of an installed kernel.
kernel_dir := $(if $(findstring /,$(KERNEL)),$(abspath $(KERNEL)),/lib/modules/$(KERNEL)/build)

# One line, or nothing when modules can be built there.
complaint = $(shell sh src/compat/check-kernel $(kernel_dir))

sources := Kbuild $(shell find src \( -path src/kit -o -path src/tools \) -prune -o -type f -not -name '.*' -print)
kbuild = $(MAKE) -C $(kernel_dir) M=$(BUILD) $(if $(W),W=$(W)) $(if $(C),C=$(C))

.DEFAULT_GOAL := modules
.PHONY: modules install install-tools install-source kit deb rpm packages clean check matrix parity package-check demo help kernel

kernel:
	@$(if $(complaint),$(error $(complaint)))

modules: $(BUILD)/.copied
	+@$(kbuild) modules

# The copy keeps times, so that kbuild rebuilds what changed and no more.
$(BUILD)/.copied: $(sources) | kernel
	@mkdir -p $(BUILD)
	@cp -a --parents $(sources) $(BUILD)/
	@touch $@

# kbuild runs depmod only where a kernel was built, not with installed headers. Which
# release it installs for, only the module tells reliably.
install: modules
	+@$(kbuild) modules_install
	depmod $(addprefix -b ,$(INSTALL_MOD_PATH)) "$$(modinfo -F vermagic $(BUILD)/$(MODULE).ko | cut -d' ' -f1)"

# What is on a machine beside the module, and the sources as DKMS has them: for packages.
# A package for one kernel has no use for the latter.
sbindir ?= /usr/sbin
destination = $(DESTDIR)/usr/src/xen-blkfront-64k-$(version)
install-tools:
	install -D -t $(DESTDIR)$(sbindir) src/tools/xen-blkfront-64k
	install -D -t $(DESTDIR)/usr/libexec/xen-blkfront-64k $(addprefix src/tools/,dkms-build initramfs)
	sed -i 's/@VERSION@/$(version)/' $(DESTDIR)$(sbindir)/xen-blkfront-64k $(DESTDIR)/usr/libexec/xen-blkfront-64k/dkms-build
	install -D -m644 -t $(DESTDIR)/usr/share/man/man8 src/tools/xen-blkfront-64k.8
	install -D -m644 -t $(DESTDIR)/usr/share/man/man4 src/tools/xen_blkfront_64k.4
	install -D -m644 src/tools/modprobe.conf $(DESTDIR)/usr/lib/modprobe.d/xen-blkfront-64k.conf
	install -D -m644 src/tools/options.conf $(DESTDIR)/etc/modprobe.d/xen-blkfront-64k-options.conf
	install -D src/tools/dracut-module $(DESTDIR)/usr/lib/dracut/modules.d/90xen-blkfront-64k/module-setup.sh

install-source:
	install -d $(destination)
	cp --parents Makefile dkms.conf $(sources) $(destination)/

# For a kernel's own tree. The same sources make the same archive, bit for bit.
kit = $(MODULE)-$(version)-kit
epoch = $(or $(SOURCE_DATE_EPOCH),$(shell date -d "$$(sed -n 's/^ -- .*>  //p' debian/changelog | head -n 1)" +%s))

archive = tar -c -I 'xz -T1' --format=ustar --sort=name --mtime=@$(strip $(epoch)) --owner=0 --group=0 --numeric-owner \
	--mode=u=rwX,go=rX

# Made aside and moved there: others may be at it too.
kit:
	@mkdir -p .build
	@into=$$(mktemp -d .build/kit-XXXXXX) && trap 'rm -rf "$$into"' EXIT && \
	mkdir -p "$$into/$(kit)/$(MODULE)" && \
	cp --parents $(filter-out %/check-kernel,$(sources)) src/compat/.gitignore "$$into/$(kit)/$(MODULE)/" && \
	cp src/kit/Kconfig "$$into/$(kit)/$(MODULE)/" && \
	cp src/kit/README src/kit/add-to-kernel LICENSE "$$into/$(kit)/" && \
	$(archive) -f "$$into/kit.tar.xz" -C "$$into" $(kit) && \
	mv "$$into/kit.tar.xz" .build/$(kit).tar.xz
	@echo .build/$(kit).tar.xz

# Built aside too, from these files alone.
packaged = Makefile Kbuild dkms.conf README.md LICENSE $(shell find src debian rpm -type f)

deb:
	@mkdir -p .build/packages
	@into=$$(mktemp -d .build/deb-XXXXXX) && trap 'rm -rf "$$into"' EXIT && \
	mkdir "$$into/source" && cp -p --parents $(packaged) "$$into/source/" && \
	(cd "$$into/source" && dpkg-buildpackage -us -uc -b >../log 2>&1 || { cat ../log; exit 1; }) && \
	mv "$$into"/*.deb .build/packages/
	@ls .build/packages/*.deb

# With a KERNEL named, a package of the module for that one too. What is needed to build is not asked of rpm's database: it
# may be another distribution's.
named_kernel := $(if $(filter command,$(firstword $(origin KERNEL))),$(KERNEL))
# Not of include/config/kernel.release, which on Debian is another: modules are installed below this one.
uts_release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(kernel_dir)/include/generated/utsrelease.h)
one_kernel = --define 'kernel $(uts_release)' --define 'kernel_dir $(kernel_dir)'
rpm_name = xen-blkfront-64k-$(version)

rpm: $(if $(named_kernel),kernel)
	@mkdir -p .build/packages
	@into=$$(mktemp -d $(CURDIR)/.build/rpm-XXXXXX) && trap 'rm -rf "$$into"' EXIT && \
	mkdir "$$into/SOURCES" "$$into/$(rpm_name)" && cp --parents $(packaged) "$$into/$(rpm_name)/" && \
	$(archive) -f "$$into/SOURCES/$(rpm_name).tar.xz" -C "$$into" $(rpm_name) && \
	{ SOURCE_DATE_EPOCH=$(strip $(epoch)) rpmbuild -bb --quiet --nodeps --define "_topdir $$into" \
		--define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' \
		--define '_buildhost localhost' $(if $(named_kernel),$(one_kernel)) rpm/xen-blkfront-64k.spec >"$$into/log" 2>&1 || \
		{ cat "$$into/log"; exit 1; }; } && \
	mv "$$into"/RPMS/*/*.rpm .build/packages/
	@ls .build/packages/*.rpm

packages: deb rpm

clean:
	rm -rf $(CURDIR)/.build

# The tests call make themselves, and not as a part of this one.
alone := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL

check:
	@$(alone) tests/check

matrix:
	@$(alone) tests/matrix/all

parity:
	@$(alone) tests/vm/parity

package-check:
	@$(alone) tests/package/check

demo:
	@$(alone) tests/demo $(GUEST)

help:
	@echo 'make [KERNEL=<release or build directory>] [ARCH=arm64 CROSS_COMPILE=...]'
	@echo '             build $(MODULE).ko into BUILD (default .build/<kernel>)'
	@echo 'make install install it below /lib/modules and run depmod'
	@echo 'make kit     one archive that puts the driver into a kernel tree, in .build'
	@echo 'make deb     the package for Debian and its like, in .build/packages'
	@echo 'make rpm [KERNEL=...]'
	@echo '             those for Fedora and its like, and that of the module for this kernel alone'
	@echo 'make packages'
	@echo '             both'
	@echo 'make check   every test of this tree; sets up what it needs (root)'
	@echo 'make matrix  builds for every kernel that Debian offers, and runs on many (root)'
	@echo 'make parity  what README says it can do, row by row; sets up (root)'
	@echo 'make package-check'
	@echo '             installs packages in all ways that are thought of, and starts what comes of it; sets up (root)'
	@echo 'make demo    a guest with 64 KiB pages on a QEMU disk; sets up (root)'
