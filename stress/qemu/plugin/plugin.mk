# SPDX-License-Identifier: MIT
# The plugin for QEMU, for this machine's own processor. QEMU's header for plugins is in no package; .ci/sysroot has it
# from the sources of the machine's own QEMU. Where there are none it says so, and nothing else fails for that: what
# needs the plugin says that it is not there.

PLUGIN := $(O)/qemu/plugin/count.so
PLUGIN_SOURCES := $(wildcard stress/qemu/plugin/*.c)

.PHONY: plugin
plugin: $(PLUGIN) ## build the plugin that counts what harts do in QEMU (`make qemu` does, too)
	$(Q)[ -f $(PLUGIN) ] || exit 77

$(O)/qemu/plugin/include/packages: .ci/sysroot
	$(Q).ci/sysroot plugin $(@D) && touch $@ || [ $$? -eq 77 ]

$(PLUGIN): $(PLUGIN_SOURCES) $(wildcard stress/qemu/plugin/*.h) stress/qemu/contract.h stress/qemu/plugin/plugin.mk \
           $(O)/qemu/plugin/include/packages
	$(Q)[ ! -f $(O)/qemu/plugin/include/packages ] || { $(if $(V),set -x,echo '  LINK     $@'); \
	    $(CC) -std=gnu11 -O2 -g $(WARNINGS) $(PLACELESS) -fPIC -shared -isystem $(O)/qemu/plugin/include \
	        -Istress/qemu/plugin -Istress/qemu -o $@ $(PLUGIN_SOURCES); }
