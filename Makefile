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

# A directory is taken as it is, a release is looked up where distributions
# put the build tree of an installed kernel.
kernel_places := $(if $(findstring /,$(KERNEL)),$(abspath $(KERNEL)),/lib/modules/$(KERNEL)/build)
kernel_dir = $(or $(patsubst %/include/config/auto.conf,%,$(wildcard $(kernel_places)/include/config/auto.conf)), \
	$(error KERNEL=$(KERNEL): looked for a prepared kernel build tree in $(kernel_places), \
	found no include/config/auto.conf there; install the kernel's headers or name a directory))

sources := Kbuild $(shell find src -type f -not -name '.*')
features := $(BUILD)/src/compat/features.h
kbuild = $(MAKE) -C $(kernel_dir) M=$(BUILD) $(if $(W),W=$(W)) $(if $(C),C=$(C))

.DEFAULT_GOAL := modules
.PHONY: modules install clean check demo help

modules: $(features)
	+@$(kbuild) modules

# The copy keeps times, so that kbuild rebuilds what changed and no more.
$(BUILD)/.copied: $(sources)
	@mkdir -p $(if $(kernel_dir),$(BUILD))
	@cp -a --parents $(sources) $(BUILD)/
	@touch $@

$(features): $(BUILD)/.copied $(wildcard $(kernel_places)/include/config/auto.conf)
	+@src/compat/detect $(kernel_dir) $(BUILD)/src/compat "$(MAKE)"

# kbuild runs depmod only where a kernel was built, not with installed headers. Which
# release it installs for, only the module tells reliably.
install: modules
	+@$(kbuild) modules_install
	depmod $(addprefix -b ,$(INSTALL_MOD_PATH)) "$$(modinfo -F vermagic $(BUILD)/$(MODULE).ko | cut -d' ' -f1)"

clean:
	rm -rf $(CURDIR)/.build

# The tests call make themselves, and not as a part of this one.
alone := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL

check:
	@$(alone) tests/check

demo:
	@$(alone) tests/demo $(GUEST)

help:
	@echo 'make [KERNEL=<release or build directory>] [ARCH=arm64 CROSS_COMPILE=...]'
	@echo '             build $(MODULE).ko into BUILD (default .build/<kernel>)'
	@echo 'make install install it below /lib/modules and run depmod'
	@echo 'make check   every test of this tree; sets up what it needs (root)'
	@echo 'make demo    a guest with 64 KiB pages on a QEMU disk; sets up (root)'
