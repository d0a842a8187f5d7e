# SPDX-License-Identifier: MIT
# framelab: one Makefile for everything. `make help` lists what it can do.
#
#   V=1                  show the commands
#   O=DIR                build there (default: build)
#   CC=gcc|clang         the compiler
#   DEBUG=1              no optimisation, debug information, assertions on hot paths
#   SANITIZE=LIST        with these sanitizers: address,undefined or thread
#   HOOKS=1              with calls by which tests stop a hart in the middle of an operation (default O: build/hooks)
#   COUNTS=0             without reference counts, a frame has one owner: core/README.md (default O: build/no-counts)
#   SIM=0                without simulated harts (always so with SANITIZE, HOOKS or COUNTS=0): stress/sim/README.md
#   OWN=FOLDER           with a variant of your own, that stands there and in stress/variants.c
#   PREFIX=, DESTDIR=    where `make install` puts things (default: /usr/local)
#
# Flags are portable on purpose (no -march=native) and go into every record. A change of flags rebuilds.

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

VERSION := 0.1.0
COUNTS ?= 1
NO_COUNTS := $(filter 0,$(COUNTS))
SIM ?= 1
WITH_SIM := $(if $(HOOKS)$(NO_COUNTS)$(SANITIZE),,$(filter 1,$(SIM)))
O ?= build$(if $(HOOKS),/hooks)$(if $(NO_COUNTS),/no-counts)
PREFIX ?= /usr/local
Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-8s %s\n' '$(1)' '$(2)')

# ---- What is built from what -----------------------------------------------------------------------------------

# libframelab.a: the allocators and the host platform, for any program. The framelab command: all the rest.
# Either build has one of the rooms behind core/counting.h, and its test.
OTHER_ROOM := $(if $(NO_COUNTS),counts,counts_none)
ALLOCATORS := $(wildcard $(addsuffix /*.c,core core/boot lockfree baseline $(OWN)))
LIB_SOURCES := $(filter-out core/$(OTHER_ROOM).c,$(ALLOCATORS) stress/variants.c $(wildcard stress/host/*.c))
COMMAND_FOLDERS := $(addprefix stress/,harness workload trial micro system qemu/host sim/machine run command) results papers/engine
COMMAND_SOURCES := $(filter-out stress/run/sim_$(if $(WITH_SIM),none,linked).c stress/run/bench_sim.c,$(wildcard $(COMMAND_FOLDERS:%=%/*.c)))
UNIT_SOURCES := $(wildcard stress/unit/*.c)
KERNEL_C := $(wildcard stress/qemu/guest/*.c stress/qemu/guest/*/*.c)
ALL_C := $(filter-out $(KERNEL_C),$(ALLOCATORS) $(wildcard stress/*.c stress/*/*.c stress/*/*/*.c results/*.c papers/*/*.c))
ALL_H := $(wildcard core/*.h core/*/*.h lockfree/*.h baseline/*.h stress/*.h stress/*/*.h stress/*/*/*.h stress/*/*/*/*.h results/*.h papers/*/*.h)

LIB_OBJECTS := $(LIB_SOURCES:%.c=$(O)/%.o)
COMMAND_OBJECTS := $(COMMAND_SOURCES:%.c=$(O)/%.o)
UNIT_TESTS := $(patsubst stress/unit/%.c,$(O)/unit/%,\
                         $(filter-out stress/unit/test_$(OTHER_ROOM).c $(if $(WITH_SIM),,stress/unit/test_sim_%),\
                           $(wildcard stress/unit/test_*.c)))
HOOKED_TESTS := $(patsubst stress/unit/%.c,$(O)/unit/%,$(wildcard stress/unit/hooked_*.c))
# Kept, though no rule names some of them. Not everything is, as an empty .SECONDARY has it: make would then miss that a
# header is gone which an object was made from.
.SECONDARY: $(ALL_C:%.c=$(O)/%.o)
MUTANTS := $(filter-out $(if $(WITH_SIM),,sim-%),$(patsubst stress/mutants/%.patch,%,$(wildcard stress/mutants/*.patch)))

# What a program that links libframelab.a includes.
PUBLIC_HEADERS := $(addprefix core/,arena.h base/frame.h base/frame_limits.h base/hart_set.h base/platform.h boot/boot_allocator.h \
                    boot/memory_map.h frame_allocator.h knob.h stats.h variant.h) \
                  baseline/baseline.h lockfree/lockfree.h stress/harness/harness.h stress/variants.h stress/host/inline/platform_inline.h \
                  $(filter-out %/reclaim_urcu.h,$(wildcard stress/host/*.h))

# ---- The libraries that we use ---------------------------------------------------------------------------------

# config.mk is made when everything it asks for is there. Goals that promise to install what is missing do so here,
# before anything is compiled; the others say what is missing and stop.
INSTALLING := $(filter deps compare figures qemu qemu-check report-check paper check check-long soak,$(MAKECMDGOALS))
WITHOUT_BUILD := help clean deps format uninstall
ifneq ($(or $(if $(MAKECMDGOALS),,all),$(filter-out $(WITHOUT_BUILD),$(MAKECMDGOALS))),)
include $(O)/config.mk
endif

URCU := liburcu-memb liburcu-qsbr

$(O)/config.mk: Makefile .ci/dependencies
	$(Q)CC='$(CC)' .ci/dependencies $(if $(INSTALLING),,--test) build
	$(Q)mkdir -p $(O)
	$(Q){ echo "CONFIG_CFLAGS := $$(pkg-config --cflags ck $(URCU) jansson hwloc zlib)"; \
	      echo "LIB_LIBS := $$(pkg-config --libs ck $(URCU)) $$(pkg-config --libs libfdt 2>/dev/null || echo -lfdt)"; \
	      echo "COMMAND_LIBS := $$(pkg-config --libs jansson hwloc zlib)"; \
	      libfdt=$$(pkg-config --modversion libfdt 2>/dev/null || dpkg-query -W -f '$${Version}' libfdt-dev 2>/dev/null); \
	      echo "LIB_VERSIONS := libfdt=$${libfdt%%-*} $$(for library in ck liburcu-memb jansson hwloc zlib; do \
	            echo "$${library%-memb}=$$(pkg-config --modversion $$library)"; done | xargs)"; } > $@

# ---- Flags -----------------------------------------------------------------------------------------------------

OPTIMISE := $(strip $(if $(DEBUG),-O0 -DFRAMELAB_DEBUG,-O2) $(if $(HOOKS),-DFRAMELAB_HOOKS -DDRAIN_TURNS=2000u) \
                    $(if $(NO_COUNTS),-DFRAMELAB_NO_COUNTS))
SANITIZERS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# gcc's thread sanitizer does not model fences, and says so at each; clang's neither, silently.
TSAN_FLAGS := $(if $(findstring thread,$(SANITIZE)),$(if $(findstring clang,$(shell $(CC) --version)),,-Wno-tsan))
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror
CFLAGS ?=
BASE_CFLAGS = -std=gnu11 $(OPTIMISE) -g $(SANITIZERS) $(WARNINGS) $(TSAN_FLAGS) -pthread $(CONFIG_CFLAGS) $(CFLAGS)

# Includes point one way, and the compiler checks it: core does not see the variants, nor they one another.
# stress/host is on every path for platform_inline.h, the host's half of core/base/platform.h.
INCLUDES_core := -Icore -Icore/base -Icore/boot -Istress/host/inline
INCLUDES_lockfree := $(INCLUDES_core) -Ilockfree
INCLUDES_baseline := $(INCLUDES_core) -Ibaseline
INCLUDES_own = $(INCLUDES_core) -I$(OWN)
INCLUDES_stress := $(INCLUDES_core) -Ilockfree -Ibaseline $(OWN:%=-I%) -Istress -Istress/qemu -Iresults -Ipapers/engine \
                   $(addprefix -Istress/,harness workload trial micro system host qemu/host run command unit) \
                   $(addprefix -Istress/sim/,machine engine time explore history instrumented)
INCLUDES_results := $(INCLUDES_stress)
INCLUDES_papers := $(INCLUDES_stress)
# On simulated harts: Concurrency Kit's primitives and the platform's inline half are the simulator's.
INCLUDES_sim := -Istress/sim/ck -Istress/sim/inline $(INCLUDES_stress)
includes = $(if $(filter stress/sim/% stress/unit/test_sim_%,$(1)),$(INCLUDES_sim),$(INCLUDES_$(if $(filter $(OWN:%=%/%),$(1)),own,$(firstword $(subst /, ,$(1))))))

# ---- Simulated harts -------------------------------------------------------------------------------------------

# The allocators and the workloads once more, with each access to memory a call into stress/sim (-fsanitize=thread,
# without the sanitizer), together with it in one object file whose symbols are its own but for those of the simulator.
# ck_epoch.c, ck_hp.c come from the distribution's source package: the packaged library is not instrumented.
SIMULATOR := $(if $(WITH_SIM),$(O)/sim/simulator.o)
SIM_LINK := $(if $(WITH_SIM),-no-pie)
IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
SIM_CFLAGS := -fsanitize=thread '-DDRAIN_TURNS=sim_drain_turns()' '-DHOTPLUG_TURNS=sim_hotplug_turns()' -fno-builtin-memset -fno-builtin-memcpy -fno-builtin-memmove \
              $(if $(IS_CLANG),-mllvm -tsan-instrument-read-before-write=1 -mllvm -tsan-instrument-func-entry-exit=0,\
                --param tsan-instrument-func-entry-exit=0 -Wno-tsan)
SIM_INSTRUMENTED := $(filter-out core/counts_none.c,$(ALLOCATORS)) \
                    $(wildcard $(addprefix stress/,workload/*.c micro/*.c sim/instrumented/*.c))
SIM_PLAIN := stress/run/bench.c stress/run/bench_sim.c stress/host/machine.c stress/variants.c
SIM_OWN := $(wildcard $(addprefix stress/sim/,engine/*.c time/*.c explore/*.c history/*.c))
SIM_INSTRUMENTED_OBJECTS := $(SIM_INSTRUMENTED:%.c=$(O)/sim/%.o) $(O)/sim/ck/ck_epoch.o $(O)/sim/ck/ck_hp.o
SIM_PLAIN_OBJECTS := $(SIM_PLAIN:%.c=$(O)/sim/plain/%.o) $(SIM_OWN:%.c=$(O)/%.o)
# The simulator's own names; everything else in it is invisible to the rest of the command.
SIM_NAMES := sim_* model* run_harts run_current run_own_stack run_count run_state run_switch run_park run_wake run_freeze run_abandon run_on_* \
             time_mode_* coherence_* clock_* explore_* schedule_* memory_model_* races_* \
             shadow_* trace_* program_* frame_model_* linearize* ledger_* scenario_* player_* known_bugs_*

# ---- Building --------------------------------------------------------------------------------------------------

.PHONY: all
all: $(O)/libframelab.a $(if $(wildcard stress/command/main.c),$(O)/framelab) ## build the framelab command and libframelab.a

$(O)/framelab: $(COMMAND_OBJECTS) $(SIMULATOR) $(O)/libframelab.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE_CFLAGS) $(LDFLAGS) $(SIM_LINK) -o $@ $^ $(LIB_LIBS) $(COMMAND_LIBS) -lm

$(O)/libframelab.a: $(LIB_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# The command's own modules, for unit tests of them.
$(O)/libcommand.a: $(filter-out $(O)/stress/command/main.o,$(COMMAND_OBJECTS)) $(SIMULATOR)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(O)/%.o: %.c $(O)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(call includes,$<) -MMD -MP -c -o $@ $<

$(O)/sim/%.o: %.c $(O)/flags
	$(call say,CC,sim $<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(SIM_CFLAGS) $(INCLUDES_sim) -MMD -MP -c -o $@ $<

$(O)/sim/plain/%.o: %.c $(O)/flags
	$(call say,CC,sim $<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(INCLUDES_sim) -MMD -MP -c -o $@ $<

$(O)/sim/source/packages: .ci/sysroot
	$(Q).ci/sysroot sim $(@D)

$(O)/sim/ck/%.o: $(O)/sim/source/packages $(O)/flags $(wildcard stress/sim/ck/*.h)
	$(call say,CC,sim $*.c)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(OPTIMISE) -g $(SIM_CFLAGS) -w $(INCLUDES_sim) $(CONFIG_CFLAGS) -c -o $@ $(<D)/$*.c

# First what is instrumented, its memory functions renamed; then all of it, most names made local.
# $(1): the instrumented objects, $(2): the simulator
define link_simulator
$(LD) -r -o $(2).instrumented $(1); \
objcopy $(foreach name,memcpy memmove memset,--redefine-sym $(name)=sim_$(name)) $(2).instrumented; \
$(LD) -r -o $(2) $(2).instrumented $(SIM_PLAIN_OBJECTS); \
rm $(2).instrumented; \
objcopy --redefine-sym bench_run=sim_bench_run --redefine-sym bench_doing=sim_bench_doing \
    --redefine-sym framelab_variants=sim_variants --redefine-sym primitives_name=sim_primitives_name $(2); \
objcopy --wildcard $(foreach name,$(SIM_NAMES),--keep-global-symbol='$(name)') $(2)
endef

$(O)/sim/simulator.o: $(SIM_INSTRUMENTED_OBJECTS) $(SIM_PLAIN_OBJECTS) Makefile
	$(call say,LINK,$@)
	$(Q)set -e; $(call link_simulator,$(SIM_INSTRUMENTED_OBJECTS),$@)

-include $(SIM_INSTRUMENTED_OBJECTS:.o=.d) $(SIM_PLAIN_OBJECTS:.o=.d)

# Rewritten only when they change, so that only then is rebuilt what depends on them. Several makes may be at it.
define update
	$(Q)mkdir -p $(@D)
	$(Q)new=$@.$$$$; $(1) > $$new; if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi
endef

.PHONY: always
$(O)/flags: always
	$(call update,echo '$(CC) $(BASE_CFLAGS)')

# What records say about the binary that made them. Outside a git checkout the commit stays unknown.
$(O)/version.h: always
	$(call update,{ echo '/* Made by the Makefile. */'; \
	      echo '#define FRAMELAB_VERSION "$(VERSION)"'; \
	      echo "#define FRAMELAB_COMMIT \"$$(git rev-parse HEAD 2>/dev/null || echo unknown)\""; \
	      echo "#define FRAMELAB_DIRTY $$(git status --porcelain 2>/dev/null | grep -c . | sed 's/^[1-9].*/1/')"; \
		      echo "#define FRAMELAB_COMPILER \"$$($(CC) --version | head -n 1)\""; \
      echo '#define FRAMELAB_CFLAGS "$(strip $(BASE_CFLAGS))"'; \
	      echo '#define FRAMELAB_LIBS "$(LIB_VERSIONS)"'; })

SAYS_VERSION := $(O)/results/provenance.o $(O)/stress/command/main.o
$(SAYS_VERSION): $(O)/version.h
$(SAYS_VERSION): INCLUDES_stress += -include $(O)/version.h
$(SAYS_VERSION): INCLUDES_results += -include $(O)/version.h
# Where the command looks for kernels if they do not lie beside it.
$(O)/stress/qemu/host/qemu_kernel.o: INCLUDES_stress += -DFRAMELAB_KERNELS='"$(abspath $(O))/qemu"'
# And for figures of papers, if none are installed beside it.
$(O)/papers/engine/paper_folder.o: INCLUDES_papers += -DFRAMELAB_PAPERS='"$(abspath papers)"'

-include $(LIB_OBJECTS:.o=.d) $(COMMAND_OBJECTS:.o=.d) $(UNIT_SOURCES:%.c=$(O)/%.d)

# ---- Running ---------------------------------------------------------------------------------------------------

.PHONY: bench stress compare soak
bench: $(O)/framelab ## run the benchmark: make bench ARGS='--variant lockfree --harts 2'
	$(Q)$(O)/framelab bench $(ARGS)

stress: $(O)/framelab ## run random operations under the oracle: make stress ARGS='--seconds 60'
	$(Q)$(O)/framelab stress $(ARGS)

SOAK_SECONDS ?= 3600
soak: deps $(O)/framelab ## the same for an hour, harts far outnumbering cores: make soak SOAK_SECONDS=28800
	$(Q)$(O)/framelab stress --harts 16 --seconds $(SOAK_SECONDS) --progress $(ARGS)

# The main job: the allocators side by side, on 1 hart up to twice as many as there are cores.
LATEST := results/latest
compare: deps $(O)/framelab qemu ## compare the allocators: tables, records and pictures in results/latest; 3 minutes
	$(Q)mkdir -p $(LATEST)
	$(Q)$(O)/framelab bench --variant baseline:seed --variant baseline --variant lockfree --order 0,9 \
	    --harts $$(.ci/hart-counts) --progress --out $(LATEST)/records.jsonl $(ARGS)
	$(Q)$(O)/framelab draw --out $(LATEST) $(LATEST)/records.jsonl
	$(Q)$(O)/framelab bench --platform qemu --variant baseline --variant lockfree --order 0,9 --harts 1,2,4,8,16 \
	    --progress --out $(LATEST)/qemu.jsonl

.PHONY: figures
figures: deps $(O)/framelab qemu ## the figures of papers: run, drawn, judged; results/latest-figures: make figures ARGS=--full
	$(Q)$(O)/framelab figures $(or $(ARGS),--quick)

# The last campaign, as it came but for the path of this folder, becomes the one that is kept in git: records compressed,
# pictures, verdicts; and papers/REPRODUCING.md is brought up to date. Run it behind `make figures` on a quiet machine.
KEPT := results/reference/figures
.PHONY: reference
reference: $(O)/framelab ## keep the last `make figures` as results/reference/figures
	$(Q)test -s $(LATEST)-figures/summary.json || { echo 'there is no $(LATEST)-figures: make figures' >&2; exit 2; }
	$(Q)rm -rf $(KEPT)/*/ && cp $(LATEST)-figures/summary.json $(KEPT)/
	$(Q)set -e; for figure in $$(jq -r '.figures[] | select(.status == "made") | .key' $(KEPT)/summary.json); do \
	    from=$(LATEST)-figures/$$figure; mkdir -p $(KEPT)/$$figure; \
	    cp $$from/figure.svg $$from/figure.pdf $$from/series.json $$from/tables.md $$from/verdicts.json $(KEPT)/$$figure/; \
	    sed 's|$(CURDIR)/||g' $$from/records.jsonl | gzip -9n > $(KEPT)/$$figure/records.jsonl.gz; \
	done
	$(Q)sed -i '/^---$$/q' papers/REPRODUCING.md
	$(Q){ echo; jq -r -f papers/reproducing.jq $(KEPT)/summary.json; } >> papers/REPRODUCING.md

# What the last `make figures` found, or else the reference run; another: make report FIGURES=DIR.
FIGURES ?= $(firstword $(patsubst %/summary.json,%,$(wildcard results/latest-figures/summary.json \
             results/reference/figures/summary.json)) results/latest-figures)
.PHONY: report paper paper-deps
report: $(O)/framelab ## those figures as one page, results/latest-figures/report.html
	$(Q)$(O)/framelab report $(FIGURES)

paper: paper-deps $(O)/framelab ## the same as a paper, build/paper/framelab.pdf; installs LaTeX
	$(Q)papers/report/build.sh $(O)/framelab $(FIGURES) $(O)/paper

paper-deps:
	$(Q).ci/dependencies paper

# ---- Kernels for QEMU ------------------------------------------------------------------------------------------

# The allocators, the workloads and the stress test as they are, on stress/qemu in place of stress/host. Compilers and
# picolibc are Debian's; Concurrency Kit and libfdt for the other architectures come by .ci/sysroot.
# riscv64-bare is riscv64 without firmware, in machine mode, which up to 512 harts have room in.
KERNELS := riscv64 riscv64-bare aarch64
KERNEL_TOOL_riscv64 := riscv64-unknown-elf-
KERNEL_TOOL_aarch64 := aarch64-linux-gnu-
KERNEL_DEBIAN_riscv64 := riscv64
KERNEL_DEBIAN_aarch64 := arm64
KERNEL_FLAGS_riscv64 := -march=rv64imafdc_zicsr_zifencei -mabi=lp64d -mcmodel=medany
KERNEL_FLAGS_aarch64 := -march=armv8-a -mno-outline-atomics -mno-omit-leaf-frame-pointer
KERNEL_MODE_riscv64-bare := -DKERNEL_MACHINE_MODE
KERNEL_LINK_MODE_riscv64-bare := -Wl,--defsym=KERNEL_MACHINE_MODE=1
KERNEL_CFLAGS := -std=gnu11 -O2 -g $(WARNINGS) -ffreestanding -fno-pic -fno-pie -fno-stack-protector -ftls-model=local-exec \
                 -fno-omit-frame-pointer -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
KERNEL_INCLUDES := -Icore -Icore/base -Icore/boot -Ilockfree -Ibaseline $(OWN:%=-I%) -Istress -Istress/qemu -Istress/qemu/guest \
                   -Istress/qemu/guest/inline -Istress/harness -Istress/workload -Istress/trial
KERNEL_SOURCES := $(filter-out core/counts_none.c,$(ALLOCATORS)) \
                  stress/variants.c $(wildcard $(addprefix stress/,qemu/guest/*.c harness/*.c workload/*.c trial/*.c))

.PHONY: qemu kernel-deps
qemu: kernel-deps $(KERNELS:%=$(O)/qemu/%/kernel.elf) $(O)/qemu/aarch64/kernel.img ## build the kernels for QEMU

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
KERNEL_COMPILE_$(1) := $$(KERNEL_TOOL_$(2))gcc $$(KERNEL_CFLAGS) $$(KERNEL_FLAGS_$(2)) $$(KERNEL_MODE_$(1)) \
                       --specs=picolibc.specs $$(KERNEL_INCLUDES) -Istress/qemu/guest/$(2) -isystem $(O)/qemu/$(2)/sysroot/usr/include
KERNEL_LINK_$(1) := $$(KERNEL_TOOL_$(2))gcc $$(KERNEL_FLAGS_$(2)) --specs=picolibc.specs -nostartfiles -static \
                    -Wl,--build-id=none $$(KERNEL_LINK_MODE_$(1)) -T stress/qemu/guest/$(2)/link.ld
KERNEL_LIBS_$(1) := -L$(O)/qemu/$(2)/sysroot/lib -lck -lfdt
KERNEL_OBJECTS_$(1) := $$(patsubst %.c,$(O)/qemu/$(1)/%.o,$$(KERNEL_SOURCES) stress/qemu/guest/$(2)/arch.c) \
                       $(O)/qemu/$(1)/boot.o

$(O)/qemu/$(1)/%.o: %.c $(O)/qemu/$(2)/sysroot/packages $(O)/flags Makefile
	$$(call say,CC,$(1) $$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(KERNEL_COMPILE_$(1)) -MMD -MP -c -o $$@ $$<

$(O)/qemu/$(1)/boot.o: stress/qemu/guest/$(2)/boot.S $$(wildcard stress/qemu/guest/$(2)/*.h) | kernel-deps
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(KERNEL_TOOL_$(2))gcc $$(KERNEL_FLAGS_$(2)) $$(KERNEL_MODE_$(1)) -g -c -o $$@ $$<

$(O)/qemu/$(1)/kernel.elf: $$(KERNEL_OBJECTS_$(1)) stress/qemu/guest/$(2)/link.ld stress/qemu/guest/kernel.ld
	$$(call say,LINK,$$@)
	$$(Q)$$(KERNEL_LINK_$(1)) -o $$@ $$(KERNEL_OBJECTS_$(1)) $$(KERNEL_LIBS_$(1))
	$$(Q){ $$(KERNEL_TOOL_$(2))gcc --version | head -n 1; \
	      echo '$$(strip $$(KERNEL_CFLAGS) $$(KERNEL_FLAGS_$(2)) $$(KERNEL_MODE_$(1)))'; \
	      xargs < $(O)/qemu/$(2)/sysroot/packages; } > $$@.txt

-include $$(KERNEL_OBJECTS_$(1):.o=.d)
endef
$(foreach kernel,$(KERNELS),$(eval $(call kernel_rules,$(kernel),$(firstword $(subst -, ,$(kernel))))))
$(foreach arch,$(sort $(foreach kernel,$(KERNELS),$(firstword $(subst -, ,$(kernel))))),$(eval $(call sysroot_rules,$(arch))))

# With an initrd, QEMU takes no ELF for aarch64.
$(O)/qemu/aarch64/kernel.img: $(O)/qemu/aarch64/kernel.elf
	$(Q)$(KERNEL_TOOL_aarch64)objcopy -O binary $< $@

# ---- Testing ---------------------------------------------------------------------------------------------------

.PHONY: deps qemu-check unit unit-build unit-compile hooked-build check check-long tidy lint
deps: ## install what is missing (Debian and its kin), or say what is needed
	$(Q)CC='$(CC)' .ci/dependencies build figures qemu check

check: deps all ## test everything, under 10 minutes on 2 cores; ends with `N passed, N failed, N skipped`
	$(Q)CC='$(CC)' stress/check/run-tests $(O) $(SUITES)

check-long: deps all ## the same and what takes longer: boards' device trees, minutes of stress
	$(Q).ci/dependencies report || echo "without those, the report's tests in a browser are skipped" >&2
	$(Q).ci/dependencies paper || echo "without those, the report as a paper is skipped" >&2
	$(Q)CC='$(CC)' stress/check/run-tests --long $(O) $(SUITES)

.PHONY: report-check
report-check: all ## the page of `framelab report` in Chromium, judged by axe-core; installs Chromium and Node.js
	$(Q).ci/dependencies figures report
	$(Q)stress/check/report-browser.sh $(O) $(O)/check/report-browser

qemu-check: deps qemu ## boot the kernels in many ways, and with each deliberate bug
	$(Q)stress/check/qemu-guests.sh $(O)
	$(Q)stress/check/qemu-mutants.sh $(O)

unit: $(UNIT_TESTS:%=%.run) ## build and run the unit tests

unit-build: $(UNIT_TESTS)

# For a compiler's opinion.
unit-compile: $(UNIT_TESTS:$(O)/unit/%=$(O)/stress/unit/%.o)

# With HOOKS=1 only.
hooked-build: $(HOOKED_TESTS)

$(O)/unit/test_%.run: $(O)/unit/test_%
	$(Q)$<

$(UNIT_TESTS) $(HOOKED_TESTS): $(O)/unit/%: $(O)/stress/unit/%.o $(O)/libcommand.a $(O)/libframelab.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(LDFLAGS) $(SIM_LINK) -o $@ $^ $(LIB_LIBS) $(COMMAND_LIBS) -lcmocka -lm


# Read by tools. What they look for, what not, and why: .clang-tidy, .ci/cppcheck. Nearly all of that time goes into
# following paths (clang-analyzer, two seconds a file) and into all combinations of #ifdef; `make lint` does without.
tidy: format-test cppcheck $(ALL_C:%.c=$(O)/%.tidy) ## find fault with the sources: clang-format, cppcheck, clang-tidy

lint: format-test cppcheck $(ALL_C:%.c=$(O)/%.lint) ## the same in a minute: no paths are followed, one set of #ifdef
lint: CPPCHECK += --max-configs=1 --suppress=toomanyconfigs

.PHONY: format-test cppcheck lint
format-test: deps
	$(call say,FORMAT,$(words $(ALL_C) $(KERNEL_C) $(ALL_H)) files)
	$(Q)clang-format --dry-run -Werror $(ALL_C) $(KERNEL_C) $(ALL_H)

# The host's half of core/base/platform.h and the kernel's, and the architectures', are not seen together.
CPPCHECK := cppcheck --quiet --std=c11 --enable=warning,style,performance,portability --inline-suppr \
            --suppressions-list=.ci/cppcheck --error-exitcode=1
cppcheck: deps
	$(call say,CPPCHECK,$(words $(ALL_C) $(KERNEL_C)) files)
	$(Q)$(CPPCHECK) $(INCLUDES_stress) $(ALL_C)
	$(Q)$(CPPCHECK) $(KERNEL_INCLUDES) -Istress/qemu/guest/riscv64 $(wildcard stress/qemu/guest/*.c stress/qemu/guest/riscv64/*.c)
	$(Q)$(CPPCHECK) $(KERNEL_INCLUDES) -Istress/qemu/guest/aarch64 $(wildcard stress/qemu/guest/aarch64/*.c)

# $(1): file, $(2): options
read_by_clang_tidy = clang-tidy --quiet $(2) $(1) -- -std=gnu11 $(CONFIG_CFLAGS) \
    $(or $(if $(filter stress/sim/% stress/unit/test_sim_%,$(1)),$(INCLUDES_sim)),$(INCLUDES_stress)) 2>/dev/null

# Read anew when the object file is: then something that it includes has changed.
$(O)/%.tidy: %.c $(O)/%.o .clang-tidy stress/unit/.clang-tidy | deps
	$(call say,TIDY,$<)
	$(Q)$(call read_by_clang_tidy,$<,)
	$(Q)touch $@ $(@:.tidy=.lint)

$(O)/%.lint: %.c $(O)/%.o .clang-tidy stress/unit/.clang-tidy | deps
	$(call say,LINT,$<)
	$(Q)$(call read_by_clang_tidy,$<,'--checks=-clang-analyzer-*')
	$(Q)touch $@

# A mutant is the framelab command, or a test program, with one deliberate bug: the .c files that a patch names are
# patched in a scratch folder and compiled; everything else is the object files of the ordinary build.
.PHONY: mutants
mutants: $(MUTANTS:%=$(O)/mutants/%/framelab) ## build every deliberate bug of stress/mutants

# $(1): where the ordinary build's objects are, $(2): how to compile, $(3): how to link `$$objects`
define mutate
	$(call say,MUTANT,$*)
	$(Q)rm -rf $(@D) && mkdir -p $(@D)
	$(Q)set -e; sources=$$(sed -n 's|^+++ b/\([^[:space:]]*\).*|\1|p' $<); objects='$(filter %.o,$^)'; \
	test -n "$$sources" || { echo "$<: names no file to patch" >&2; exit 1; }; \
	for source in $$sources; do \
	    case $$source in *.c) ;; *) echo "$<: only .c files can be patched, not $$source" >&2; exit 1 ;; esac; \
	    install -D -m 644 $$source $(@D)/$$source; \
	done; \
	patch --quiet --fuzz=0 -p1 -d $(@D) < $<; \
	for source in $$sources; do \
	    object=$${source%.c}.o; \
	    $(2) -c -o $(@D)/$$object $(@D)/$$source; \
	    objects=$$(echo "$$objects" | sed "s|$(1)/$$object|$(@D)/$$object|"); \
	done; \
	$(3)
endef

# $(1): more libraries
mutate_program = $(call mutate,$(O),$(CC) $(BASE_CFLAGS) $(INCLUDES_stress),$(CC) $(BASE_CFLAGS) $(LDFLAGS) $(SIM_LINK) -o $@ $$objects $(LIB_LIBS) $(COMMAND_LIBS) $(1) -lm)

define mutate_simulator
$(call mutate,$(O)/sim,$(CC) $(BASE_CFLAGS) $(SIM_CFLAGS) $(INCLUDES_sim),\
    $(call link_simulator,$$(echo "$$objects" | tr ' ' '\n' | grep -v '^$(O)/stress/sim/\|^$(O)/sim/plain/'),$(@D)/simulator.o); \
    $(CC) $(BASE_CFLAGS) $(LDFLAGS) $(SIM_LINK) -o $@ $(COMMAND_OBJECTS) $(@D)/simulator.o $(O)/libframelab.a \
        $(LIB_LIBS) $(COMMAND_LIBS) -lm)
endef

$(O)/mutants/%/framelab: stress/mutants/%.patch $(COMMAND_OBJECTS) $(SIMULATOR) $(LIB_OBJECTS)
	$(call mutate_program)

# Those called sim-* are bugs in the code that simulated harts run.
$(O)/mutants/sim-%/framelab: stress/mutants/sim-%.patch $(SIM_INSTRUMENTED_OBJECTS) $(SIM_PLAIN_OBJECTS) \
                             $(O)/libcommand.a $(O)/libframelab.a
	$(call mutate_simulator)

# Hooked ones with HOOKS=1 only.
define mutant_of_test
$(O)/mutants/%/$(1): stress/mutants/%.patch $(O)/stress/unit/$(1).o \
                     $(filter-out $(O)/stress/command/main.o,$(COMMAND_OBJECTS)) $(SIMULATOR) $(LIB_OBJECTS)
	$$(call mutate_program,-lcmocka)
endef
$(foreach test,$(notdir $(UNIT_TESTS) $(HOOKED_TESTS)),$(eval $(call mutant_of_test,$(test))))

# Kernels with one deliberate bug.
define mutant_of_kernel
$(O)/qemu/$(1)/mutants/%/kernel.elf: stress/mutants/%.patch $(O)/qemu/$(1)/kernel.elf $$(KERNEL_OBJECTS_$(1))
	$$(call mutate,$(O)/qemu/$(1),$$(KERNEL_COMPILE_$(1)),$$(KERNEL_LINK_$(1)) -o $$@ $$$$objects $$(KERNEL_LIBS_$(1)))
endef
$(foreach kernel,$(KERNELS),$(eval $(call mutant_of_kernel,$(kernel))))

# ---- Installing ------------------------------------------------------------------------------------------------

.PHONY: install uninstall
INSTALLED_PAPERS := report $(patsubst papers/%/figure.json,%,$(wildcard papers/*/figure.json))
install: all ## install the command, libframelab.a, its headers, pkg-config file, manual page and figures
	$(Q)install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin lib/pkgconfig include/framelab share/man/man1 \
	    $(INSTALLED_PAPERS:%=share/framelab/papers/%))
	$(Q)install -m 755 $(O)/framelab $(DESTDIR)$(PREFIX)/bin/
	$(Q)install -m 644 $(O)/libframelab.a $(DESTDIR)$(PREFIX)/lib/
	$(Q)install -m 644 $(PUBLIC_HEADERS) $(DESTDIR)$(PREFIX)/include/framelab/
	$(Q)install -m 644 stress/package/framelab.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	$(Q)install -m 644 $(wildcard papers/*.*) $(DESTDIR)$(PREFIX)/share/framelab/papers/
	$(Q)$(foreach folder,$(INSTALLED_PAPERS),install -m 644 $(wildcard papers/$(folder)/*) \
	    $(DESTDIR)$(PREFIX)/share/framelab/papers/$(folder)/;)
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIB_LIBS)|' stress/package/framelab.pc.in \
	    > $(DESTDIR)$(PREFIX)/lib/pkgconfig/framelab.pc

uninstall: ## remove what `make install` put there
	$(Q)rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/framelab lib/libframelab.a share/man/man1/framelab.1 \
	    lib/pkgconfig/framelab.pc)
	$(Q)rm -rf $(addprefix $(DESTDIR)$(PREFIX)/,include/framelab share/framelab)

# ---- Housekeeping ----------------------------------------------------------------------------------------------

.PHONY: help clean format
help: ## list what can be made
	@sed -n 's/^#   \([A-Z].*\)/  \1/p' Makefile
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

format: ## lay out all C files by .clang-format
	$(Q)clang-format -i $(ALL_C) $(KERNEL_C) $(ALL_H)

clean: ## remove what was built
	$(Q)rm -rf $(O)
