#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Plays what has failed before, by stress/check/failing-seeds: a line each, the options of `framelab stress` that its
# record names (`violation.replay`), and why it is there. It must hold now. `make check` plays them first.
#
#   stress/check/failing-seeds.sh FRAMELAB [FILE]
#
# To add one: jq -r 'select(.violation).violation.replay' FILE.jsonl | sed 's/^framelab stress //'
# >>stress/check/failing-seeds A seed is an execution as long as what a seed means stays the same; after that it is one
# more execution of that program.
set -u
framelab=${1:?usage: stress/check/failing-seeds.sh FRAMELAB [FILE]}
list=${2:-$(dirname "$0")/failing-seeds}
failed=0 skipped=0

play() { # line
    local arguments=()
    eval "arguments=(${1%%#*})" # words in quotes are one
    timeout -k 5 60 "$framelab" stress "${arguments[@]}" >/dev/null 2>&1 </dev/null
}

while IFS= read -r line; do
    [[ $line =~ ^[[:space:]]*(#|$) ]] && continue
    play "$line"
    case $? in
    0) echo "ok - $line" ;;
    77) skipped=$((skipped + 1)) ;;
    *) echo "not ok - $line" && failed=1 ;;
    esac
done <"$list"
[ $skipped -eq 0 ] || echo "skip - $skipped on platforms that this build does not have"

# One that fails would be seen: P9 of baseline.
play '--platform sim --freeze --variant baseline --seed 1'
case $? in
1) echo "ok - negative control: one that fails is seen" ;;
77) echo "skip - negative control: no simulated harts" ;;
*) echo "not ok - negative control: one that fails is not seen" && failed=1 ;;
esac
exit $failed
