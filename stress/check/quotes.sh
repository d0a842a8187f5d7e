#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A document with what it quotes of the reference run of the figures: papers/quotes.jq says how.
#
#   stress/check/quotes.sh                 names all documents that quote
#   stress/check/quotes.sh DOCUMENT        prints it as it must be
set -eu
cd "$(dirname "$0")/../.."
kept=results/reference/figures

if [ $# -eq 0 ]; then
    git grep -l '<!-- kept: [a-z-]' -- '*.md'
    exit
fi
{
    cat $kept/summary.json
    for series in "$kept"/*/series.json; do
        jq --arg key "$(basename "$(dirname "$series")")" \
            '{($key): {tables, published: [.series[] | select(.kind == "published") | .x[]] | length}}' "$series"
    done
} | jq -js --rawfile document "$1" --arg key "$(sed -n 's|^papers/\([^/]*\)/README.md$|\1|p' <<<"$1")" \
    -f papers/quotes.jq
