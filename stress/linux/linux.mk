# SPDX-License-Identifier: MIT
# Linux in QEMU, with our workloads on its own pages: Debian's kernel (.ci/linux), a module and the first program, for
# each architecture of KERNELS that has a Linux.

LINUXES := aarch64 riscv64
comma := ,
LINUX_TOOL_aarch64 := aarch64-linux-gnu-
LINUX_TOOL_riscv64 := riscv64-linux-gnu-
LINUX_FLAGS_aarch64 := -mno-outline-atomics
LINUX_ARCH_aarch64 := arm64
LINUX_ARCH_riscv64 := riscv

# What the module is made of: its own files, and the workloads as they are, of those that need neither floating point
# nor what only an allocator of ours tells.
LINUX_WORKLOADS := $(addprefix stress/workload/,bulk.c burst.c exit.c fault.c pipe.c purge.c \
                     repeat.c threadtest.c) $(OWN_WORKLOAD)
LINUX_MODULE := $(addprefix stress/linux/guest/,allocator.c harts.c measure.c module.c) $(LINUX_WORKLOADS) \
                $(addprefix stress/workload/,null_allocator.c phases.c workload.c workload_phase.c)
LINUX_INCLUDES := $(addprefix -I$(CURDIR)/,stress/linux/guest/inline $(SEES_stress/linux/guest) stress/linux/guest)

.PHONY: linux linux-deps
linux: linux-deps $(LINUXES:%=$(O)/linux/%/initramfs.cpio) $(LINUXES:%=$(O)/linux/%/symbols) ## Linux for QEMU

linux-deps: $(if $(filter deps compare figures check check-long,$(MAKECMDGOALS)),deps)
	$(Q).ci/dependencies $(if $(INSTALLING),,--test) linux

$(O)/linux/workloads.h: always
	$(call update,{ echo '/* Made by the Makefile. */'; \
	      $(foreach name,$(call workloads_in,$(LINUX_WORKLOADS)),\
	          echo 'extern const struct workload_kind $(name)_workload;';) \
	      echo '#define WORKLOADS $(foreach name,$(call workloads_in,$(LINUX_WORKLOADS)),&$(name)_workload,)'; })

LINUX_MACHINE_aarch64 := qemu-system-aarch64 -machine virt,gic-version=3 -cpu max
LINUX_MACHINE_riscv64 := qemu-system-riscv64 -machine virt
LINUX_CONSOLE_aarch64 := ttyAMA0
LINUX_CONSOLE_riscv64 := ttyS0

# $(1): architecture. Linux builds modules in the folder where their sources are: it is given copies. By `make`, not by
# $(MAKE), which `make -n` would run too.
define linux_rules
$(O)/linux/$(1)/packages: .ci/linux | linux-deps
	$$(Q).ci/linux $$(KERNEL_DEBIAN_$(1)) $$(@D) && touch $$@

$(O)/linux/$(1)/module/framelab.ko: $(LINUX_MODULE) $(ALL_H) $(wildcard stress/linux/guest/*.h) \
    $(wildcard stress/linux/guest/inline/*.h) $(O)/linux/workloads.h $(O)/linux/$(1)/packages stress/linux/linux.mk
	$$(call say,MODULE,$$@)
	$$(Q)rm -rf $$(@D) && mkdir -p $$(@D) && cp $(LINUX_MODULE) $$(@D)/
	$$(Q){ echo 'obj-m := framelab.o'; echo 'framelab-y := $(patsubst %.c,%.o,$(notdir $(LINUX_MODULE)))'; \
	      echo 'ccflags-y := -isystem $$(shell $$(LINUX_TOOL_$(1))gcc -print-file-name=include) $(LINUX_INCLUDES) \
	          -ffreestanding -Wno-declaration-after-statement $$(LINUX_FLAGS_$(1))'; \
	      echo 'CFLAGS_workload.o := -include $$(abspath $(O)/linux/workloads.h)'; } > $$(@D)/Kbuild
	$$(Q)make -s -C $(O)/linux/$(1)/headers/usr/src/linux-headers-$$$$(cat $(O)/linux/$(1)/release) \
	    M=$$(abspath $$(@D)) ARCH=$$(LINUX_ARCH_$(1)) CROSS_COMPILE=$$(LINUX_TOOL_$(1)) CONFIG_DEBUG_INFO_BTF_MODULES= \
	    modules > $$(@D)/log 2>&1 || { cat $$(@D)/log >&2; false; }

$(O)/linux/$(1)/init: stress/linux/guest/init.c $(O)/flags | linux-deps
	$$(call say,CC,$(1) $$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(LINUX_TOOL_$(1))gcc -std=gnu11 -O2 $(WARNINGS) -static -o $$@ $$<

$(O)/linux/$(1)/initramfs.cpio: $(O)/linux/$(1)/module/framelab.ko $(O)/linux/$(1)/init
	$$(Q)mkdir -p $$(@D)/root && cp $$^ $$(@D)/root/ && mkdir -p $$(@D)/root/dev
	$$(Q)(cd $$(@D)/root && find . | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc) > $$@

# Debian's packages do not say where the kernel's functions lie; the kernel does.
$(O)/linux/$(1)/symbols: $(O)/linux/$(1)/initramfs.cpio
	$$(call say,BOOT,$$@)
	$$(Q)timeout 600 $$(LINUX_MACHINE_$(1)) -m 1G -nodefaults -display none -serial stdio -no-reboot \
	    -icount shift=0,sleep=off -kernel $$(@D)/Image -initrd $$< -append "console=$$(LINUX_CONSOLE_$(1)) \
	    rdinit=/init quiet nokaslr -- symbols=1" < /dev/null | tr -d '\r' | grep -E '^[0-9a-f]{16} ' > $$@
endef
$(foreach arch,$(LINUXES),$(eval $(call linux_rules,$(arch))))

# Its allocator is the test itself.
$(O)/unit/test_linux_requests: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,frame_alloc_one frame_free_one \
    frame_alloc_contiguous frame_free_run)
