#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# By how much simulated time is off: two harts over one, the same requests on both sides, on this host and on simulated
# harts of a machine that `framelab calibrate` makes of this host. Nothing is fitted to what is foretold.
#
#   stress/check/foretell.sh BUILD_DIRECTORY OUT_DIRECTORY [BLOCKS]
#
# A block is a process for each side of it: calibrate, bench, calibrate. A hypervisor may move virtual processors
# between blocks, and a line then takes five times as long from one to the other: blocks between whose two
# calibrations that changed, or which differ from most others, are kept in the records and left out of the table.
# The lock is a spinning one on both sides: the mutex that baseline has by default on a host sleeps, and simulated harts
# have none. What is written: host.jsonl, calibrations.jsonl, machine.json, sim.jsonl, table.md, error.json.
# shellcheck disable=SC2054 # lists of options hold commas
set -eu
framelab=$(realpath "${1:?usage: stress/check/foretell.sh BUILD_DIRECTORY OUT_DIRECTORY [BLOCKS]}")/framelab
out=${2:?usage: stress/check/foretell.sh BUILD_DIRECTORY OUT_DIRECTORY [BLOCKS]}
blocks=${3:-20}
rows=$(realpath "$(dirname "$0")")/foretell.jq
mkdir -p "$out"
cd "$out"
rm -f host.jsonl calibrations.jsonl machine.json sim.jsonl table.md error.json
if [ "$(nproc)" -lt 2 ]; then
    echo "foretell: two cores are needed, here is one" >&2
    exit 77
fi

requests=${FORETELL_REQUESTS:-4000}
memory=${FORETELL_MEMORY:-32G}
# shellcheck disable=SC2054 # commas are in values
common=(--variant baseline,lock=ticket --variant lockfree --harts 1,2 --requests "$requests" --memory "$memory"
    --repeat 1 --seed 1 --no-latency --format json)
scattered=(--workload bulk --workload rand --workload repeat --workload burst --workload walk --order 0,3,9)
single=(--workload zeroed --workload fill --workload adversary --order 0)

calibrate() { # block when
    "$framelab" calibrate --repeat 21 2>/dev/null |
        jq -c --argjson block "$1" --arg when "$2" '{block: $block, when: $when, machine: .}' >>calibrations.jsonl
}

measure() { # block bench-arguments...
    local block=$1
    shift
    "$framelab" bench "$@" 2>/dev/null | jq -c --argjson block "$block" '.foretell_block = $block' >>host.jsonl
}

for block in $(seq 1 "$blocks"); do
    printf '\rfrom the host: block %s of %s ' "$block" "$blocks" >&2
    calibrate "$block" before
    measure "$block" "${scattered[@]}" "${common[@]}"
    measure "$block" "${single[@]}" "${common[@]}"
    calibrate "$block" after
done
jq -s -f "$rows" --arg want machine calibrations.jsonl >machine.json
printf '\rsimulated                        ' >&2
"$framelab" bench --platform sim --machine ./machine.json "${scattered[@]}" "${common[@]}" >sim.jsonl 2>/dev/null
"$framelab" bench --platform sim --machine ./machine.json "${single[@]}" "${common[@]}" >>sim.jsonl 2>/dev/null
printf '\r' >&2
jq -n -f "$rows" --arg want error --slurpfile calibrations calibrations.jsonl --slurpfile host host.jsonl \
    --slurpfile sim sim.jsonl >error.json
jq -r -f "$rows" --arg want table error.json >table.md
cat table.md
