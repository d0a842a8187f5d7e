# SPDX-License-Identifier: MIT
# What `make install` puts where, and `make uninstall` removes.

# What a program that links libframelab.a includes: the host's headers, and all that these include.
PUBLIC := $(filter-out %/reclaim_urcu.h,$(wildcard stress/host/*.h)) stress/variants.h \
          baseline/baseline.h lockfree/lockfree.h
PUBLIC_HEADERS = $(sort $(filter %.h,$(shell $(CC) $(CONFIG_CFLAGS) $(call include_all,host) -MM -x c $(PUBLIC))))

.PHONY: install uninstall
INSTALLED_PAPERS := report $(patsubst papers/%/figure.json,%,$(wildcard papers/*/figure.json))
install: all ## install the command, the library, its headers, manual page and figures; kernels and plugin, if built
	$(Q)install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin lib/pkgconfig include/framelab share/man/man1 \
	    $(INSTALLED_PAPERS:%=share/framelab/papers/%))
	$(Q)install -m 755 $(O)/framelab $(DESTDIR)$(PREFIX)/bin/
	$(Q)install -m 644 $(O)/libframelab.a $(DESTDIR)$(PREFIX)/lib/
	$(Q)install -m 644 $(PUBLIC_HEADERS) $(DESTDIR)$(PREFIX)/include/framelab/
	$(Q)install -m 644 stress/package/framelab.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	$(Q)set -e; for kernel in $(wildcard $(KERNEL_ARCHITECTURES:%=$(O)/qemu/%/kernel.elf)); do \
	    to=$(DESTDIR)$(PREFIX)/share/framelab/$${kernel#$(O)/}; \
	    install -D -m 644 $$kernel $$to; install -m 644 $$kernel.txt $$to.txt; done
	$(Q)[ ! -f $(PLUGIN) ] || install -D -m 755 $(PLUGIN) $(DESTDIR)$(PREFIX)/lib/framelab/$(notdir $(PLUGIN))
	$(Q)install -m 644 $(wildcard papers/*.*) $(DESTDIR)$(PREFIX)/share/framelab/papers/
	$(Q)$(foreach folder,$(INSTALLED_PAPERS),install -m 644 $(wildcard papers/$(folder)/*) \
	    $(DESTDIR)$(PREFIX)/share/framelab/papers/$(folder)/;)
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIB_LIBS)|' stress/package/framelab.pc.in \
	    > $(DESTDIR)$(PREFIX)/lib/pkgconfig/framelab.pc

uninstall: ## remove what `make install` put there
	$(Q)rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/framelab lib/libframelab.a share/man/man1/framelab.1 \
	    lib/pkgconfig/framelab.pc)
	$(Q)rm -rf $(addprefix $(DESTDIR)$(PREFIX)/,include/framelab lib/framelab share/framelab)
