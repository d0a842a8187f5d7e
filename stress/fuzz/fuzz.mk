# SPDX-License-Identifier: MIT
# The fuzzer: all that reads a device tree, by clang with its libFuzzer and sanitizers.

FUZZED := stress/fuzz/fuzz_memory_map.c $(filter-out core/$(OTHER_ROOM).c,$(call sources,core core/boot)) \
          stress/host/platform.c

$(O)/fuzz_memory_map: $(FUZZED) $(wildcard $(addsuffix /*.h,$(CORE) stress/unit)) $(O)/flags
	$(call say,FUZZER,$@)
	$(Q)clang -std=gnu11 -fsanitize=fuzzer,address,undefined -DFRAMELAB_LIBFUZZER -g -O1 -pthread $(CONFIG_CFLAGS) \
	    $(call include_all,host) -o $@ $(FUZZED) $(LIB_LIBS)

.PHONY: fuzz
fuzz: $(O)/fuzz_memory_map ## any bytes read as a device tree, for a minute or ARGS=-max_total_time=600
	$(Q)$(O)/fuzz_memory_map $(or $(ARGS),-max_total_time=60)
