#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Programs by every order within bounds (framelab stress --strategy exhaust): all hold, all are complete, each has
# accesses in conflict, and together they reach every function of the protocols.
#
#   stress/check/exhaustive.sh [--long] [--any] FRAMELAB
#
# The programs stand in stress/check/exhaustive; with --long also every pair of operations by two harts, on each kind of
# small machine that has what they need, under four kinds of memory. With --any, for mutants: ends with status 1 at the
# first counter-example, which it shows, with what it took; with 0 if there is none.
set -u
cd "$(dirname "$0")/../.." || exit
long=false any=false
while [[ ${1:-} = --* ]]; do
    case $1 in
    --long) long=true ;;
    --any) any=true ;;
    *) echo "exhaustive.sh: no option '$1'" >&2 && exit 2 ;;
    esac
    shift
done
framelab=${1:?usage: stress/check/exhaustive.sh [--long] [--any] FRAMELAB}
reached=' ' failed=0 executions=0

# What the rows have to reach, by protocol: the drain, the index, reclamation, hot-plug, harts that come and go.
required='harts_drain_begin wait_while cache_claim caches_empty harts_drain_end hart_enter hart_exit bypass_begin bypass_end
    index_claim index_drop index_put reclaim_try_pop shard_pop_chunk_with_run
    reclaim_enter reclaim_exit reclaim_cookie reclaim_defer limbo_push epoch_move ck_epoch_scan index_put_from_limbo
    walk_next node_fill node_empty first_entry
    leave join hart_cache_leave'

row() { # variant profile bound weak-or-fault program
    local options=(--variant "$1" --profile "$2" --bound "$3") out status count
    case $4 in
    -) ;;
    --*) options+=("$4") ;;
    *) options+=(--weak "$4") ;;
    esac
    out=$("$framelab" stress --platform sim --strategy exhaust "${options[@]}" --program "$5" 2>&1)
    status=$?
    count=$(sed -n 's/.* \([0-9]*\) executions .*/\1/p' <<<"$out" | head -n 1)
    executions=$((executions + ${count:-0}))
    if $any; then
        [ $status -eq 0 ] || { echo "$out" && echo "found after $executions executions: $*" && exit 1; }
        return
    fi
    if [ $status -ne 0 ] || ! grep -q '^  complete:' <<<"$out"; then
        echo "$out"
        echo "not ok - $*"
        failed=1
    elif ! grep -q '^  accesses in conflict: [a-z]' <<<"$out"; then
        echo "not ok - $*: no function has accesses in conflict, so this shows nothing"
        failed=1
    else
        echo "ok - $*: $count executions, $(sed -n 's/^  \([0-9]* granules.*execution\),.*/\1/p' <<<"$out")"
        reached+="$(sed -n 's/^  accesses in conflict: //p' <<<"$out") "
    fi
}

while read -r variant profile bound extra program; do
    case $variant in
    '' | '#'*) ;;
    *) row "$variant" "$profile" "$bound" "$extra" "$program" ;;
    esac
done <stress/check/exhaustive
if ! $any; then
    for function in $required; do
        [[ $reached = *" $function "* ]] || { echo "not ok - no row has an access in conflict in $function" && failed=1; }
    done
    echo "# functions with accesses in conflict:$reached" | tr ' ' '\n' | sort -u | tr '\n' ' '
    echo
fi

# Every pair: what hart 0 does and what hart 1 does. The prelude gives each hart a frame and a run of its own.
pairs() { # variant layout.setting prelude operations...
    local variant=$1 machine=$2 prelude=$3 first second
    shift 3
    for first; do
        for second; do
            # One of two that are the same but for who does it; each in slots of its own.
            [[ $first > $second ]] && continue
            local program="$machine; $prelude : ${first//@/0} | ${second//@/1}"
            row "$variant" sc 3 - "$program"
            row "$variant" tso 2 1 "$program"
            row "$variant" rmo 1 1 "$program"
            row "$variant" rcpc 1 1 "$program"
        done
    done
}

if $long; then
    # `@` is the hart's number: the prelude leaves slot 0 to hart 0 and slot 1 to hart 1, who allocate into 10 and 11.
    for setting in 0 1 3; do
        pairs lockfree "tiny.$setting" 'a0 a1' 'f@' 'd' 'i' 's' '+@ -@' 'L J0' 'A' 'A R' 'z1@' 'a1@' 'r1@.2.1'
        pairs lockfree "chunks.$setting" 'a0 a1 a2 a3 a4 a5' 'f@' 'd' 'a1@ f1@' 'r1@.2.0' 'L J0' 'A R'
        pairs lockfree "nodes.$setting" 'A a0 a1' 'f@' 'R' 'a1@' 'd' 'L J1'
    done
    pairs lockfree plug.5 'A r0.2.1 r1.2.1' 'f@' 'R' 'r1@.512.9' 'd' 'a1@'
    pairs lockfree,reclaim=tag chunks.1 'a0 a1 a2 a3 a4 a5' 'f@' 'd' 'a1@ f1@'
    pairs baseline,lock=ticket tiny.1 'a0 a1' 'f@' 'd' 'a1@' 'A R' 'r1@.2.1'
fi
echo "# $executions executions"
exit $failed
