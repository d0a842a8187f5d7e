#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `framelab stress` as a server for continuous integration calls it: shards, records that replay what they are of, KTAP
# and JUnit XML on all three platforms, runs that are stopped and go on, runs until something fails. What fails is a
# deliberate bug (stress/mutants), and P9 of baseline on simulated harts.
#
#   stress/check/stress-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
#
# Prints `ok - NAME` or `not ok - NAME`; exit 1 if any is not.
set -u
build=$(realpath "${1:?usage: stress/check/stress-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")
scratch=${2:?usage: stress/check/stress-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}
top=$(realpath "$(dirname "$0")/../..")
framelab=$build/framelab
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch" || exit 1
status=0 failed=0

verdict() { # good(0|1) name
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        echo "# status $status; $(tail -n 3 err | tr '\n' '|')"
        failed=1
    fi
}

run() { # argument...
    timeout -k 5 60 "$framelab" stress "$@" >out 2>err </dev/null
    status=$?
}

check() { # name command...
    local name=$1
    shift
    "$@" >check.log 2>&1
    verdict $? "$name"
}

# ends STATUS PATTERN ARGUMENT...: on stdout or stderr
ends() {
    local wanted=$1 pattern=$2
    shift 2
    run "$@"
    [ $status -eq "$wanted" ] && cat out err | grep -qE -- "$pattern"
    verdict $? "status $wanted, '$pattern': stress $*"
}

sim=(--platform sim --variant lockfree)
p9=(--platform sim --freeze --variant baseline)

# ---- shards, ranges, seeds ----

run "${sim[@]}" --executions 160 --seed 1 --format json
cp out whole.jsonl
for shard in 1 2 3; do
    run "${sim[@]}" --executions 160 --seed 1 --shard $shard/3 --format json
    cp out shard$shard.jsonl
done
check "shards share out the executions: 64, 48 and 48 of 160" \
    bash -c '[ "$(jq -r "select(.type == \"stress\").simulated.executions" shard?.jsonl | tr "\n" " ")" = "64 48 48 " ]'
check "together they make the calls of the whole, and as many accesses" \
    bash -c 'jq -s "map(select(.type == \"stress\").simulated | .calls.alloc + .accesses) | add" shard?.jsonl >sum &&
        jq "select(.type == \"stress\").simulated | .calls.alloc + .accesses" whole.jsonl | cmp - sum'
check "a record has the range that was played" \
    jq -e 'select(.type == "stress").range == {unit: "executions", first: 16, last: 127, seed: 1, shard: 2, shards: 3}' shard2.jsonl
ends 0 "executions 16 to 127 of seed 1, of which shard 2 of 3 has its part" "${sim[@]}" --executions 160 --seed 1 --shard 2/3
ends 2 "--shard 4/4 has no part of 48 executions" "${sim[@]}" --executions 48 --shard 4/4
for seed in 1 2; do # execution 1 of seed 1 is not execution 0 of seed 2
    run "${sim[@]}" --executions 32 --seed $seed --format json
    jq -c 'select(.type == "stress").simulated | [.accesses, .calls]' out >calls$seed
done
check "seeds that are neighbours play other executions" bash -c '! cmp -s calls1 calls2'
host=(--layout plain --layout nodes --variant lockfree --operations 50 --memory 24M --seed 5 --harts 2)
for shard in 1 2 3; do
    run "${host[@]}" --shard $shard/3 --format csv
    tail -n +2 out
done >shards.csv
run "${host[@]}" --format csv
check "on the host shards share out the trials" bash -c 'cut -d, -f 1-5 shards.csv | sort >a; tail -n +2 out | cut -d, -f 1-5 | sort | cmp - a'
ends 0 "trials 1 to 1 of seed 5, shard 2 of 4" "${host[@]}" --shard 2/4
# More shards than trials: another pass, by another seed.
ends 0 "trials 6 to 6 of seed 5, shard 7 of 9" "${host[@]}" --shard 7/9
check "which is hashed" bash -c '! grep -q "seed 5$" err || ! grep -q "seed: *6" out'
for wrong in 0/3 4/3 3 /3 3/ a/b 1/0; do
    ends 2 "--shard is one of N parts, counted from 1" --shard $wrong
done

# ---- a failure's record replays it ----

replay() { # file: the command of its record, framelab left out
    jq -r 'select(.violation != null).violation.replay' "$1" | sed 's/^framelab stress //'
}

run "${p9[@]}" --seed 4 --out p9.jsonl
[ $status -eq 1 ] && grep -q "^violated: P9" out
verdict $? "--out: readable output, and records beside it"
check "a record of what failed: property, what, where, program, variant, seed, history" \
    jq -e 'select(.type == "stress") | .setting == "rmo" and (.violation | .property == "P9" and (.what | length > 9) and
        (.where | test("baseline/lock.c:[0-9]+")) and (.program | test(";")) and .seed_is_schedule and
        (.seed | type == "number") and (.history | test("hart 0")))' p9.jsonl
# shellcheck disable=SC2046 # words
ends 1 "violated: P9" $(replay p9.jsonl)
check "as it was seen" bash -c 'grep "what:\|where:\|program:" out | cmp - <(jq -r "select(.violation).violation |
    \"  what:    \(.what)\", \"  where:   \(.where)\", \"  program: \(.program)\"" p9.jsonl)'

make -s -C "$top" O="$build" "$build"/mutants/{p4-one-frame-more,p10-drain-keeps-views}/framelab >make.log 2>&1
verdict $? "deliberate bugs build"
framelab=$build/mutants/p4-one-frame-more/framelab
bug=(--seed 1 --operations 2000 --variant lockfree)
run "${bug[@]}" --out p4.jsonl
[ $status -eq 1 ] && grep -q "^violated: P4" out && grep -q "as fast as the machine has them" out
verdict $? "on the host the seed is no schedule, which is said"
check "and the last operations of each hart are kept" \
    jq -e 'select(.type == "stress").violation | .seed_is_schedule == false and (.frame | type == "number") and
        (.history | test("hart 0: .*frames? from 0x") and test("hart 3: ")) and (.replay | test("--layout [a-z0-9]+ --memory"))' p4.jsonl
# shellcheck disable=SC2046
ends 1 "violated: P4" $(replay p4.jsonl)
for format in ktap junit csv; do
    run "${bug[@]}" --format $format
    cp out p4.$format
    [ $status -eq 1 ] && grep -q "^violated: P4" err
    verdict $? "what fails is told to people in the format $format too"
done
check "CSV has the command" bash -c 'tail -n 1 p4.csv | grep -q "^lockfree,.*,P4,.*framelab stress --variant lockfree"'
ends 1 "violated: P4" "${bug[@]}" --until-failure
framelab=$build/mutants/p10-drain-keeps-views/framelab
run --seed 1 --operations 12000 --layout plain --variant lockfree --variant baseline --out p10.jsonl
[ $status -eq 1 ] && grep -q "^violated: P10" out && jq -e 'select(.violation).violation.property == "P10"' p10.jsonl >/dev/null
verdict $? "a fault leaves a record, too"
framelab=$build/framelab

# ---- formats for servers ----

# An inner plan a trial and an outer one that is kept; numbers in order; a violated property fails its trial.
ktap_ok() { # file trials failed-trials
    awk -v trials="$2" -v failed="$3" '
        NR == 1 && $0 != "KTAP version 1" { exit bad = 1 }
        /^1\.\./ { plan = substr($0, 4) }
        /^    1\.\./ { inner_plan = substr($0, 8); inner = inner_bad = 0 }
        /^    (not )?ok / { inner++; number = $1 == "not" ? $3 : $2; inner_bad += $1 == "not"; if (number != inner) bad = 1 }
        /^(not )?ok / { outer++; number = $1 == "not" ? $3 : $2; if (number != outer) bad = 1
            if ($0 !~ /# SKIP/) { if (inner != inner_plan || ($1 == "not") != (inner_bad > 0)) bad = 1; count += $1 == "not" }
            inner = inner_plan = inner_bad = 0 }
        END { exit bad || outer != plan || plan != trials || count != failed }' "$1"
}

platforms=("host:--operations 50 --memory 24M --harts 2 --layout plain:5" "sim:--executions 64:3")
if [ -e "$build/qemu/riscv64/kernel.elf" ]; then
    platforms+=("qemu:--operations 200:3")
else
    echo "skip - KTAP and JUnit XML in QEMU: no kernel is built"
fi
for platform in "${platforms[@]}"; do
    IFS=: read -r name options trials <<<"$platform"
    # shellcheck disable=SC2086 # words
    run --platform "$name" $options --seed 3 --format ktap
    cp out "$name.ktap"
    check "$name: KTAP of several variants is nested" ktap_ok "$name.ktap" "$trials" 0
    # shellcheck disable=SC2086
    run --platform "$name" $options --seed 3 --format junit
    cp out "$name.junit"
    check "$name: JUnit XML: a suite a trial, a case a property" bash -c '[ "$(grep -c "<testsuite " "$0")" -eq "$1" ] &&
        [ "$(grep -c "<testcase " "$0")" -ge $((11 * $1)) ] && tail -n 1 "$0" | grep -qx "</testsuites>"' "$name.junit" "$trials"
done
check "what was played is said on stderr" bash -c 'grep -q "^played:     trials 0 to [0-9]* of seed 3" err'
check "KTAP of a run that fails: the other trials were not played" ktap_ok p4.ktap 7 1
check "and why" bash -c 'grep -q "^ok 7 .*# SKIP an earlier trial did not hold" p4.ktap && grep -q "# replay: framelab stress" p4.ktap'
check "JUnit XML of one: a failure with the command" \
    bash -c '[ "$(grep -c "<failure type=\"P4\" message=" p4.junit)" -eq 1 ] && grep -q "replay: framelab stress --variant" p4.junit'
if command -v prove >/dev/null; then
    sound=()
    for platform in "${platforms[@]}"; do sound+=("${platform%%:*}.ktap"); done
    check "a reader of TAP takes the KTAP" prove -e cat "${sound[@]}"
    check "and sees the failure" bash -c '! prove -e cat p4.ktap'
else
    echo "skip - a reader of TAP: no prove"
fi
if command -v xmllint >/dev/null; then
    check "the XML is well-formed" xmllint --noout ./*.junit
else
    echo "skip - the XML is well-formed: no xmllint"
fi

# ---- a run that is stopped, and goes on ----

soak=("${sim[@]}" --executions 20000 --seed 9 --resume state.json)
"$framelab" stress "${soak[@]}" --out first.jsonl >out 2>err </dev/null &
pid=$!
for _ in $(seq 200); do
    [ "$(jq -r .inside state.json 2>/dev/null || echo 0)" -eq 0 ] 2>/dev/null || break
    sleep 0.1
done
kill -KILL $pid
wait $pid 2>/dev/null
at=$(jq .inside state.json)
check "a run that is killed has said how far it came" test "$at" -gt 0
ends 2 "it is of another run: framelab stress" "${sim[@]}" --executions 20000 --seed 8 --resume state.json
run "${soak[@]}" --out first.jsonl
[ $status -eq 0 ] && grep -q "goes on at trial 0" err && grep -q "executions $at to 19999 of seed 9" out && [ ! -e state.json ]
verdict $? "called again it goes on there, and then the file is gone"
echo '{"run"' >state.json
ends 2 "state.json: it does not say how far" "${soak[@]}" --out first.jsonl
rm state.json
soak=(--layout plain --variant lockfree --variant baseline --seconds 20 --memory 24M --harts 2 --resume state.json --seed 9)
"$framelab" stress "${soak[@]}" >out 2>err </dev/null &
pid=$!
for _ in $(seq 200); do
    [ "$(jq -r .inside state.json 2>/dev/null || echo 0)" -eq 0 ] 2>/dev/null || break
    sleep 0.1
done
kill -INT $pid
wait $pid
status=$?
[ $status -eq 130 ] && [ -e state.json ]
verdict $? "a run on the host that is interrupted keeps the file"
jq '.number = 3 | .seconds = 19.9' state.json >other && mv other state.json
run "${soak[@]}"
[ $status -eq 0 ] && grep -q "goes on at trial 3" err && [ "$(grep -c holds out)" -eq 2 ] && ! grep -q "^baseline  " out
verdict $? "and goes on at its trial, with the time that is left"

# ---- until something fails ----

timeout --preserve-status --signal=INT 3 "$framelab" stress --until-failure --layout plain --variant lockfree --operations 100 --harts 2 \
    --memory 24M --seed 3 --format json >out 2>err </dev/null
status=$?
[ $status -eq 130 ] && [ "$(jq -r 'select(.type == "stress").seed' out | sort -u | wc -l)" -gt 1 ] &&
    [ "$(jq -r 'select(.type == "stress" and .range.first < 2).seed' out | sort -u)" = 3 ]
verdict $? "--until-failure: pass after pass, the first by the seed, the others by other seeds"
seed=$(jq -r 'select(.type == "stress" and .range.first == 2).seed' out)
check "a record's seed is that of its trial" test "$seed" -gt 1000000

# ---- time ----

run --seconds 0.1 --seed 3 --memory 24M --harts 2
[ $status -eq 0 ] && grep -qE "for [1-9][0-9]* of them no time was left" out &&
    for variant in baseline:origin baseline lockfree; do grep -q "^$variant  *plain .* holds$" out || exit 1; done
verdict $? "--seconds: what no time is left for is told, and each variant is tried"
run --seconds 0.1 --seed 3 --memory 24M --harts 2 --format ktap
cp out short.ktap
check "and in KTAP" bash -c 'grep -q "# SKIP no time was left for it" "$0" && grep -q "^1\.\.18$" "$0"' short.ktap
run --seconds 30 --time-limit 1 --harts 2 --memory 24M
[ $status -eq 124 ] && grep -q "time limit, in trial 0: " err && grep -q "the harts go on" err && ! grep -q hang err
verdict $? "a time limit is not called a hang"
run "${sim[@]}" --seconds 30 --time-limit 1 --format ktap
[ $status -eq 124 ] && grep -q '^Bail out! the time limit has passed' out
verdict $? "on simulated harts there is one too, and KTAP says so"
run "${sim[@]}" --seconds 1 --progress --seed 6
[ $status -eq 0 ] && grep -q '^  0 %: lockfree, rmo' err && grep -qx 'framelab stress: seed 6' err
verdict $? "--progress and the seed, on simulated harts"

# ---- what would mean nothing ----

ends 2 "--seconds does not go with --operations" --seconds 3 --operations 3
ends 2 "--seconds does not go with --executions" "${sim[@]}" --seconds 3 --executions 3
ends 2 "--replay is one execution" "${sim[@]}" --replay 3 --seed 3
ends 2 "--replay is one execution" "${sim[@]}" --replay 3 --shard 1/3
ends 2 "--replay is one execution" "${sim[@]}" --replay 3 --executions 3
ends 2 "--depth is of the strategy pct" "${sim[@]}" --depth 3 --strategy random
ends 2 "--harts does not go with --program" "${sim[@]}" --harts 3 --program 'tiny.0; : a0 f0 | a1 f1'
ends 2 "--harts does not go with --freeze" "${p9[@]}" --harts 3
ends 2 "--time-limit does not go with --gdb" --platform qemu --gdb --time-limit 5

exit $failed
