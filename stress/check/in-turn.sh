#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two binaries in turn, live, with a program beside them that keeps a core busy: of one binary against itself nothing is
# said to have changed, and either at least half of the rows are judged or the status is 3; of one that makes a known
# number of instructions more in every allocation, it is never said that nothing did. What came out is printed.
#
#   stress/check/in-turn.sh BUILD_DIRECTORY SCRATCH_DIRECTORY [COMPARISONS]
set -u
build=$(realpath "${1:?usage: stress/check/in-turn.sh BUILD_DIRECTORY SCRATCH_DIRECTORY [COMPARISONS]}")
scratch=${2:?usage: stress/check/in-turn.sh BUILD_DIRECTORY SCRATCH_DIRECTORY [COMPARISONS]}
comparisons=${3:-20}
cd "$(dirname "$0")/../.." || exit 1
. stress/check/verdicts.sh
rm -rf "$scratch" && mkdir -p "$scratch/slow" || exit 1
scratch=$(realpath "$scratch")
framelab=$build/framelab
more=64 # instructions

measure=(--harts 1 --workload bulk --workload repeat --memory 256M --requests 20000 --no-latency)

# The same source with so many instructions more at the beginning of an allocation.
build_slow() {
    local body='enum frame_status frame_alloc_[a-z]*(.*)$'
    local nops="__asm__ volatile(\".rept $more\\\\n\\\\tnop\\\\n\\\\t.endr\");"
    git ls-files -z | xargs -0 cp --parents -t "$scratch/slow" && cp -a "$build" "$scratch/slow/build" || return
    sed -i "/^$body/{n;s/^{/&\n    $nops/}" "$scratch/slow/core/allocator.c"
    [ "$(grep -c '\.rept' "$scratch/slow/core/allocator.c")" -ge 2 ] &&
        make -s -C "$scratch/slow" O=build build/framelab
}

# judge FILE: what a comparison at 1 % found, as "status false judged compared".
judge() {
    "$framelab" compare --alpha 0.01 --format json "$1" >"$scratch/out.json"
    local status=$?
    jq -r --arg status $status '([.rows[], .means[]] | map(select(.verdict == "REGRESSION" or .verdict == "faster")) |
        length) as $found | [$status, $found, .judged, .compared] | join(" ")' "$scratch/out.json"
}

# Rows that say "within threshold" of an allocation.
none_said() {
    jq -r '[.rows[] | select(.phase == "alloc" and .variant == "lockfree" and .verdict == "within threshold")] |
        length' "$scratch/out.json"
}

same() {
    local i status found judged compared false=0 unsaid=0
    for ((i = 0; i < comparisons; i++)); do
        "$framelab" bench --against "$scratch/copy" "${measure[@]}" --repeat 20 --out "$scratch/same.jsonl" \
            >"$scratch/said" 2>&1
        read -r status found judged compared < <(judge "$scratch/same.jsonl")
        echo "A/A $((i + 1)): status $status, $found of $judged judged rows of $compared changed"
        false=$((false + (found > 0)))
        unsaid=$((unsaid + (2 * judged < compared && status != 3)))
    done
    echo "A/A: $false of $comparisons with a false verdict; $unsaid judged less than half and did not say so"
    # With 1 % of each, more than two of twenty come in one run of a thousand.
    [ "$false" -le 2 ] && [ $unsaid -eq 0 ]
}

slower() {
    local i status found judged compared none=0 seen=0
    for ((i = 0; i < 5; i++)); do
        "$scratch/slow/build/framelab" bench --against "$framelab" "${measure[@]}" --repeat 20 \
            --out "$scratch/slow.jsonl" >"$scratch/said" 2>&1
        read -r status found judged compared < <(judge "$scratch/slow.jsonl")
        echo "A/B $((i + 1)): status $status, $found of $judged judged rows of $compared changed"
        seen=$((seen + (status == 1)))
        none=$((none + (status == 0) + $(none_said)))
    done
    echo "A/B, $more instructions more: a regression in $seen of 5, said not to be there in $none"
    [ $none -eq 0 ]
}

cp "$framelab" "$scratch/copy"
check "the same source with $more instructions more is built" build_slow
while :; do :; done &
busy=$!
trap 'kill $busy' EXIT
taskset -pc 0 $busy >/dev/null
if same >"$scratch/same.log"; then held=true; else held=; fi
outcome "of one binary against itself nothing is said to have changed" "$held" "$(cat "$scratch/same.log")"

if slower >"$scratch/slower.log"; then held=true; else held=; fi
outcome "a slower one is never said to be the same" "$held" "$(cat "$scratch/slower.log")"

sed 's/^/# /' "$scratch/same.log" "$scratch/slower.log"
exit $failed
