#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# P12 on the host: harts interrupted by real signals, until so many have landed in the middle of an operation.
#
#   stress/check/interrupts.sh FRAMELAB COUNT
#
# One run after the other, each with another seed, of every variant that an interrupt may enter.
set -u
framelab=${1:?usage: stress/check/interrupts.sh FRAMELAB COUNT}
wanted=${2:?usage: stress/check/interrupts.sh FRAMELAB COUNT}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
inside=0 refused=0 nested=0 seed=1
seconds=$((wanted > 100000 ? 60 : 3))
while [ $inside -lt "$wanted" ]; do
    if ! "$framelab" stress --interrupt --seed $seed --seconds $seconds --harts 2 >"$out" 2>&1; then
        cat "$out"
        echo "not ok - P12, seed $seed"
        exit 1
    fi
    sums=$(sed -n 's/^ *interrupts: [0-9]*, \([0-9]*\) inside an operation; \([0-9]*\) handlers interrupted, \([0-9]*\) .*/\1 \2 \3/p' "$out" |
        awk '{ inside += $1; nested += $2; refused += $3 } END { print inside + 0, nested + 0, refused + 0 }')
    read -r more more_nested more_refused <<<"$sums"
    if [ "$more" -eq 0 ]; then
        echo "not ok - P12, seed $seed: no interrupt landed inside an operation"
        exit 1
    fi
    inside=$((inside + more)) nested=$((nested + more_nested)) refused=$((refused + more_refused)) seed=$((seed + 1))
done
echo "ok - P12: $inside interrupts inside an operation, $nested of handlers, $refused allocations refused inside"
[ $nested -gt 0 ] && [ $refused -gt 0 ] || {
    echo "not ok - P12: handlers are interrupted, and refused, too"
    exit 1
}
