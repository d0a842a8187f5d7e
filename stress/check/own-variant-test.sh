#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A user's own variant runs wherever ours do: one is made in a copy of the sources, baseline's functions but for a `take`
# of its own, built with OWN=, and put on host threads, on simulated clocks and through the schedules of explore mode.
# That its code is instrumented shows in a race: a counter that its harts share, first atomic, then plain.
#
#   stress/check/own-variant-test.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
set -u
build=$(realpath "${1:?usage: stress/check/own-variant-test.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")
copy=${2:?usage: stress/check/own-variant-test.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}
cd "$(dirname "$0")/../.." || exit 1
failed=0

# Object files come along with their times, so that only what is new is compiled.
rm -rf "$copy"
mkdir -p "$copy/build/sim" "$copy/mine"
cp -a Makefile .ci core lockfree baseline stress results papers "$copy"
cp -a "$build"/{flags,config.mk,version.h,core,lockfree,baseline,stress,results,papers} "$copy/build"
cp -a "$build"/sim/{core,lockfree,baseline,stress,plain,ck,source} "$copy/build/sim"
cd "$copy" || exit 1
sed -e 's/LOCKFREE_LOCKFREE/MINE_MINE/; s/lockfree_variant/mine_variant/' lockfree/lockfree.h >mine/mine.h
sed -i 's/^#include "lockfree.h"/&\n#include "mine.h"/; s/^    NULL,/    \&mine_variant,\n&/' stress/variants.c

# mine COUNTER-TYPE: writes the variant and builds it.
mine() {
    cat >mine/mine.c <<END
#include "mine.h"

#include "../baseline/vector.h"

static $1 takes;

static uint32_t mine_take(struct global *global, uint32_t hart, bool local, pfn_t *frames, uint32_t count)
{
    takes++;
    return vector_take(global, hart, local, frames, count);
}

END
    sed -n '/^const struct variant/,/^};/p' baseline/baseline.c |
        sed 's/baseline_variant/mine_variant/; s/"baseline"/"mine"/; s/vector_take,/mine_take,/' >>mine/mine.c
    make -s -j2 OWN=mine O=build build/framelab >make.log 2>&1 || tail -n 3 make.log
}

# ends STATUS PATTERN ARGUMENT...: the command ends so and says so.
ends() {
    local wanted=$1 pattern=$2 status
    shift 2
    timeout 60 build/framelab "$@" >out 2>&1 </dev/null
    status=$?
    if [ $status -eq "$wanted" ] && grep -qE -- "$pattern" out; then
        echo "ok - status $wanted, '$pattern': $*"
    else
        echo "not ok - status $wanted, '$pattern': $*: status $status, $(tail -n 1 out)"
        failed=1
    fi
}

mine "_Atomic unsigned"
ends 0 "mine .* holds" stress --variant mine --operations 20000 --harts 2 --memory 64M --seed 1
ends 0 "mine" bench --variant mine --harts 2 --memory 64M --repeat 1 --requests 200 --workload bulk --no-latency
ends 0 "mine" bench --platform sim --variant mine --harts 1,8 --memory 1G --repeat 1 --requests 100 --seed 1 --no-latency
ends 0 "mine .* holds" stress --platform sim --variant mine --executions 1000 --seed 1
mine "unsigned"
ends 1 "violated: race" stress --platform sim --variant mine --executions 1000 --seed 1
ends 1 "mine/mine.c:9" stress --platform sim --variant mine --executions 1000 --seed 1

exit $failed
