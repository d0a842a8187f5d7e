#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A user's own variant runs wherever ours do, and no file of ours is edited for it: the skeleton
# (stress/package/skeleton) is copied under another name, built with OWN=, and put on host threads, on simulated clocks,
# through the schedules of explore mode and into a kernel for QEMU. That its code is instrumented shows in a race: a
# counter that its harts share, atomic, then plain. And what is no folder with a variant is one clear line.
#
#   stress/check/own-variant-test.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
set -u
build=$(realpath "${1:?usage: stress/check/own-variant-test.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")
scratch=${2:?usage: stress/check/own-variant-test.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}
cd "$(dirname "$0")/../.." || exit 1
variable=OWN own=mine
# shellcheck source=stress/check/own.sh
. stress/check/own.sh

# Object files come along with their times, so that only what is new is compiled.
rm -rf "$copy" "$own"
mkdir -p "$copy/sim" "$copy/qemu"
cp -a "$build"/{flags,config.mk,version.h,core,lockfree,baseline,stress,results,papers} "$copy"
cp -a "$build"/sim/{core,lockfree,baseline,stress,plain,ck,source} "$copy/sim"
cp -a "$build/qemu/riscv64" "$copy/qemu"

[ "$(wc -l <stress/package/skeleton/skeleton.c)" -lt 150 ]
verdict $? "the skeleton has less than 150 lines"

# As stress/package/README.md says.
cp -r stress/package/skeleton "$own"
(cd "$own" && mv skeleton.c mine.c && mv skeleton.h mine.h &&
    sed -i 's/skeleton/mine/g; s/SKELETON/MINE/' mine.c mine.h)
own_make "$copy/framelab"
verdict $? "it builds"
ends 0 "mine .* a byte a frame" list
ends 0 "mine .* holds" stress --variant mine --operations 20000 --harts 2 --memory 64M --seed 1
ends 0 "mine" bench --variant mine --harts 2 --memory 64M --repeat 1 --requests 200 --workload bulk --no-latency
ends 0 "mine" bench --platform sim --variant mine --harts 1,8 --memory 1G --repeat 1 --requests 100 --seed 1 \
    --no-latency
ends 0 "mine .* holds" stress --platform sim --variant mine --executions 1000 --seed 1

# A kernel, of objects that are there.
if [ -e "$copy/qemu/riscv64/kernel.elf" ]; then
    own_make "$copy/qemu/riscv64/kernel.elf"
    verdict $? "a kernel with it builds"
    ends 0 "^    ok 5 P5" stress --platform qemu --variant mine --harts 2 --operations 2000 --seed 1
else
    echo "skip - no kernel for QEMU is built"
fi

# A counter of takes, without the lock.
sed -i 's/^static bool take_run(/static COUNTER takes;\n\n&/; s/^    (void)caller;$/&\n    takes++;/' "$own/mine.c"
sed -i 's/COUNTER/_Atomic unsigned/' "$own/mine.c"
own_make "$copy/framelab"
verdict $? "it builds with a counter that is atomic"
ends 0 "mine .* holds" stress --platform sim --variant mine --executions 1000 --seed 1
sed -i 's/_Atomic unsigned/unsigned/' "$own/mine.c"
line=$(grep -n -m 1 'takes++' "$own/mine.c" | cut -d: -f1)
own_make "$copy/framelab"
verdict $? "it builds with a counter that is not"
ends 1 "violated: race" stress --platform sim --variant mine --executions 1000 --seed 1
ends 1 "own: +mine.c sha256:$(sha256sum "$own/mine.c" | cut -d' ' -f1) mine.h sha256:" stress --platform sim --variant mine --executions 1000 --seed 1
ends 1 "\"own\":\{\"mine.c\":\"sha256:$(sha256sum "$own/mine.c" | cut -d' ' -f1)\"" \
    stress --platform sim --variant mine --executions 1000 --seed 1 --format json
ends 1 "mine/mine.c:($line|$((line + 12)))" stress --platform sim --variant mine --executions 1000 --seed 1

# One that crashes: told, and in a record with the command, before the program dies of it.
sed -i 's/^    takes++;$/    takes++ < 1000 ? (void)0 : __builtin_trap();/' "$own/mine.c"
own_make "$copy/framelab"
verdict $? "it builds with a crash"
run=(stress --variant mine --operations 20000 --harts 2 --memory 64M --seed 1 --layout plain)
timeout 60 "$copy/framelab" "${run[@]}" --out "$scratch/crash.jsonl" >"$out" 2>&1 </dev/null
status=$?
[ $status -gt 128 ] && grep -q "^violated: panic" "$out" && grep -q "SIGILL" "$out"
verdict $? "a crash is told, and the program dies of it"
jq -e 'select(.type == "stress").violation | .property == "panic" and (.history | test("hart [01]: ")) and
    (.replay | test("--variant mine --layout plain"))' "$scratch/crash.jsonl" >"$out" 2>&1
verdict $? "and its record replays it"

# It goes as it came.
make -s -j2 O="$copy" "$copy/framelab" >"$out" 2>&1
ends 2 "no variant 'mine'" stress --variant mine --operations 100

mkdir -p "$scratch/none"
echo 'extern const struct variant *mine;' >"$scratch/none/none.h"
refused "there is no such folder" "$scratch/nowhere"
refused "there is no such folder" stress/package/README.md
refused 'no header there says `extern const struct variant NAME_variant;`' "$scratch/none"

exit $failed
