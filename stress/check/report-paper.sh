#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The report as a paper: LaTeX takes what `framelab report` makes of figures, and of texts that are hostile to it; and
# the numbers on its pages are those of the records.
#
#   stress/check/report-paper.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
#
# Status 77 without LaTeX (`make paper` installs it).
set -u
here=$(realpath "$(dirname "$0")")
framelab=$(realpath "${1:?usage: stress/check/report-paper.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")/framelab
rm -rf "${2:?usage: stress/check/report-paper.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}"
mkdir -p "$2"
cd "$2" || exit 1
# shellcheck source=stress/check/verdicts.sh
. "$here/verdicts.sh"

skip() { # reason
    echo "skip - the report as a paper: $1"
    exit 77
}
# A command that pdflatex has, and a font that it needs.
command -v pdflatex >/dev/null && kpsewhich lmodern.sty booktabs.sty >/dev/null ||
    skip "there is no LaTeX, or not all of it"
"$here/report-fixture.sh" "$framelab" fixture || { [ $? -eq 77 ] && skip "no figures could be made"; exit 1; }

for directory in figures hostile; do
    if "$here/../../papers/report/build.sh" "$framelab" "fixture/$directory" "$directory" >build.log 2>&1; then
        good=true; else good=false; fi
    outcome "$directory: a PDF" $good "$(tail -n 1 build.log)"
    outcome "$directory: no reference is open" "$([ -s "$directory/framelab.pdf" ] && ! grep -q \
        'undefined references\|LaTeX Warning: Ref' "$directory/framelab.log" && echo true ||
        echo false)" "see $directory/framelab.log"
done

if command -v pdftotext >/dev/null; then
    words() { pdftotext -raw "$1" - | sed "s/’/'/g" | tr -s ' \n' '  '; }
    words figures/framelab.pdf >figures.txt
    jq -r '.figures[].claims[] | .id + " " + .measured' fixture/figures/summary.json | while read -r id measured; do
        # Lines are broken anywhere between words, and at hyphens.
        if tr -d ' -' <figures.txt | grep -qF "$(tr -d ' -' <<<"$measured")"; then
            outcome "$id: what was measured" true ""; else outcome "$id: what was measured" false \
            "'$measured' is not on the pages"; fi
    done | tee claims.log
    ! grep -q '^not ok' claims.log || failed=1
    words hostile/framelab.pdf >hostile.txt
    outcome "hostile texts are read" "$(grep -qF '\undefined{%$#_^~}' <(tr -d ' \n' <hostile.txt) && echo true || echo \
        false)" "$(tail -n 1 hostile.txt | cut -c 1-200)"
else
    echo "skip - the numbers on the pages: there is no pdftotext (Debian: poppler-utils)"
fi
exit $failed
