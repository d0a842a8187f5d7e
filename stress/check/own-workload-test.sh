#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A workload is one file, and no other is edited for it: the one of stress/package/workload is copied under another
# name, built with OWN_WORKLOAD=, and found in the list, in records of host, simulated harts and QEMU, and in what is
# made of these. What is wrong with such a file is one clear line.
#
#   stress/check/own-workload-test.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
set -u
build=$(realpath "${1:?usage: stress/check/own-workload-test.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")
scratch=${2:?usage: stress/check/own-workload-test.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}
cd "$(dirname "$0")/../.." || exit 1
variable=OWN_WORKLOAD own=mine.c
# shellcheck source=stress/check/own.sh
. stress/check/own.sh

# On a platform: both steps have records, with the option, the phases' names and what is told; and the table tells them
# apart.
found_on() { # platform how-a-table-names-a-row ARGUMENT...
    local records=$scratch/$1.jsonl rows=$2
    shift 2
    ends 0 "" bench "$@" --variant lockfree --workload mine --step 0,1 --harts 2 --memory 64M --repeat 1 \
        --requests 200 --seed 1 --out "$records"
    jq -e -s 'map(select(.variant == "lockfree" and .workload == "mine") | [.step, .moved.frames, .phases[].name]) ==
        [[0, 0, "alloc +0", "free +0"], [1, 400, "alloc +1", "free +1"]]' "$records" >"$out" 2>&1
    verdict $? "records: $*"
    for step in 0 1; do
        "$build/framelab" table "$records" >"$out" 2>&1 && grep -q -- "${rows//STEP/$step}" "$out"
        verdict $? "a table, by a command that does not know it: ${rows//STEP/$step}"
    done
}

# Object files come along with their times, so that only what is new is compiled.
rm -rf "$copy"
mkdir -p "$copy/sim" "$copy/qemu"
cp -a "$build"/{flags,config.mk,version.h,own_variants.h,workloads.h} "$copy"
cp -a "$build"/{core,lockfree,baseline,stress,results,papers} "$copy"
cp -a "$build"/sim/{core,lockfree,baseline,stress,plain,ck,source} "$copy/sim"
cp -a "$build/qemu/riscv64" "$copy/qemu"

# As stress/workload/README.md says.
sed 's/neighbour/mine/g' stress/package/workload/neighbour.c >"$own"
own_make "$copy/framelab"
verdict $? "it builds"
ends 0 "^  mine .* each hart allocates N, then frees the N of another hart" list
ends 0 "^    step  .* 1  .* 0 .. 511 " list
ends 0 "^option,step,mine,1,0 .. 511,Whose" list --format csv
ends 0 "--step=LIST +Whose frames" bench --help
ends 2 "--step is a list of 0 to 511, not '512'" bench --workload mine --step 512
ends 2 "--step is of workloads that are not asked for" bench --workload bulk --step 1
found_on host "mine alloc +STEP" --platform host
found_on sim "mine alloc +STEP" --platform sim
ends 0 "0 worse, 0 better, [1-9][0-9]* equal" compare "$scratch/sim.jsonl" "$scratch/sim.jsonl"

# A kernel, of objects that are there.
if [ -e "$copy/qemu/riscv64/kernel.elf" ]; then
    own_make "$copy/qemu/riscv64/kernel.elf"
    verdict $? "a kernel with it builds"
    found_on qemu "mine, step STEP" --platform qemu
else
    echo "skip - no kernel for QEMU is built"
fi

# What it may not do.
sed -i 's/{"step"/{"order"/' "$own"
own_make "$copy/framelab"
ends 2 "a workload has an option that is one of this command" bench
sed -i 's/{"order"/{"step"/; s/{\\"frames\\":%llu}/{%llu}/' "$own"
own_make "$copy/framelab"
ends 1 "what mine tells of itself is not JSON" bench --workload mine --harts 1 --memory 64M --repeat 1

# It goes as it came.
make -s -j2 O="$copy" "$copy/framelab" >"$out" 2>&1
ends 2 "there is no workload 'mine'" bench --workload mine

refused "there is no such file" "$scratch/nowhere.c"
echo 'static const struct workload_kind mine_workload;' >"$scratch/none.c"
refused 'no line there begins with `const struct workload_kind NAME_workload = {`' "$scratch/none.c"

exit $failed
