# SPDX-License-Identifier: MIT
# Figures of papers: run, kept, shown.

.PHONY: figures
figures: deps $(O)/framelab qemu ## the figures of papers, in results/latest-figures: make figures ARGS=--full
	$(Q)$(O)/framelab figures $(or $(ARGS),--quick)

# The last campaign, as it came but for the path of this folder, becomes the one that is kept in git: records
# compressed, pictures, verdicts; and papers/REPRODUCING.md is brought up to date. Run it behind
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
