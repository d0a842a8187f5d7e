# SPDX-License-Identifier: MIT
# Simulated harts: the allocators and the workloads once more, with each access to memory a call into stress/sim
# (-fsanitize=thread, without the sanitizer), together with it in one object file whose symbols are its own but for
# those of the simulator. Whatever CFLAGS ask for elsewhere, here code is not left to the linker (-flto), which would
# see no symbols to rename, and memory functions keep their names (_FORTIFY_SOURCE).

SIMULATOR := $(if $(WITH_SIM),$(O)/sim/simulator.o)
# The same with what harts run in tests.
TEST_SIMULATOR := $(if $(WITH_SIM),$(O)/sim/test_simulator.o)
SIM_LINK := $(if $(WITH_SIM),-no-pie)
IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
SIM_RELINKED := -fno-lto -U_FORTIFY_SOURCE
SIM_CFLAGS := $(SIM_RELINKED) -fsanitize=thread '-DDRAIN_TURNS=sim_drain_turns()' \
              '-DHOTPLUG_TURNS=sim_hotplug_turns()' -DEPOCH_BARRIER_TURNS=2000u \
              '-DPATIENCE_PER_HART=sim_patience_per_hart()' \
              -fno-builtin-memset -fno-builtin-memcpy -fno-builtin-memmove \
              $(if $(IS_CLANG),-mllvm -tsan-instrument-read-before-write=1 -mllvm -tsan-instrument-func-entry-exit=0,\
                --param tsan-instrument-func-entry-exit=0 -Wno-tsan)
SIM_INSTRUMENTED := $(filter-out core/refcounts_none.c,$(ALLOCATORS)) \
                    $(WORKLOAD_SOURCES) $(call sources,stress/micro stress/sim/instrumented)
# As for the host, but over simulated harts: what starts a machine, what measures and judges on it, and the names of the
# variants.
SIM_PLAIN := stress/variants.c stress/host/machine.c stress/trial/judge.c \
             $(addprefix stress/run/,bench.c bench_sim.c micro_run.c)
SIM_OWN := $(call sources,$(addprefix stress/sim/,engine time explore history))
# The packaged library is not instrumented: these two come from the distribution's source package.
SIM_INSTRUMENTED_OBJECTS := $(SIM_INSTRUMENTED:%.c=$(O)/sim/%.o) $(O)/sim/ck/ck_epoch.o $(O)/sim/ck/ck_hp.o
SIM_PLAIN_OBJECTS := $(SIM_PLAIN:%.c=$(O)/sim/plain/%.o) $(SIM_OWN:%.c=$(O)/%.o)
# The simulator's own names; everything else in it is invisible to the rest of the command.
SIM_NAMES := sim_* model* run_harts run_current run_own_stack run_count run_state run_switch run_park run_wake \
             run_freeze run_abandon run_again run_aside run_back run_on_* \
             time_mode_* coherence_* clock_* caches_* dependence_* explore_* schedule_* memory_model_* races_* \
             shadow_* trace_* execution_* finding_name program_* frame_model_* linearize* \
             history_* exploration_* exhaustion_* choices_* interpreter_* known_bugs_* code_*

$(O)/sim/%.o: %.c $(O)/flags
	$(call say,CC,sim $<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(SIM_CFLAGS) $(call includes,$<,sim) -MMD -MP -c -o $@ $<

$(O)/sim/plain/%.o: %.c $(O)/flags
	$(call say,CC,sim $<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(SIM_RELINKED) $(call includes,$<,sim) -MMD -MP -c -o $@ $<

# Another build may have fetched it already.
SIM_SOURCE ?= $(O)/sim/source
$(SIM_SOURCE)/packages: .ci/sysroot
	$(Q).ci/sysroot sim $(@D)

$(O)/sim/ck/%.o: $(SIM_SOURCE)/packages $(O)/flags $(wildcard stress/sim/ck/*.h)
	$(call say,CC,sim $*.c)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(OPTIMISE) -g $(PLACELESS) $(SIM_CFLAGS) -w $(INLINE_sim:%=-I%) $(CONFIG_CFLAGS) \
	    -c -o $@ $(<D)/$*.c

# First what is instrumented, its memory functions renamed; then all of it, most names made local.
# $(1): the instrumented objects, $(2): the simulator
define link_simulator
$(LD) -r -o $(2).instrumented $(1); \
objcopy $(foreach name,memcpy memmove memset,--redefine-sym $(name)=sim_$(name)) $(2).instrumented; \
$(LD) -r -o $(2) $(2).instrumented $(SIM_PLAIN_OBJECTS); \
rm $(2).instrumented; \
objcopy --redefine-sym bench_run=sim_bench_run --redefine-sym micro_run=sim_micro_run \
    --redefine-sym framelab_variants=sim_variants $(2); \
objcopy --wildcard $(foreach name,$(SIM_NAMES),--keep-global-symbol='$(name)') $(2)
endef

$(SIM_OWN:%.c=$(O)/%.o): SAYS := $(SIM_RELINKED)
SIM_TEST_OBJECTS := $(patsubst %.c,$(O)/sim/%.o,$(call sources,stress/unit/simulated))
$(O)/sim/test_simulator.o: $(SIM_TEST_OBJECTS)
$(O)/sim/simulator.o $(O)/sim/test_simulator.o: $(SIM_INSTRUMENTED_OBJECTS) $(SIM_PLAIN_OBJECTS) stress/sim/sim.mk
	$(call say,LINK,$@)
	$(Q)set -e; $(call link_simulator,$(filter-out $(SIM_PLAIN_OBJECTS) %.mk,$^),$@)

-include $(SIM_TEST_OBJECTS:.o=.d) $(SIM_INSTRUMENTED_OBJECTS:.o=.d) $(SIM_PLAIN_OBJECTS:.o=.d)
