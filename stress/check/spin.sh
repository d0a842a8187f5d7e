#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The models of stress/spin, by Spin: each holds in every state that it can reach, and with a step left out is violated.
#
#   stress/check/spin.sh [--long] [MODEL...]
#
# A model's opening comment has a line a run: `holds:` or `violated:` with definitions and then words on them, and
# `long:` for what holds and takes long, which is run with --long. A run that does not get to its end, for its memory or
# its depth, is not ok whatever was found. Without spin: status 77.
set -u
which='holds|violated'
if [ "${1:-}" = --long ]; then
    which+='|long'
    shift
fi
cd "$(dirname "$0")/../spin" || exit
command -v spin >/dev/null || { echo "skip - spin is not there (Debian package spin)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
[ $# -gt 0 ] || set -- *.pml

search() { # model definitions optimisation: the output of the search
    # shellcheck disable=SC2086 # several words on purpose
    (cd "$work" && rm -f pan* ./*.trail && spin -a $2 "$models/$1" && cc "$3" -w -DSAFETY -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c &&
        ./pan -m1000000) 2>&1
}

models=$PWD
for model; do
    runs=0
    while read -r expected definitions; do
        [ "$expected" != long: ] || expected=holds:
        definitions=$(grep -oE '^(-D[A-Z_]+(=[0-9]+)? *)+' <<<"$definitions" | sed 's/ *$//')
        optimisation=-O1
        [ "$expected" = holds: ] || optimisation=-O0 # it is soon found
        log=$(search "$model" "$definitions" $optimisation)
        states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' <<<"$log")
        case $log in
        *'max search depth too small'* | *'out of memory'* | *'memory limit'*) found=incomplete ;;
        *'errors: 0'*) found=holds ;;
        *'errors: 1'*) found=violated ;;
        *) found='not to be built' ;;
        esac
        if [ "$found" = "${expected%:}" ]; then
            echo "ok - ${model%.pml} $definitions: $found, $states states"
        else
            echo "not ok - ${model%.pml} $definitions: $found, ${expected%:} was expected"
            tail -n 20 <<<"$log"
            failed=1
        fi
        runs=$((runs + 1))
    done < <(sed -nE "s/^ \* (($which): .*)/\1/p" "$model" | sed 's, *\*/$,,')
    # A model that says nothing of how it is to be run, or that nothing violates, shows nothing.
    grep -q '^ \* holds: ' "$model" && grep -q '^ \* violated: ' "$model" && [ $runs -gt 1 ] ||
        { echo "not ok - $model: it names no run that holds and none that is violated" && failed=1; }
done
exit $failed
