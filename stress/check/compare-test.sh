#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `make compare` itself, made small: it measures every row, shows the tables, and leaves records and pictures that
# the other sub-commands read.
#
#   stress/check/compare-test.sh BUILD_DIRECTORY
set -u
cd "$(dirname "$0")/../.." || exit
build=${1:?usage: stress/check/compare-test.sh BUILD_DIRECTORY}
framelab=$build/framelab
out=$build/check/compare
# shellcheck source=stress/check/verdicts.sh
. stress/check/verdicts.sh

# Rows: 3 workloads, 2 orders, so many hart counts; each with 3 variants and 2 repeats. The controls are on top.
every_row_is_there() {
    local counts got want
    counts=$(.ci/hart-counts | tr ',' '\n' | wc -l)
    want=$((3 * 2 * counts * 3 * 2))
    got=$(grep '"type": *"bench"' "$out/records.jsonl" | grep -cvE '"variant": *"(null|cas)"')
    echo "$got records of $want"
    [ "$got" -eq "$want" ]
}

table_names_all() {
    local name
    for name in baseline:origin baseline lockfree bulk rand repeat; do
        grep -q -- "$name" "$out/table.txt" || { echo "no $name in the table" && return 1; }
    done
}

pictures_are_drawn() {
    [ "$(find "$out" -name '*.svg' -size +2k | wc -l)" -gt 0 ] &&
        [ "$(find "$out" -name '*.png' -size +2k | wc -l)" -gt 0 ]
}

make_compare() {
    make -s compare O="$build" LATEST="$out" ARGS='--memory 64M --repeat 2 --seed 1' >"$out/table.txt"
}

rm -rf "$out" && mkdir -p "$out"
check "make compare runs" make_compare
check "every row was measured" every_row_is_there
check "the table names variants and workloads" table_names_all
check "pictures are drawn" pictures_are_drawn
# 3 workloads, 2 orders, 5 hart counts, 5 repeats, 2 variants.
check "QEMU's counts are there" test "$(grep -c '"type":"bench"' "$out/qemu.jsonl")" -eq 300
check "and are shown" grep -q 'qemu, riscv64, icount: counted, not timed' "$out/table.txt"
# Two processes are too few for any verdict, and that is status 3: never that nothing changed.
two_are_too_few() {
    local said
    said=$("$framelab" compare "$out/records.jsonl" "$out/records.jsonl")
    [ $? -eq 3 ] && grep -q '^0 of .* rows judged' <<<"$said"
}
check "of two processes a side nothing is judged" two_are_too_few
check "QEMU's counts are no worse than themselves" "$framelab" compare "$out/qemu.jsonl" "$out/qemu.jsonl"
exit $failed
