#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The README's first table, made from the run that is kept: what `framelab table` says of it, but for rows with more
# harts than cores and for latencies. Marks and words stay as they are.
#
#   stress/check/readme-table.sh FRAMELAB          prints the README with that table in it
set -u
framelab=$(realpath "${1:?usage: stress/check/readme-table.sh FRAMELAB}")
cd "$(dirname "$0")/../.." || exit
table=$("$framelab" table results/reference/records.jsonl) || exit

# From the first line to the first table's end, and its legend.
first_table() {
    sed -n '1,/^$/p' <<<"$table" | sed '/^$/d'
    echo
    sed -n "/: time of one operation/,/: latency of one operation/p" <<<"$table" | sed "\$d" |
        grep -vE " [0-9]+\\* +[0-9│]" |
        awk '/^─/ { if (rule == $0) next; rule = $0; print; next } { rule = ""; print }'
    sed -n '/^ratio: /,/^null: /p' <<<"$table"
}

awk -v fresh="$(first_table)" '
    /^framelab [0-9.]* \(.* on .*/ && fenced { print fresh; skip = 1 }
    /^```/ { fenced = !fenced; if (skip) { skip = 0 } }
    !skip' README.md
