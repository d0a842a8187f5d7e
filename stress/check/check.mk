# SPDX-License-Identifier: MIT
# Testing: what runs, and what only reads.

UNIT_TESTS := $(patsubst stress/unit/%.c,$(O)/unit/%,\
                         $(filter-out stress/unit/test_$(OTHER_ROOM).c $(if $(WITH_SIM),,stress/unit/test_sim_%),\
                           $(wildcard stress/unit/test_*.c)))
HOOKED_TESTS := $(patsubst stress/unit/%.c,$(O)/unit/%,$(wildcard stress/unit/hooked_*.c))

.PHONY: deps qemu-check unit unit-build unit-compile hooked-build check check-long
deps: ## install what is missing (Debian and its kin), or say what is needed
	$(Q)CC='$(CC)' .ci/dependencies build figures qemu check

check: deps all ## test everything, seven minutes on 2 cores; ends with `N passed, N failed, N skipped`
	$(Q)CC='$(CC)' stress/check/run-tests $(O) $(SUITES)

check-long: deps all ## the same and what takes hours; what has passed on the same sources is kept, unless FRESH=1
	$(Q).ci/dependencies report || echo "without those, the report's tests in a browser are skipped" >&2
	$(Q).ci/dependencies linux || echo "without those, Linux's own allocator is skipped" >&2
	$(Q).ci/dependencies paper || echo "without those, the report as a paper is skipped" >&2
	$(Q)CC='$(CC)' stress/check/run-tests --long $(if $(FRESH),--fresh) $(O) $(SUITES)

.PHONY: report-check
report-check: all ## the page of `framelab report` in Chromium, judged by axe-core; installs Chromium and Node.js
	$(Q).ci/dependencies figures report
	$(Q)stress/check/report-browser.sh $(O) $(O)/check/report-browser

qemu-check: deps qemu ## boot the kernels in many ways, and with each deliberate bug
	$(Q)stress/check/qemu-guests.sh $(O)
	$(Q)stress/check/qemu-mutants.sh $(O)

# One after the other: some need both cores.
unit: $(UNIT_TESTS) ## build and run the unit tests
	$(Q)set -e; for test in $(UNIT_TESTS); do $$test; done

unit-build: $(UNIT_TESTS)

# For a compiler's opinion.
unit-compile: $(UNIT_TESTS:$(O)/unit/%=$(O)/stress/unit/%.o)

# With HOOKS=1 only.
hooked-build: $(HOOKED_TESTS)

$(O)/unit/test_%.run: $(O)/unit/test_%
	$(Q)$<

# What a program of stress/unit is linked with, beside the allocators: the command's modules, and those of the plugin
# that know nothing of QEMU. Those with hooks are about the allocators alone.
TESTED := $(filter-out $(O)/stress/command/main.o,$(COMMAND_OBJECTS)) $(TEST_SIMULATOR) \
          $(patsubst %.c,$(O)/%.o,$(filter-out $(PLUGIN_C),$(PLUGIN_SOURCES)))
TESTED_WITH_HOOKS := $(patsubst %.c,$(O)/%.o,$(WORKLOAD_SOURCES) $(call sources,stress/harness stress/trial))

$(UNIT_TESTS): $(O)/unit/%: $(O)/stress/unit/%.o $(O)/libcommand.a $(O)/libframelab.a
	$(link_test)

$(HOOKED_TESTS): $(O)/unit/%: $(O)/stress/unit/%.o $(TESTED_WITH_HOOKS) $(O)/libframelab.a
	$(link_test)

define link_test
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(LDFLAGS) $(SIM_LINK) -o $@ $^ $(LIB_LIBS) $(COMMAND_LIBS) -lcmocka -lm
endef

-include $(UNIT_SOURCES:%.c=$(O)/%.d)

# For folders.sh, a line each: folder, what it may include, where the inline half of the platform is.
.PHONY: folders
folders:
	@$(foreach folder,$(FOLDERS),echo '$(folder)|$(strip $(SEES_$(folder)))|$(INLINE_$(or \
	    $(if $(filter stress/qemu/guest%,$(folder)),guest),$(if $(filter stress/linux/guest%,$(folder)),linux),\
	    $(if $(filter $(SIMULATED),$(folder)/),sim),host))';) :

# Read by tools: clang's are judged by Debian 12's versions, the others by 13's as well (.ci/judged). What they look
# for, what not, and why: .clang-tidy, .ci/cppcheck, .shellcheckrc. Nearly all of that time goes into following paths
# (clang-analyzer, two seconds a file) and into all combinations of #ifdef; `make lint` does without.
.PHONY: format-test line-test shellcheck cppcheck tidy lint
tidy: format-test line-test shellcheck cppcheck $(ALL_C:%.c=$(O)/%.tidy) ## find fault with the sources

lint: format-test line-test shellcheck cppcheck $(ALL_C:%.c=$(O)/%.lint) ## the same in a minute: no paths
	@echo 'ok - no fault is found'
lint: CPPCHECK += --max-configs=1 --suppress=toomanyconfigs

format-test: deps
	$(call say,FORMAT,$(words $(ALL_C) $(KERNEL_C) $(PLUGIN_C) $(ALL_H)) files)
	$(Q).ci/judged 14 clang-format --dry-run -Werror $(ALL_C) $(KERNEL_C) $(PLUGIN_C) $(ALL_H)

# No line of code or of a comment has more than 120 characters, none of a script 160 (what it looks for may be long).
# clang-format leaves comments as they are.
line-test:
	$(call say,LINES,120 characters)
	$(Q)LC_ALL=C.UTF-8 git grep -nE '.{121,}' -- '*.[chS]' '*.mk' Makefile '*.ld'; test $$? -eq 1
	$(Q)LC_ALL=C.UTF-8 git grep -nE '.{161,}|^ *#.{120,}' -- $(SCRIPTS); test $$? -eq 1

# Every file that is called a script, or calls itself one.
SCRIPTS = $(sort $(shell git ls-files '*.sh'; git grep -lIE '^\#! ?/.*sh$$'))
shellcheck: deps
	$(call say,SHELL,$(words $(SCRIPTS)) files)
	$(Q).ci/judged 0.9,0.10 shellcheck -x $(SCRIPTS)

# The host's half of core/base/platform.h and the kernel's, and the architectures', are not seen together.
CPPCHECK := .ci/judged 2.10,2.17 cppcheck --quiet --std=c11 --enable=warning,style,performance,portability \
            --inline-suppr --suppressions-list=.ci/cppcheck --error-exitcode=1
cppcheck: deps
	$(call say,CPPCHECK,$(words $(ALL_C) $(KERNEL_C)) files)
	$(Q)$(CPPCHECK) $(call include_all,host) $(ALL_C)
	$(Q)$(CPPCHECK) $(call kernel_include_all,riscv64) $(call sources,stress/qemu/guest stress/qemu/guest/riscv64)
	$(Q)$(CPPCHECK) $(call kernel_include_all,aarch64) $(call sources,stress/qemu/guest/aarch64)

# $(1): file, $(2): options
read_by_clang_tidy = .ci/judged 14 clang-tidy --quiet $(2) $(1) -- -std=gnu11 $(CONFIG_CFLAGS) \
                     $(call includes,$(1)) 2>/dev/null

# Read anew when the object file is: then something that it includes has changed.
$(O)/%.tidy: %.c $(O)/%.o .clang-tidy stress/unit/.clang-tidy | deps
	$(call say,TIDY,$<)
	$(Q)$(call read_by_clang_tidy,$<,)
	$(Q)touch $@ $(@:.tidy=.lint)

$(O)/%.lint: %.c $(O)/%.o .clang-tidy stress/unit/.clang-tidy | deps
	$(call say,LINT,$<)
	$(Q)$(call read_by_clang_tidy,$<,'--checks=-clang-analyzer-*')
	$(Q)touch $@
