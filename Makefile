# SPDX-License-Identifier: MIT
# framelab: one Makefile for everything, with a part (.mk) in each folder that needs rules of its own. `make help` lists
# what it can do.
#
#   V=1                  show the commands
#   -j N                 so many commands at a time (default: as many as there are cores)
#   O=DIR                build there (default: build)
#   CC=gcc|clang         the compiler
#   DEBUG=1              no optimisation, debug information, assertions on hot paths
#   SANITIZE=LIST        with these sanitizers: address,undefined or thread
#   HOOKS=1              with calls by which tests stop a hart in the middle of an operation (default O: build/hooks)
#   COUNTS=0             without reference counts, a frame has one owner: core/README.md (default O: build/no-counts)
#   SIM=0                without simulated harts (always so with SANITIZE, HOOKS or COUNTS=0): stress/sim/README.md
#   OWN=FOLDER           with the variants of your own that stand there: stress/package/README.md
#   OWN_WORKLOAD=FILE    with the workloads of your own that are in it (or in several): stress/workload/README.md
#   LINUX=1              `make compare` also sets Linux's own pages beside them: stress/linux/README.md
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

# A -j of the user's comes first, also of the environment's MAKEFLAGS, of which make 4.3 does not say here; and a make
# that another make started shares that one's.
ifeq ($(MAKELEVEL)$(filter -j% --jobs%,$(MAKEFLAGS) $(shell echo "$$MAKEFLAGS")),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif
# Goals that do something rather than make a file, beside others: one after the other.
ifneq ($(and $(word 2,$(MAKECMDGOALS)),$(filter bench check check-long clean compare figures format fuzz install paper \
        qemu-check reference report soak stress uninstall unit,$(MAKECMDGOALS))),)
.NOTPARALLEL:
endif

# ---- Variants and workloads of your own ------------------------------------------------------------------------

# Those that the headers of OWN's folder declare, by `extern const struct variant NAME_variant;` at the beginning of a
# line. All that follows takes the folder for one of ours.
ifneq ($(OWN),)
override OWN := $(patsubst %/,%,$(if $(filter ../%,$(OWN)),$(abspath $(OWN)),$(OWN)))
OWN_HEADERS := $(wildcard $(OWN)/*.h)
OWN_VARIANTS := \
    $(shell sed -n 's/^extern const struct variant \([A-Za-z0-9_]*_variant\);.*/\1/p' $(OWN_HEADERS) /dev/null)
ifeq ($(wildcard $(OWN)/.),)
$(error OWN=$(OWN): there is no such folder)
endif
ifeq ($(OWN_VARIANTS),)
$(error OWN=$(OWN): no header there says `extern const struct variant NAME_variant;`)
endif
endif
OWN_TABLE := $(O)/own_variants.h
PAPERS_LINK := $(O)/share/framelab/papers

# All workloads, by the line with which each is defined. All that follows takes OWN_WORKLOAD's files for some of ours.
override OWN_WORKLOAD := $(foreach file,$(OWN_WORKLOAD),$(if $(filter ../%,$(file)),$(abspath $(file)),$(file)))
WORKLOAD_SOURCES := $(wildcard stress/workload/*.c) $(OWN_WORKLOAD)
workloads_in = $(shell sed -n 's/^const struct workload_kind \([A-Za-z0-9_]*\)_workload = {.*/\1/p' $(1) /dev/null)
$(foreach file,$(OWN_WORKLOAD),$(if $(wildcard $(file)),$(if $(call workloads_in,$(file)),,\
    $(error OWN_WORKLOAD=$(file): no line there begins with `const struct workload_kind NAME_workload = {`)),\
    $(error OWN_WORKLOAD=$(file): there is no such file)))
WORKLOADS := $(sort $(call workloads_in,$(WORKLOAD_SOURCES)))
WORKLOAD_TABLE := $(O)/workloads.h

# ---- Folders, and what the files of each may include -----------------------------------------------------------

# A folder's include path is this and no more, so the compiler refuses an arrow that is not here. An arrow brings with
# it what the headers there include. stress/check/folders.sh shows that all of them point down, that each is needed, and
# that what is not here is refused. Every folder also sees the inline half of core/base/platform.h, alone in its folder:
# of the host, of the kernel, or of the simulator, which has three headers of Concurrency Kit of its own beside it.
CORE := core core/base core/boot

SEES_core/base :=
SEES_core/boot := core/base
SEES_core := core/base core/boot
SEES_lockfree := $(CORE)
SEES_baseline := $(CORE)
SEES_stress := $(CORE) lockfree baseline

# What runs anywhere.
SEES_stress/harness := $(CORE)
SEES_stress/workload := $(CORE) stress/harness
SEES_stress/trial := $(CORE) stress/harness
SEES_stress/micro := core/base lockfree stress/harness

# The platforms.
SEES_stress/system := core/base core/boot
SEES_stress/host := $(CORE) lockfree stress stress/harness
SEES_stress/qemu :=
SEES_stress/qemu/plugin := stress/qemu
SEES_stress/qemu/host := core/base stress/system stress/qemu
SEES_stress/qemu/guest := $(CORE) lockfree stress $(addprefix stress/,harness workload trial qemu)
SEES_stress/linux := stress/system
SEES_stress/linux/guest := $(CORE) stress/harness stress/workload stress/qemu
# The kernel and its half for an architecture are one module, the only two folders that see each other: qemu.mk.
SEES_stress/qemu/guest/riscv64 := core/base core/boot stress/harness stress/qemu stress/qemu/guest
SEES_stress/qemu/guest/aarch64 := $(SEES_stress/qemu/guest/riscv64)
SEES_stress/sim :=
SEES_stress/sim/machine := core/base
SEES_stress/sim/engine := core/base core/boot lockfree stress/harness stress/host
SEES_stress/sim/time := core/base $(addprefix stress/,harness system sim/machine sim/engine)
SEES_stress/sim/explore := core/base stress/harness stress/sim/engine
SEES_stress/sim/instrumented :=
SEES_stress/sim/history := $(CORE) lockfree stress \
    $(addprefix stress/,harness trial host sim sim/engine sim/explore sim/instrumented)

# What measures, and the command, which sees all that one of its measuring commands needs.
SEES_results := core core/base $(addprefix stress/,harness workload)
SEES_stress/run := $(CORE) results stress $(addprefix stress/,harness workload trial micro system host linux qemu/host \
    sim sim/machine sim/engine sim/time sim/history)
SEES_papers/engine := core/base results $(addprefix stress/,harness system host qemu/host)
SEES_stress/command := $(CORE) results papers/engine stress \
    $(addprefix stress/,harness workload trial micro system host linux qemu/host sim sim/machine run)

# Tests see everything but the kernel. A variant and a workload of yours see what ours do.
SEES_stress/package/skeleton := $(CORE)
SEES_stress/package/workload := $(CORE) stress/harness stress/workload
SEES_stress/unit/simulated := core/base lockfree $(addprefix stress/,micro sim/engine sim/explore)
SEES_$(OWN) := $(CORE)
$(foreach file,$(OWN_WORKLOAD),$(eval SEES_$(patsubst %/,%,$(dir $(file))) := $(SEES_stress/workload) stress/workload))
FOLDERS := $(sort $(patsubst SEES_%,%,$(filter SEES_%,$(.VARIABLES))))
SEES_stress/unit := $(filter-out stress/qemu/guest% stress/linux/guest%,$(FOLDERS))
SEES_stress/fuzz := $(CORE) stress/unit

INLINE_host := stress/host/inline
INLINE_sim := stress/sim/ck stress/sim/inline
INLINE_guest := stress/qemu/guest/inline
INLINE_linux := stress/linux/guest/inline
SIMULATED := stress/sim/% stress/unit/simulated/% stress/unit/test_sim_%

# $(1): file, $(2): host, sim or guest; by itself, as the file's place says
folder_of = $(patsubst %/,%,$(dir $(1)))
includes = $(addprefix -I,$(INLINE_$(or $(2),$(if $(filter $(SIMULATED),$(1)),sim,host))) $(SEES_$(folder_of))) \
           $(if $(filter stress/variants.c,$(1)),-include $(OWN_TABLE)) \
           $(if $(filter stress/workload/workload.c,$(1)),-include $(WORKLOAD_TABLE))
# For whoever compiles, or reads, files of several folders at once.
include_all = $(addprefix -I,$(INLINE_$(1)) $(SEES_stress/unit) stress/unit)

# ---- What is built from what -----------------------------------------------------------------------------------

# libframelab.a: the allocators and the host platform, for any program. The framelab command: all the rest.
# Either build has one of the rooms behind core/refcounts.h, and its test.
sources = $(wildcard $(addsuffix /*.c,$(1)))
OTHER_ROOM := $(if $(NO_COUNTS),refcounts_kept,refcounts_none)
ALLOCATORS := $(call sources,core core/boot lockfree baseline $(OWN))
RUNS_ANYWHERE := $(addprefix stress/,harness workload trial micro)
COMMAND_FOLDERS := $(RUNS_ANYWHERE) results papers/engine \
    $(addprefix stress/,system linux qemu/host sim/machine run command)
LIB_SOURCES := $(filter-out core/$(OTHER_ROOM).c,$(ALLOCATORS) $(call sources,stress stress/host))
COMMAND_SOURCES := $(filter-out %/bench_sim.c $(addprefix %/sim_,$(if $(WITH_SIM),none.c,linked.c stress.c)),\
                     $(call sources,$(COMMAND_FOLDERS)) $(OWN_WORKLOAD))
UNIT_SOURCES := $(call sources,stress/unit)
KERNEL_C := $(call sources,$(filter stress/qemu/guest% stress/linux/guest%,$(FOLDERS)))
# Needs QEMU's header, which may not be there.
PLUGIN_C := stress/qemu/plugin/plugin.c
ALL_C := $(filter-out $(KERNEL_C) $(PLUGIN_C),$(call sources,$(FOLDERS) stress/unit stress/fuzz))
ALL_H := $(wildcard $(addsuffix /*.h,$(FOLDERS) stress/unit $(INLINE_host) $(INLINE_sim) $(INLINE_guest) \
           $(INLINE_linux)))

LIB_OBJECTS := $(LIB_SOURCES:%.c=$(O)/%.o)
COMMAND_OBJECTS := $(COMMAND_SOURCES:%.c=$(O)/%.o)
# Kept, though no rule names some of them. Not everything is, as an empty .SECONDARY has it: make would then miss that a
# header is gone which an object was made from.
.SECONDARY: $(ALL_C:%.c=$(O)/%.o)

# ---- The libraries that we use ---------------------------------------------------------------------------------

# config.mk is made when everything it asks for is there. Goals that promise to install what is missing do so here,
# before anything is compiled; the others say what is missing and stop.
INSTALLING := $(filter deps compare figures linux qemu qemu-check report report-check paper check check-long soak,\
                       $(MAKECMDGOALS))
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
# What is built does not depend on where: debug information has paths from here.
PLACELESS := -ffile-prefix-map=$(CURDIR)=.
RECORDED_CFLAGS = -std=gnu11 $(OPTIMISE) -g $(SANITIZERS) $(WARNINGS) $(TSAN_FLAGS) -pthread $(CONFIG_CFLAGS) $(CFLAGS)
BASE_CFLAGS = $(RECORDED_CFLAGS) $(PLACELESS)

# ---- What belongs to one folder --------------------------------------------------------------------------------

# Rules of their own; a later part uses what an earlier one names.
PARTS := $(addsuffix .mk,stress/sim/sim stress/qemu/plugin/plugin stress/qemu/qemu stress/linux/linux \
            stress/check/check stress/mutants/mutants stress/fuzz/fuzz papers/papers \
           stress/package/package)
include $(PARTS)

# ---- Building --------------------------------------------------------------------------------------------------

.PHONY: all
all: $(O)/libframelab.a $(O)/framelab ## build the framelab command and libframelab.a

$(O)/framelab: $(COMMAND_OBJECTS) $(SIMULATOR) $(O)/libframelab.a | $(PAPERS_LINK)
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE_CFLAGS) $(LDFLAGS) $(SIM_LINK) -o $@ $^ $(LIB_LIBS) $(COMMAND_LIBS) -lm

$(O)/libframelab.a: $(LIB_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# The command's own modules, for unit tests of them.
$(O)/libcommand.a: $(TESTED)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(O)/%.o: %.c $(O)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(call includes,$<) $(SAYS) -MMD -MP -c -o $@ $<

# Rewritten only when they change, so that only then is rebuilt what depends on them. Several makes may be at it.
define update
	$(Q)mkdir -p $(@D)
	$(Q)new=$@.$$$$; $(1) > $$new; if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi
endef

.PHONY: always
$(O)/flags: always
	$(call update,echo '$(CC) $(subst $(CURDIR),here,$(BASE_CFLAGS))')

# What records say about the binary that made them. .ci/commit says what the commit is of, and when it is unknown.
$(O)/version.h: always
	$(call update,.ci/commit | { read -r commit changed; \
	      echo '/* Made by the Makefile. */'; \
	      echo '#define FRAMELAB_VERSION "$(VERSION)"'; \
	      echo "#define FRAMELAB_COMMIT \"$$commit\""; \
	      echo "#define FRAMELAB_DIRTY $$changed"; \
	      echo "#define FRAMELAB_COMPILER \"$$($(CC) --version | head -n 1)\""; \
	      echo '#define FRAMELAB_CFLAGS "$(strip $(RECORDED_CFLAGS))"'; \
	      echo '#define FRAMELAB_OWN "$(if $(OWN),$(shell cd '$(OWN)' && sha256sum *.[ch] | \
	          sed 's/\(.*\)  \(.*\)/\2=sha256:\1/'))"'; \
	      echo '#define FRAMELAB_LIBS "$(LIB_VERSIONS)"'; })

# The table of a user's variants, wherever ours is compiled.
$(OWN_TABLE): always
	$(call update,{ echo '/* Made by the Makefile of OWN=$(OWN) */'; \
	      $(foreach header,$(OWN_HEADERS),echo '#include "$(abspath $(header))"';) \
	      echo '#define OWN_VARIANTS $(OWN_VARIANTS:%=&%,)'; })

$(addsuffix /stress/variants.o,$(O) $(O)/sim/plain $(KERNELS:%=$(O)/qemu/%)): $(OWN_TABLE)

$(WORKLOAD_TABLE): always
	$(call update,{ echo '/* Made by the Makefile. */'; \
	      $(foreach name,$(WORKLOADS),echo 'extern const struct workload_kind $(name)_workload;';) \
	      echo '#define WORKLOADS $(WORKLOADS:%=&%_workload,)'; })

$(addsuffix /stress/workload/workload.o,$(O) $(O)/sim $(KERNELS:%=$(O)/qemu/%)): $(WORKLOAD_TABLE)

# Files that say more than their text does. SAYS: what it is, as options of the compiler.
$(O)/results/provenance.o: $(O)/version.h
$(O)/results/provenance.o: SAYS := -include $(O)/version.h
# Where the command finds figures of papers: beside itself, so that a copied tree uses its own.
$(PAPERS_LINK): always
	$(Q)mkdir -p $(@D)
	$(Q)to=$$(realpath $(if $(filter $(CURDIR)/%,$(abspath $(O))),--relative-to=$(@D)) papers); \
	[ "$$(readlink $@)" = "$$to" ] || ln -sfn "$$to" $@

-include $(LIB_OBJECTS:.o=.d) $(COMMAND_OBJECTS:.o=.d)

# ---- Running ---------------------------------------------------------------------------------------------------

.PHONY: bench stress compare soak
bench: $(O)/framelab ## run the benchmark: make bench ARGS='--variant lockfree --harts 2'
	$(Q)$(O)/framelab bench $(ARGS)

stress: $(O)/framelab ## run random operations under the oracle: make stress ARGS='--seconds 60'
	$(Q)$(O)/framelab stress $(ARGS)

SOAK_SECONDS ?= 3600
soak: deps $(O)/framelab ## the same for an hour, 16 harts: make soak SOAK_SECONDS=28800; goes on where it was
	$(Q)$(O)/framelab stress --harts 16 --seconds $(SOAK_SECONDS) --progress --resume $(O)/soak.json $(ARGS)

# The main job: the allocators side by side, on 1 hart up to twice as many as there are cores.
LATEST := results/latest
WITH_LINUX := $(if $(LINUX),linux)
bench_linux = $(O)/framelab bench --platform qemu --arch aarch64 --variant linux --variant baseline --variant lockfree \
    --order 0,3,9 --harts 1,2,4,8 --time-limit 3000 --progress --out $(LATEST)/linux.jsonl
compare: deps $(O)/framelab qemu $(WITH_LINUX) ## both allocators: a table, records, pictures; at most 8 minutes
	$(Q)mkdir -p $(LATEST)
	$(Q)$(O)/framelab bench --variant baseline:origin --variant baseline --variant lockfree --order 0,9 \
	    --harts $$(.ci/hart-counts) --repeat 20 --progress --out $(LATEST)/records.jsonl $(ARGS)
	$(Q)$(O)/framelab draw --out $(LATEST) $(LATEST)/records.jsonl
	$(Q)$(O)/framelab bench --platform qemu --variant baseline --variant lockfree --order 0,9 --harts 1,2,4,8,16 \
	    --progress --out $(LATEST)/qemu.jsonl
	$(if $(LINUX),$(Q)$(bench_linux))

# The reference run: its records, its picture, and of it the README's first table, which the tests compare.
.PHONY: foretell
foretell: $(O)/framelab ## by how much simulated time is off on this host; 5 minutes, two idle cores
	$(Q)stress/check/foretell.sh $(O) results/latest-foretold

.PHONY: keep readme
keep: $(O)/framelab ## keep the last `make compare` as the reference run, with the README's table and picture
	$(Q)sed 's|$(CURDIR)/||g' $(LATEST)/records.jsonl > $(O)/kept.jsonl
	$(Q)mv $(O)/kept.jsonl results/reference/records.jsonl
	$(Q)cp $(LATEST)/overview.svg $(LATEST)/overview.png results/reference/
	$(Q)$(MAKE) -s readme O=$(O)

readme: quotes ## the README's first table anew, of the reference run, and what documents quote of the figures'
	$(Q)stress/check/readme-table.sh $(O)/framelab > $(O)/README.md && cp $(O)/README.md README.md

# ---- Housekeeping ----------------------------------------------------------------------------------------------

.PHONY: help clean format
help: ## list what can be made
	@sed -n 's/^#   \([A-Z-].*\)/  \1/p' Makefile
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile $(PARTS) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

format: ## lay out all C files by .clang-format
	$(Q).ci/judged --only 14 clang-format -i $(ALL_C) $(KERNEL_C) $(PLUGIN_C) $(ALL_H)

clean: ## remove what was built
	$(Q)rm -rf $(O)
