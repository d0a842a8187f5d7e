# SPDX-License-Identifier: MIT
# Kernels for QEMU: the allocators, the workloads and the stress test as they are, on stress/qemu/guest in place of
# stress/host. Compilers and picolibc are Debian's; Concurrency Kit and libfdt for the other architectures come by
# .ci/sysroot. riscv64-bare is riscv64 without firmware, in machine mode, which up to 512 harts have room in; only the
# kernel's own files know, all else it has from there.

KERNELS := riscv64 riscv64-bare aarch64
KERNEL_TOOL_riscv64 := riscv64-unknown-elf-
KERNEL_TOOL_aarch64 := aarch64-linux-gnu-
KERNEL_DEBIAN_riscv64 := riscv64
KERNEL_DEBIAN_aarch64 := arm64
KERNEL_FLAGS_riscv64 := -march=rv64imafdc_zicsr_zifencei -mabi=lp64d -mcmodel=medany
KERNEL_FLAGS_aarch64 := -march=armv8-a -mno-outline-atomics -mno-omit-leaf-frame-pointer
KERNEL_MODE_riscv64-bare := -DKERNEL_MACHINE_MODE
KERNEL_LINK_MODE_riscv64-bare := -Wl,--defsym=KERNEL_MACHINE_MODE=1
KERNEL_CFLAGS := -std=gnu11 -O2 -g $(WARNINGS) -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
                 -ftls-model=local-exec -fno-omit-frame-pointer -ffunction-sections -fdata-sections \
                 -fno-asynchronous-unwind-tables
KERNEL_SOURCES := $(filter-out core/refcounts_none.c,$(ALLOCATORS)) $(WORKLOAD_SOURCES) \
                  $(call sources,stress $(addprefix stress/,harness trial qemu/guest))

.PHONY: qemu kernel-deps
qemu: kernel-deps $(KERNELS:%=$(O)/qemu/%/kernel.elf.txt) $(O)/qemu/aarch64/kernel.img ## build the kernels for QEMU
qemu: $(PLUGIN)

# After `deps` if that runs too: one installs at a time.
kernel-deps: $(if $(filter deps compare figures qemu-check check check-long soak tidy lint,$(MAKECMDGOALS)),deps)
	$(Q).ci/dependencies $(if $(INSTALLING),,--test) qemu

# $(1): architecture
define sysroot_rules
$(O)/qemu/$(1)/sysroot/packages: .ci/sysroot | kernel-deps
	$$(Q).ci/sysroot $$(KERNEL_DEBIAN_$(1)) $$(@D) && touch $$@
endef

# $(1): kernel, $(2): its architecture
define kernel_rules
KERNEL_COMPILE_$(1) := $$(KERNEL_TOOL_$(2))gcc $$(PLACELESS) $$(KERNEL_CFLAGS) $$(KERNEL_FLAGS_$(2)) \
                       $$(KERNEL_MODE_$(1)) \
                       --specs=picolibc.specs -isystem $(O)/qemu/$(2)/sysroot/usr/include
KERNEL_LINK_$(1) := $$(KERNEL_TOOL_$(2))gcc $$(KERNEL_FLAGS_$(2)) --specs=picolibc.specs -nostartfiles -static \
                    -Wl,--build-id=none $$(KERNEL_LINK_MODE_$(1)) -T stress/qemu/guest/$(2)/link.ld
KERNEL_LIBS_$(1) := -L$(O)/qemu/$(2)/sysroot/lib -lck -lfdt
KERNEL_OBJECTS_$(1) := $$(patsubst %.c,$(O)/qemu/$(2)/%.o,$$(filter-out stress/qemu/guest/%,$$(KERNEL_SOURCES))) \
                       $$(patsubst %.c,$(O)/qemu/$(1)/%.o,$$(filter stress/qemu/guest/%,$$(KERNEL_SOURCES)) \
                         stress/qemu/guest/$(2)/arch.c) $(O)/qemu/$(1)/boot.o

$(O)/qemu/$(1)/%.o: %.c $(O)/qemu/$(2)/sysroot/packages $(O)/flags stress/qemu/qemu.mk
	$$(call say,CC,$(1) $$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(KERNEL_COMPILE_$(1)) $$(call kernel_includes,$$<,$(2)) -MMD -MP -c -o $$@ $$<

$(O)/qemu/$(1)/boot.o: stress/qemu/guest/$(2)/boot.S $$(wildcard stress/qemu/guest/$(2)/*.h) \
                       stress/qemu/contract.h $(O)/flags \
                       stress/qemu/qemu.mk | kernel-deps
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(KERNEL_TOOL_$(2))gcc -Wa,--debug-prefix-map=$(CURDIR)=. $$(KERNEL_FLAGS_$(2)) $$(KERNEL_MODE_$(1)) \
	    -Istress/qemu -g -c -o $$@ $$<

$(O)/qemu/$(1)/kernel.elf: $$(KERNEL_OBJECTS_$(1)) stress/qemu/guest/$(2)/link.ld stress/qemu/guest/kernel.ld
	$$(call say,LINK,$$@)
	$$(Q)$$(KERNEL_LINK_$(1)) -o $$@ $$(KERNEL_OBJECTS_$(1)) $$(KERNEL_LIBS_$(1))

# What records say about the kernel. A mutant has none, and records say that nothing is known.
$(O)/qemu/$(1)/kernel.elf.txt: $(O)/qemu/$(1)/kernel.elf $(O)/version.h
	$$(Q){ $$(KERNEL_TOOL_$(2))gcc --version | head -n 1; \
	      echo '$$(strip $$(KERNEL_CFLAGS) $$(KERNEL_FLAGS_$(2)) $$(KERNEL_MODE_$(1)))'; \
	      xargs < $(O)/qemu/$(2)/sysroot/packages; .ci/commit; } > $$@

-include $$(KERNEL_OBJECTS_$(1):.o=.d)
endef

# The kernel's own files see the architecture that they are compiled for. $(1): file, $(2): architecture
kernel_includes = $(call includes,$(1),guest) $(if $(filter stress/qemu/guest/%,$(1)),-Istress/qemu/guest/$(2))
# As include_all; $(1): architecture
kernel_include_all = $(call include_all,guest) -Istress/qemu/guest -Istress/qemu/guest/$(1)

KERNEL_ARCHITECTURES := $(sort $(foreach kernel,$(KERNELS),$(firstword $(subst -, ,$(kernel)))))
$(foreach kernel,$(KERNELS),$(eval $(call kernel_rules,$(kernel),$(firstword $(subst -, ,$(kernel))))))
$(foreach arch,$(KERNEL_ARCHITECTURES),$(eval $(call sysroot_rules,$(arch))))

# With an initrd, QEMU takes no ELF for aarch64.
$(O)/qemu/aarch64/kernel.img: $(O)/qemu/aarch64/kernel.elf
	$(Q)$(KERNEL_TOOL_aarch64)objcopy -O binary $< $@
