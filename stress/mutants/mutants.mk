# SPDX-License-Identifier: MIT
# A mutant is the framelab command, or a test program, with one deliberate bug: the .c files that a patch names are
# patched in a scratch folder and compiled; everything else is the object files of the ordinary build.

MUTANTS := $(filter-out qemu-% $(if $(WITH_SIM),,sim-%),\
             $(patsubst stress/mutants/%.patch,%,$(wildcard stress/mutants/*.patch)))

# A mutant's records say that its sources differ from the commit.
MUTANT_OF := -e 's|$(O)/results/provenance.o|$(O)/mutants/provenance.o|'
$(O)/mutants/version.h: $(O)/version.h
	$(Q)mkdir -p $(@D)
	$(Q)sed 's/\(#define FRAMELAB_DIRTY\) .*/\1 1/' $< > $@
$(O)/mutants/provenance.o: results/provenance.c $(O)/mutants/version.h $(O)/flags
	$(Q)$(CC) $(BASE_CFLAGS) $(call includes,$<) -include $(O)/mutants/version.h -c -o $@ $<

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
	    objects=$$(echo "$$objects" | sed -e "s|$(1)/$$object|$(@D)/$$object|" $(MUTANT_OF)); \
	done; \
	$(3)
endef

# $(1): more libraries
mutate_program = $(call mutate,$(O),$(CC) $(BASE_CFLAGS) $(call include_all,host),\
    $(CC) $(BASE_CFLAGS) $(LDFLAGS) $(SIM_LINK) -o $@ $$objects $(LIB_LIBS) $(COMMAND_LIBS) $(1) -lm)

define mutate_simulator
$(call mutate,$(O)/sim,$(CC) $(BASE_CFLAGS) $(SIM_CFLAGS) $(call include_all,sim),\
    $(call link_simulator,$$(echo "$$objects" | tr ' ' '\n' | grep -v '^$(O)/stress/sim/\|^$(O)/sim/plain/'),\
      $(@D)/simulator.o); \
    $(CC) $(BASE_CFLAGS) $(LDFLAGS) $(SIM_LINK) -o $@ $$(echo '$(COMMAND_OBJECTS)' | sed $(MUTANT_OF)) \
        $(@D)/simulator.o $(O)/libframelab.a \
        $(LIB_LIBS) $(COMMAND_LIBS) -lm)
endef

$(O)/mutants/%/framelab: stress/mutants/%.patch $(COMMAND_OBJECTS) $(SIMULATOR) $(LIB_OBJECTS) \
                         | $(O)/mutants/provenance.o
	$(call mutate_program)

# Those called sim-* are bugs in the code that simulated harts run.
$(O)/mutants/sim-%/framelab: stress/mutants/sim-%.patch $(SIM_INSTRUMENTED_OBJECTS) $(SIM_PLAIN_OBJECTS) \
                             $(O)/libcommand.a $(O)/libframelab.a | $(O)/mutants/provenance.o
	$(call mutate_simulator)

# $(1): test, $(2): what it is linked with
define mutant_of_test
$(O)/mutants/%/$(1): stress/mutants/%.patch $(O)/stress/unit/$(1).o $(2) $(LIB_OBJECTS) | $(O)/mutants/provenance.o
	$$(call mutate_program,-lcmocka)
endef
$(foreach test,$(notdir $(UNIT_TESTS)),$(eval $(call mutant_of_test,$(test),$(TESTED))))
# With HOOKS=1 only.
$(foreach test,$(notdir $(HOOKED_TESTS)),$(eval $(call mutant_of_test,$(test),$(TESTED_WITH_HOOKS))))

# Kernels with one deliberate bug; two kernels may share an object. $(1): kernel, $(2): its architecture
define mutant_of_kernel
$(O)/qemu/$(1)/mutants/%/kernel.elf: stress/mutants/%.patch $(O)/qemu/$(1)/kernel.elf $$(KERNEL_OBJECTS_$(1))
	$$(call mutate,$(O)/qemu/[^/ ]*,$$(KERNEL_COMPILE_$(1)) $$(call kernel_include_all,$(2)),\
	    $$(KERNEL_LINK_$(1)) -o $$@ $$$$objects $$(KERNEL_LIBS_$(1)))
endef
$(foreach kernel,$(KERNELS),$(eval $(call mutant_of_kernel,$(kernel),$(firstword $(subst -, ,$(kernel))))))
