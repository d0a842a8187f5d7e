#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The report as a paper: OUT/framelab.pdf out of a directory of figures. `make paper` calls it.
#
#   papers/report/build.sh FRAMELAB FIGURES OUT
#
# Status 1 if there is no report to be made of FIGURES, or LaTeX failed; its words are then in OUT/framelab.log.
set -u
framelab=${1:?usage: papers/report/build.sh FRAMELAB FIGURES OUT}
figures=${2:?usage: papers/report/build.sh FRAMELAB FIGURES OUT}
out=${3:?usage: papers/report/build.sh FRAMELAB FIGURES OUT}
here=$(dirname "$0")
rm -rf "$out/figures" "$out/framelab.pdf"
mkdir -p "$out/figures"
"$framelab" report --format latex --out "$out/body.tex" "$figures" || exit 1
for picture in "$figures"/*/figure.pdf; do
    cp "$picture" "$out/figures/$(basename "$(dirname "$picture")").pdf" || exit 1
done
cp "$here/framelab.tex" "$out/" && cd "$out" || exit 1
# Tables that go over pages, and references, settle in three.
for _ in 1 2 3; do
    pdflatex -interaction=nonstopmode -halt-on-error framelab >messages 2>&1 || {
        echo "pdflatex: $(grep -m 1 '^!' messages); see $out/framelab.log" >&2
        exit 1
    }
done
