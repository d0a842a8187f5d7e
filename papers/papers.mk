# SPDX-License-Identifier: MIT
# Figures of papers: run, kept, shown.

.PHONY: figures
figures: deps $(O)/framelab qemu ## the figures of papers, in results/latest-figures: make figures ARGS=--full
	$(Q)$(O)/framelab figures $(or $(ARGS),--quick)

# The last campaign, as it came but for the path of this folder, becomes the one that is kept in git: records
# compressed, pictures, verdicts; and what documents quote of it is brought up to date. Run it behind
# `make figures ARGS="--quick --varied"` on a quiet machine.
KEPT := results/reference/figures
.PHONY: reference
reference: $(O)/framelab ## keep the last `make figures` as results/reference/figures
	$(Q)test -s $(LATEST)-figures/summary.json || { echo 'there is no $(LATEST)-figures: make figures' >&2; exit 2; }
	$(Q)rm -rf $(KEPT)/*/ && cp $(LATEST)-figures/summary.json $(KEPT)/
	$(Q)set -e; for figure in $$(jq -r '.figures[] | select(.status == "made") | .key' $(KEPT)/summary.json); do \
	    from=$(LATEST)-figures/$$figure; mkdir -p $(KEPT)/$$figure; \
	    cp $$from/figure.svg $$from/figure.pdf $$from/series.json $$from/tables.md $$from/verdicts.json \
	        $(KEPT)/$$figure/; \
	    sed 's|$(CURDIR)/||g' $$from/records.jsonl | gzip -9n > $(KEPT)/$$figure/records.jsonl.gz; \
	done
	$(Q)$(MAKE) -s quotes O=$(O)

.PHONY: quotes
quotes: # what documents quote of the run that is kept
	$(Q)mkdir -p $(O); set -e; for document in $$(stress/check/quotes.sh); do \
	    stress/check/quotes.sh $$document > $(O)/quoting.md; cp $(O)/quoting.md $$document; done

# Draws those kept pictures again, of their kept records, where a program that draws them has changed.
REDRAWN := $(O)/redrawn
.PHONY: redraw
redraw: deps $(O)/framelab ## draw the kept figures again, of their records: nothing is measured
	$(Q)$(O)/framelab figures --redraw $(KEPT) --out $(REDRAWN)
	$(Q)set -e; cp $(REDRAWN)/summary.json $(KEPT)/; for figure in $(REDRAWN)/*/; do \
	    cp $$figure/figure.svg $$figure/figure.pdf $$figure/series.json $$figure/tables.md \
	        $(KEPT)/$$(basename $$figure)/; \
	done

# What the last `make figures` found, or else the reference run; another: make report FIGURES=DIR.
FIGURES ?= $(firstword $(patsubst %/summary.json,%,$(wildcard results/latest-figures/summary.json \
             results/reference/figures/summary.json)) results/latest-figures)
.PHONY: report paper paper-deps
report: $(O)/framelab ## those figures as one page, results/latest-figures/report.html
	$(Q).ci/dependencies figures
	$(Q)$(O)/framelab report $(FIGURES)

paper: paper-deps $(O)/framelab ## the same as a paper, build/paper/framelab.pdf; installs LaTeX
	$(Q)papers/report/build.sh $(O)/framelab $(FIGURES) $(O)/paper

paper-deps:
	$(Q).ci/dependencies paper
