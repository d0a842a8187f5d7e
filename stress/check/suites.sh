# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # what run-tests has: build, logs, long
# All suites: builds; what needs all cores; what needs one, the longest first. run-tests says what the words mean.

framelab=$build/framelab

# All unit tests, but for one that a build with reference counts does not have, and one that takes long. Simulated harts
# are part of the ordinary build only; without counts is tested what knows of them. Those with threads need all cores.
all_tests=$(cd stress/unit && printf '%s\n' test_*.c | sed 's/^test_//; s/\.c$//' | grep -vxE 'refcounts_none|claims')
unsimulated_tests=$(grep -v '^sim_' <<<"$all_tests")
tests_without_refcounts='allocator arena arenas_in_service baseline refcounts_none local_chunk harts loads lockfree numa
    oracle pool reclaim stranded workload zeroed'
threaded_tests='allocator arenas_in_service baseline refcounts refcounts_none harts loads platform pool reclaim smr
    stranded workload'

# Builds test programs, each a suite, in a folder of their own (unit: in the ordinary one).
build_tests() { # prefix tests make-arguments...
    local prefix=$1 tests=$2 directory=$build/$1
    shift 2
    [ "$prefix" != unit ] || directory=$build
    # shellcheck disable=SC2086,SC2046 # several words on purpose
    suite_build "$prefix-build" 600 make O="$directory" "$@" $(printf "$directory/unit/test_%s " $tests)
}

# Those of the tests that need all cores, by suite_alone; or the others, by suite_beside.
run_tests() { # suite_alone|suite_beside prefix tests
    local test directory=$build/$2 how
    [ "$2" != unit ] || directory=$build
    for test in $3; do
        case " $threaded_tests " in *" $test "*) how=suite_alone ;; *) how=suite_beside ;; esac
        [ $how != "$1" ] || $how "$2-$test" 120 "$directory/unit/test_$test"
    done
}

# ---- builds ----

# By clang, for its opinion: nothing of it runs, but for what fast-path-clang looks at, so it takes no time to optimise.
suite_build clang-build 600 make CC=clang O="$build/clang" CFLAGS=-O0 SIM_SOURCE="$build/sim/source" all unit-compile
build_tests unit "$all_tests claims"
build_tests asan "$unsimulated_tests" DEBUG=1 SANITIZE=address,undefined "$build/asan/framelab"
build_tests no-counts "$tests_without_refcounts" COUNTS=0 "$build/no-counts/framelab"
suite_build hooked-build 600 make HOOKS=1 O="$build/hooks" hooked-build
suite_build qemu-build 600 make O="$build" qemu

# ---- what has failed before ----

suite_alone failing-seeds 300 stress/check/failing-seeds.sh "$framelab"

# ---- harts that are threads ----

run_tests suite_alone unit "$all_tests"
asan_tests=$(grep -vx draws <<<"$unsimulated_tests") # sums alone, of which the ordinary build has seen all
run_tests suite_alone asan "$asan_tests"
run_tests suite_alone no-counts "$tests_without_refcounts"
for test in stress/unit/hooked_*.c; do
    test=$(basename "$test" .c)
    suite_alone "${test/_/-}" 600 "$build/hooks/unit/$test"
done
suite_alone stress 60 "$framelab" stress --operations 8000 --time-limit 50
suite_alone stress-crowded 60 "$framelab" stress --harts 8 --operations 4096 --time-limit 50
suite_alone stress-reclaim 60 "$framelab" stress --harts 4 --memory 192M --operations 4096 --time-limit 50 \
    --variant lockfree,reclaim=tag \
    --variant lockfree,reclaim=urcu-memb --variant lockfree,reclaim=urcu-qsbr,magazine=0,local=off \
    --variant lockfree,magazine=0,local=off
suite_alone stress-asan 60 "$build/asan/framelab" stress --memory 24M --operations 4096 --time-limit 50
# shellcheck disable=SC2016 # for the other shell
suite_beside cow-no-counts 20 bash -c '! said=$("$1" bench --workload cow 2>&1) &&
    grep -q "cow needs reference counts: a build without COUNTS=0" <<<"$said"' cow-no-counts "$build/no-counts/framelab"
suite_alone stress-no-counts 60 "$build/no-counts/framelab" stress --operations 4096 --time-limit 50
# Two deliberate bugs a property; all of them in check-long.
# shellcheck disable=SC2046 # several words on purpose
suite_alone mutants 1200 stress/check/mutants.sh "$build" $(for property in 1 2 3 4 5 6 7 8 9 10 11 12 13; do
    find stress/mutants -name "p$property-*.patch" -printf '%f\n' | sort | head -n 2; done | sed 's/\.patch$//')

# ---- one core each ----

suite_beside qemu-guests-riscv64 600 stress/check/qemu-guests.sh "$build" riscv64
# P12 by real signals: more than ten thousand inside operations, in some seconds.
suite_beside interrupts 300 stress/check/interrupts.sh "$framelab" 10000
suite_beside lint 600 make -j1 -k lint O="$build"
suite_beside exhaustive 300 stress/check/exhaustive.sh "$framelab"
suite_beside spin 300 stress/check/spin.sh
suite_beside figures 600 stress/check/figures-tests.sh "$build" "$logs/figures"
suite_beside claims 600 "$build/unit/test_claims" # every edit of every claim, on kept records
suite_beside qemu-guests-aarch64 600 stress/check/qemu-guests.sh "$build" aarch64
# One bug of some properties; one of each and more in check-long.
suite_beside qemu-mutants 300 stress/check/qemu-mutants.sh "$build" p1-drain-copies p2-spill-loses-a-frame p5-no-drain \
    p7-ref-counts-two qemu-silence-is-believed
suite_beside sim-command 300 stress/check/sim-tests.sh "$build" "$logs/sim-command"
# The sound allocators hold for as long as deliberate bugs are given, which are found.
suite_beside sim-mutants 300 stress/check/mutants.sh --sim "$build" sim-all-bits-taken-by-store \
    sim-arena-seen-too-early \
    sim-arenas-read-plainly sim-drain-does-not-acquire sim-bits-taken-by-store sim-full-look-is-weaker
suite_beside qemu-plugin 300 stress/check/qemu-plugin.sh "$build" "$logs/qemu-plugin"
suite_beside qemu-command 300 stress/check/qemu-tests.sh "$build" "$logs/qemu-command"
suite_beside linux-command 300 stress/check/linux-tests.sh "$build" "$logs/linux-command"
suite_beside readme-commands 600 stress/check/readme-commands.sh "$build" "$logs/readme-commands"
suite_beside stress-command 300 stress/check/stress-tests.sh "$build" "$logs/stress-command"
suite_beside command-line 300 stress/check/cli-tests.sh "$framelab" "$logs/cli"
suite_beside compare 300 stress/check/compare-test.sh "$build"
run_tests suite_beside unit "$all_tests"
run_tests suite_beside asan "$asan_tests"
run_tests suite_beside no-counts "$tests_without_refcounts"
suite_beside report 300 stress/check/report-tests.sh "$build" "$logs/report"
suite_beside folders 120 stress/check/folders.sh "$build"
suite_beside fast-path 120 stress/check/fast-path.sh "$build"
suite_beside fast-path-clang 120 bash -c \
    'make CC=clang O="$1" "$1/core/allocator.o" && stress/check/fast-path.sh "$1"' \
    fast-path-clang "$build/clang-optimised"
suite_beside fast-path-no-counts 120 stress/check/fast-path.sh "$build/no-counts"
suite_beside own-variant 300 stress/check/own-variant-test.sh "$build" "$logs/own-variant"
suite_beside own-workload 300 stress/check/own-workload-test.sh "$build" "$logs/own-workload"
suite_beside commit 120 stress/check/commit-test.sh "$build"
suite_beside docs 120 stress/check/docs.sh "$build"
suite_beside run-tests 120 stress/check/run-tests-test.sh "$logs/run-tests"
suite_beside trees 120 stress/check/tree-tests.sh "$framelab" "$logs/trees"
suite_beside fdt-boards 120 stress/check/fdt-boards.sh "$framelab" "$logs/fdt-boards"
suite_beside package 120 stress/check/package.sh "$build"

# ---- what takes minutes and hours ----

# What is idle for long, or needs one core, beside each other: in two parts what goes through many deliberate bugs.
if $long; then
    suite_alone readme-commands-long 14400 stress/check/readme-commands.sh --whole "$build" "$logs/readme-commands-long"
    # Flags that distributions build with, and with which the simulator was not to be linked.
    suite_alone user-flags 900 bash -c 'make O="$1" CFLAGS="-flto=auto -D_FORTIFY_SOURCE=2" \
        SIM_SOURCE="$2/sim/source" all && "$1/framelab" stress --platform sim --executions 300 --seed 1 \
        --variant lockfree' user-flags "$build/user-flags" "$build"
    suite_alone fresh-debian-12 7200 stress/check/fresh-debian.sh "$build" bookworm
    suite_alone fresh-debian-13 7200 stress/check/fresh-debian.sh "$build" trixie
    suite_alone targets 3600 stress/check/targets.sh "$logs/targets"
    suite_alone in-turn 1800 stress/check/in-turn.sh "$build" "$logs/in-turn"
    suite_alone figures-quick 1800 make figures O="$build" ARGS="--quick --out $logs/figures-quick"
    suite_alone report-browser 600 stress/check/report-browser.sh "$build" "$logs/report-browser"
    suite_alone report-paper 300 stress/check/report-paper.sh "$build" "$logs/report-paper"
    suite_alone mutants-long 1800 stress/check/mutants.sh --by framelab "$build"
    suite_alone arenas-in-service-long 600 bash -c 'for _ in 1 2 3 4 5 6 7 8; do "$1" || exit; done' \
        arenas-in-service-long "$build/unit/test_arenas_in_service"
    suite_alone stress-long 400 "$framelab" stress --seconds 300 --time-limit 390
    suite_alone stress-crowded-long 400 "$framelab" stress --harts 64 --seconds 300 --time-limit 390
    suite_alone tidy 3600 make -k tidy O="$build"
    suite_beside sim-explore-long 1300 "$framelab" stress --platform sim --seconds 1200 --variant baseline:origin \
        --variant baseline --variant lockfree --variant lockfree,reclaim=tag
    suite_beside sim-mutants-1-long 3600 stress/check/mutants.sh --sim --part 1/2 "$build"
    suite_beside sim-mutants-2-long 3600 stress/check/mutants.sh --sim --part 2/2 "$build"
    suite_beside mutants-1-long 1800 stress/check/mutants.sh --by '@(test|hooked)_*' --part 1/2 "$build"
    suite_beside mutants-2-long 1800 stress/check/mutants.sh --by '@(test|hooked)_*' --part 2/2 "$build"
    suite_beside sim-explore-rcpc-long 1000 "$framelab" stress --platform sim --seconds 900 --profile rcpc \
        --variant baseline --variant lockfree --variant lockfree,reclaim=tag
    suite_beside spin-long 1200 stress/check/spin.sh --long
    suite_beside exhaustive-long 7200 stress/check/exhaustive.sh --long "$framelab"
    # Of what `make linux` says when it cannot, the log has the line.
    suite_beside linux-guests 3600 bash -c 'make O="$1" linux; stress/check/linux-tests.sh --guests "$1" "$2"' \
        linux-guests "$build" "$logs/linux-guests"
    suite_beside qemu-guests-long 3600 stress/check/qemu-guests.sh --long "$build"
    suite_beside qemu-mutants-long 1800 stress/check/qemu-mutants.sh "$build"
    suite_beside hooked-stopped-long 1800 env FRAMELAB_STOPPED_OPERATIONS=400000 "$build/hooks/unit/hooked_stopped"
    suite_beside fdt-debian-boards 1800 stress/check/fdt-debian-boards.sh "$framelab" "$logs/fdt-debian-boards"
    suite_beside sysroot-from-source 600 bash -c \
        'rm -rf "$1"; .ci/sysroot --source riscv64 "$1/riscv64" && .ci/sysroot --source arm64 "$1/arm64"' sysroot \
        "$logs/sysroot"
    suite_beside sim-freeze-tag 120 "$framelab" stress --platform sim --freeze --seconds 60 \
        --variant lockfree,reclaim=tag
    suite_beside sim-interrupt-long 1900 bash -c \
        'for variant in lockfree lockfree,reclaim=tag baseline,lock=mcs-irq baseline:origin,lock=fas-irq; do
            "$1" stress --platform sim --interrupt --executions 75 --variant $variant || exit
        done' sim-interrupt-long "$framelab"
    suite_beside sim-end-long 1900 bash -c 'for variant in lockfree lockfree,reclaim=tag; do
            "$1" stress --platform sim --end --executions 250 --variant $variant || exit
        done' sim-end-long "$framelab"
    suite_alone interrupts-long 1800 stress/check/interrupts.sh "$framelab" 1000000
fi
