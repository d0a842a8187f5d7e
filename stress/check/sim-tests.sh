#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Simulated harts from the command line: curves that are their seed, primitives that grow as published ones do, a search
# that holds, P9 by stopping each hart at each access, and bad options.
#
#   stress/check/sim-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
set -u
here=$(realpath "$(dirname "$0")")
framelab=$(realpath "${1:?usage: stress/check/sim-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")/framelab
mkdir -p "${2:?usage: stress/check/sim-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}"
cd "$2" || exit 1
# shellcheck source=stress/check/verdicts.sh
. "$here/verdicts.sh"

# ends STATUS PATTERN ARGUMENT...: the command ends so and says so.
ends() {
    local wanted=$1 pattern=$2 status
    shift 2
    timeout 120 "$framelab" "$@" >out 2>err </dev/null
    status=$?
    if [ $status -eq "$wanted" ] && cat out err | grep -qE -- "$pattern"; then
        echo "ok - status $wanted, '$pattern': $*"
    else
        echo "not ok - status $wanted, '$pattern': $*: status $status, $(tail -n 1 err)"
        failed=1
    fi
}

# figure WORKLOAD PHASE VARIANT ORDER HARTS: median nanoseconds in table.csv.
figure() {
    awk -F, -v workload="$1" -v phase="$2" -v variant="$3" -v order="$4" -v harts="$5" '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        $column["workload"] == workload && $column["phase"] == phase && $column["variant"] == variant &&
        $column["order"] == order && $column["harts"] == harts { print $column["median_ns"] }' table.csv
}

holds() { # awk-condition
    awk "BEGIN { exit !($1) }"
}

# ---- time mode ----

bench=(bench --platform sim --memory 4G --requests 200 --order 0 --harts "1,8,32" --no-latency)
for run in first second; do
    "$framelab" "${bench[@]}" --repeat 1 --seed 5 --format json >$run.jsonl 2>err
done
sed -i 1d first.jsonl second.jsonl # who measured, and when
sed -i 's/"provenance":"[^"]*"//' first.jsonl second.jsonl
check "the same seed gives the same records, to the byte" cmp first.jsonl second.jsonl
check "there are records" grep -q '"platform":"sim".*"machine":"epyc-2socket"' first.jsonl
for requests in 16 100; do # 16 passes, each of one burst
    "$framelab" bench --platform sim --harts 2 --workload burst --burst 64 --requests $requests --repeat 1 \
        --no-latency --variant lockfree --format json >bursts.jsonl 2>err
    check "--requests $requests is one burst of 64" grep -q '"name":"of 64","operations":1024,' bursts.jsonl
done
check "hot lines are named by function" grep -Eq '"hot_lines":\[\{"function":"[a-z_]+","transfers":[1-9]' first.jsonl
"$framelab" "${bench[@]}" --repeat 1 --seed 6 --format json 2>err | sed 1d |
    sed 's/"provenance":"[^"]*"//; s/"seed":6/"seed":5/' >third.jsonl
check "another seed gives others" bash -c '! cmp -s first.jsonl third.jsonl'
"$framelab" "${bench[@]}" --repeat 3 --seed 5 --format csv 2>err | sed 's/"[^"]*"//g' >table.csv
check "bulk of lockfree is flat from 1 to 32 harts" \
    holds "$(figure bulk alloc lockfree 0 32) / $(figure bulk alloc lockfree 0 1) <= 1.1"
check "repeat of lockfree is flat from 1 to 32 harts" \
    holds "$(figure repeat pair lockfree 0 32) / $(figure repeat pair lockfree 0 1) <= 1.1"
check "rand of baseline at 32 harts takes twice lockfree's time at least" \
    holds "$(figure rand alloc baseline 0 32) / $(figure rand alloc lockfree 0 32) >= 2"

"$framelab" primitives --platform sim --machine xeon-1socket-26c --harts 4,26 --repeat 3 --seed 1 --format csv 2>err |
    sed 's/"[^"]*"//g' >table.csv
exponent() { # PRIMITIVE: of the time of an operation in the harts, 4 to 26
    awk -v a="$(figure primitive op "$1" 0 4)" -v b="$(figure primitive op "$1" 0 26)" \
        'BEGIN { print log(b / a) / log(26 / 4) }'
}
check "a ticket lock collapses as published: exponent 1.6 to 2.1" \
    holds "$(exponent ticket-lock) >= 1.6 && $(exponent ticket-lock) <= 2.1"
check "so does the list under one" holds "$(exponent locked-list) >= 1.6 && $(exponent locked-list) <= 2.1"
check "an MCS lock does not: exponent 0.85 to 1.15" holds "$(exponent mcs-lock) >= 0.85 && $(exponent mcs-lock) <= 1.15"
check "a shared counter: exponent 0.9 to 1.2" \
    holds "$(exponent shared-counter) >= 0.9 && $(exponent shared-counter) <= 1.2"
check "a counter a hart: exponent 0" holds "$(exponent own-counters) <= 0.05"
check "a Treiber stack: exponent 1.0 to 1.6" \
    holds "$(exponent treiber-stack) >= 1.0 && $(exponent treiber-stack) <= 1.6"
check "the compare-and-swap list: exponent 1.0 to 1.6" holds \
    "$(exponent cas-list) >= 0.98 && $(exponent cas-list) <= 1.6"

"$framelab" bench --platform sim --harts 1,32 --order 9 --workload bulk --variant lockfree --repeat 3 --seed 5 \
    --no-latency --format csv 2>err |
    sed 's/"[^"]*"//g' >table.csv
check "chunks have no shared stack: bulk, order 9, at 32 harts takes 3 times as long as at 1 at most" \
    holds "$(figure bulk alloc lockfree 9 32) / $(figure bulk alloc lockfree 9 1) <= 3"

for harts in 2 512; do
    "$framelab" bench --platform sim --harts 1 --configured $harts --memory 8G --workload repeat --workload refused \
        --order 0 \
        --requests 400000 --variant lockfree --variant baseline --repeat 1 --seed 5 --no-latency --format csv 2>err |
        sed 's/"[^"]*"//g' >table.csv
    for variant in lockfree baseline; do
        check \
            "$variant, $harts harts configured: beside one that is always refused 1.5 times as long at most" \
            holds "$(figure refused pair $variant 0 1) / $(figure repeat pair $variant 0 1) <= 1.5"
    done
done

# ---- loads of one side ----

loads=(bench --platform sim --memory 1G --requests 100 --objects 800 --harts "1,8" --no-latency --repeat 1 --seed 5
    --workload pipe --workload purge --workload exit --workload larson --workload threadtest --workload fault
    --workload cow)
for run in first second; do
    "$framelab" "${loads[@]}" --format json 2>err | sed 1d | jq -c 'del(.provenance)' >$run.jsonl
done
check "loads of one side: of each and of null, with what it came to" jq -e -s '
    map(select(.workload != "control")) | length == 7 * 2 * 3 and
    (map(select(.harts == 8 and .variant == "lockfree") | .pipe, .purge, .exit, .larson, .threadtest, .fault, .cow |
        values)) == [{producers: 4, consumers: 4, batch: 32}, {freeing: 1}, {processes: 1}, {slots: 100, lives: 4},
        {burst: 100}, {huge: 80, fallbacks: 0}, {frames: 800}]' first.jsonl
check "the same seed gives the same of them, to the byte" cmp first.jsonl second.jsonl

# ---- a hart that is stopped ----

stopped=(bench --platform sim --workload stopped --harts 3 --memory 64M --requests 1100 --rounds 9 --repeat 1 --seed 5 \
    --no-latency)
for run in first second; do
    "$framelab" "${stopped[@]}" --variant lockfree --format json 2>err |
        jq -c 'select(.stopped != null) | .stopped' >$run.json
done
check "the hart is stopped inside a section, in the middle third" jq -e \
    '.held and .from == 3 and .until == 6 and (.limbo | length) == 9' first.json
check "limbo grows while it is, and is smaller again in the end" jq -e \
    '(.limbo[3:6] | max) > (.limbo[:3] + .limbo[-1:] | max)' first.json
check "the same seed stops it at the same access" cmp first.json second.json
ends 2 "no sections of an epoch" "${stopped[@]}" --variant lockfree,reclaim=tag
ends 2 "no sections of an epoch" "${stopped[@]}" --variant baseline,lock=mcs

# ---- machines ----

ends 0 "quartiles" calibrate --repeat 9 --name here --out here.json
check "a transfer takes longer than a hit, two cores or none" \
    holds "$(jq '.["transfer_ps[0]"]' here.json) > $(jq .hit_ps here.json)"
check "a read-modify-write takes longer than a hit" holds "$(jq .rmw_ps here.json) > $(jq .hit_ps here.json)"
"$framelab" primitives --platform sim --machine ./here.json --harts 2 --repeat 1 --seed 1 --out here.jsonl >out 2>err
check "the machine stands in the provenance, to be used again" \
    bash -c 'cmp <(jq -S "select(.type == \"provenance\").machine_model" here.jsonl) <(jq -S . here.json)'
"$framelab" bench --platform sim --machine flat --harts 1 --workload repeat --repeat 1 --seed 1 --no-latency \
    --format json 2>err |
    jq -e 'select(.type == "provenance").machine_model | .name == "flat" and .source != ""' >out
check "a built-in one too" test "$(cat out)" = true
check "framelab list shows the machines" bash -c '"$0" list | grep -q xeon-1socket-26c' "$framelab"
series=$(realpath "$here/../../papers/lock-collapse/published.csv")
ends 0 "held out" calibrate --fit "$series" --series ListLocked=locked-list --hold-out ListCAS=cas-list \
    --base "$(dirname "$series")/xeon-5320.json" --name xeon-1socket-26c --out fitted.json
"$framelab" list --format json | jq -S '.machines[] | select(.name == "xeon-1socket-26c")' >built-in.json
check "the built-in Xeon is what a fit to the published locked list gives" \
    bash -c 'cmp <(jq -S . fitted.json) built-in.json'
ends 2 "has no series nosuch" calibrate --fit "$series" --series nosuch=locked-list
ends 2 "no primitive 'nosuch'" calibrate --fit "$series" --series ListLocked=nosuch
ends 2 "NAME=PRIMITIVE" calibrate --fit "$series" --series ListLocked
ends 2 "go together" calibrate --series ListLocked=locked-list
ends 2 "makes none" calibrate --fit "$series" --series ListLocked=locked-list --repeat 3
ends 2 "No such file" calibrate --fit nosuch.csv --series ListLocked=locked-list
ends 2 "no machine 'nosuch'" calibrate --base nosuch
ends 2 "1 to 100000" calibrate --repeat 0
ends 2 "nosuchdir/x.json" calibrate --repeat 1 --out nosuchdir/x.json
for wrong in '.rmw_ps = -1|"rmw_ps" is not 1' '.rmw_ps = "fast"|"rmw_ps" is not 1' \
    'del(.share_ps)|"share_ps" is missing' \
    '.speed = 1|there is no "speed"' 'del(.source)|"source" is not' '.name = ""|"name" is not' \
    '.["transfer_ps[0]"] = .["transfer_ps[2]"] + 1|costs more than' '.["invalidate_ps[1]"] = 0|costs more than' \
    '.hit_ps = .rmw_ps + 1|a hit costs more' '.llc_ps = .miss_ps + 1|longer than memory' '.window = 1000|"window" is not' \
    '.l2_bytes = 64|cache 2' '.l1_ways = 0|"l1_ways" is not'; do
    jq "${wrong%|*}" here.json >wrong.json
    ends 2 "${wrong#*|}" bench --platform sim --machine ./wrong.json
done
ends 2 "no machine 'nosuch'" bench --platform sim --machine nosuch
echo "{" >broken.json
ends 2 "broken.json: line" bench --platform sim --machine ./broken.json
echo '{"name": "half", "cluster_harts": 4}' >half.json
ends 2 '"socket_harts" is missing' bench --platform sim --machine ./half.json
ends 2 "no primitive" primitives nosuch
ends 2 "nothing runs on 0 harts" primitives --harts 0
ends 2 "no time" primitives --platform qemu
ends 0 "own-counters" primitives --harts 1,2 --repeat 1 --operations 1000

# ---- reclamation by itself ----

"$framelab" reclaim --platform sim --machine flat --harts 1,8 --repeat 1 --seed 1 --operations 200 --out first.jsonl \
    >out 2>err
"$framelab" reclaim --platform sim --machine flat --harts 1,8 --repeat 1 --seed 1 --operations 200 --out second.jsonl \
    >out 2>err
fences() { # SCHEME: an operation of one hart
    jq "select(.variant == \"$1\" and .harts == 1) | .events.fences / .events.operations" first.jsonl
}
check "an operation on a queue takes at most half a fence, one, three: qsbr, epoch, hp" \
    holds "$(fences qsbr) <= 0.5 && $(fences epoch) >= 1 && $(fences epoch) <= 1.5 && $(fences hp) >= 3 && $(fences \
        hp) <= 3.5"
sed -i 1d first.jsonl second.jsonl
sed -i 's/"provenance":"[^"]*"//' first.jsonl second.jsonl
check "schemes of reclamation: the same seed gives the same records" cmp first.jsonl second.jsonl
ends 0 "epoch" reclaim epoch --workload stack --free 1 --latency --operations 1000 --harts 1,2 --repeat 1
ends 0 "hp" reclaim hp --wait spin --nodes 8 --bag 4 --milliseconds 5 --harts 1,4 --repeat 1
ends 2 "no scheme 'rcu'" reclaim rcu
ends 2 "queue, stack or read" reclaim --workload tree
ends 2 "yield or spin" reclaim --wait sleep
ends 2 "--free is 1 to" reclaim --free none
ends 2 "does not go with" reclaim --milliseconds 5 --operations 5
ends 2 "of the host" reclaim --platform sim --milliseconds 5
ends 2 "no time" reclaim --platform qemu
ends 2 "256 at most" reclaim hp --operations 1 --harts 300 --repeat 1

# ---- explore mode ----

ends 0 "holds" stress --platform sim --executions 500 --seed 1
ends 0 "holds" stress --platform sim --executions 500 --seed 1 --variant lockfree,reclaim=tag --profile tso
ends 0 "holds" stress --platform sim --executions 1000 --seed 1 --variant lockfree --variant lockfree,reclaim=tag \
    --profile rcpc
ends 0 "^variant,platform,setting,harts,seed,rounds,operations,accesses,added,removed,seconds,violated,what,replay\$" \
    stress --platform sim --executions 50 --seed 1 --format csv
check "stress --format csv: a row" grep -Eq \
    '^lockfree,sim,rmo,,1,50,[1-9][0-9]*,[1-9][0-9]*,[0-9]+,[0-9]+,[0-9.e-]+,,,$' out
some="[1-9][0-9]*" # every fault comes about, and is counted
faults="$some harts stopped at $some places, $some held up in a section, $some allocations failed"
ends 0 "$faults, $some arenas added, $some removed, $some drains" \
    stress --platform sim --executions 3000 --seed 1 --variant lockfree
rare="runs in magazines after $some, a zero reserve after $some, limbo of (9|1[01]) places"
check "what is rare comes about" grep -Eq "reached: $rare, the clock moved at once $some times" out
ends 0 "holds" stress --platform sim --executions 500 --seed 1 --variant baseline,lock=mcs --profile sc --strategy pct
ends 0 "[1-9][0-9]* harts stopped at [1-9][0-9]* places" stress --platform sim --freeze --seed 1 --variant lockfree
inside="$some interrupts in handlers, $some allocations failed in handlers"
ends 0 "interrupted: $some executions; $inside; others in calls of: +alloc $some alloc_zeroed $some run $some" \
    stress --platform sim --interrupt --seed 1 --executions 20 --variant lockfree
ends 0 "interrupted: $some executions" stress --platform sim --interrupt --seed 20 --executions 5 --variant lockfree,reclaim=tag --profile rcpc
ends 0 "interrupted: $some executions" stress --platform sim --interrupt --seed 21 --executions 3 --variant baseline,lock=ticket-irq
ends 1 "violated: P7.*" stress --platform sim --interrupt --seed 1 --variant baseline
check "baseline is refused, and it says where" grep -q "interrupted at core/" out err
replay=$(cat out err | sed -n 's/^ *replay: *framelab //p' | head -n 1)
# shellcheck disable=SC2086 # many words
ends 1 "violated: P7" $replay
ends 0 "ended: $some harts, whose numbers were taken over; $some frames lost in all" stress --platform sim --end --seed 0 --executions 25 --variant lockfree
ends 1 "violated: P[0-9]*" stress --platform sim --end --seed 0 --variant baseline
ends 1 "violated: P9" stress --platform sim --freeze --seed 1 --variant baseline
check "it says in which lines" grep -q "baseline/lock.c:[0-9]*, " err out
replay=$(cat out err | sed -n 's/^ *replay: *framelab //p' | head -n 1)
# shellcheck disable=SC2086 # many words
ends 1 "violated: P9" $replay
# shellcheck disable=SC2086
ends 1 "baseline/lock.c:[0-9]+" $replay --trace
ends 2 "." stress --platform sim --profile nosuch
for option in "memory 64M" "layout plain" "operations 100"; do
    # shellcheck disable=SC2086 # a name and a value
    ends 2 "--${option% *} does not go with --platform sim" stress --platform sim --executions 1 --$option
done
ends 2 "." stress --platform sim --program 'a0 nonsense'
ends 2 "--end is a hart" stress --platform sim --end=1
ends 2 "as in 1.23.0" stress --platform sim --interrupt=1
ends 2 "on simulated harts only" stress --interrupt=1.2

# ---- every order ----

ends 0 "complete: 2 outcomes" stress --platform sim --strategy exhaust --profile sc --bound none --variant lockfree \
    --program 'tiny.0; a0 : f0 | a1'
check "no two executions are equivalent" awk '/^lockfree /{ made = $2 } /classes of executions/{ exit $5 != made }' out
outcomes() { sed -n 's/.*outcomes (\([0-9a-f]*\)).*/\1/p' out; }
for program in 'tiny.0; a0 : f0 | a1' 'tiny.2; : a0 f0 | a1 f1' 'chunks.2; a0 a1 a2 a3 a4 a5 a6 a7 : a8 f0 | a10 f1' \
    'nodes.0; : A a0 R | a1 f1' 'tiny.3; a0 a1 a2 : f0 L J0 | f1 d'; do
    ends 0 "complete" stress --platform sim --strategy exhaust --profile sc --bound 1 --variant lockfree --program "$program"
    reduced=$(outcomes)
    ends 0 "complete" stress --platform sim --strategy exhaust --profile sc --bound 1 --variant lockfree --unreduced \
        --program "$program"
    check "with reduction and without the outcomes are the same: $program" [ "$reduced" = "$(outcomes)" ]
done
ends 0 "incomplete: some .* %" stress --platform sim --strategy exhaust --profile sc --bound none --variant lockfree \
    --seconds 1 --program 'tiny.2; : a0 | a1 | a2'
ends 1 "violated: P9" stress --platform sim --strategy exhaust --profile sc --bound 1 --freeze --variant baseline,lock=ticket \
    --program 'tiny.0; a0 a2 : f0 a3 f2 | a1 f1'
check "a counter-example has no step too many" grep -q "program: tiny.0;.* : .* | [af][0-9]\$" out
replay=$(cat out err | sed -n 's/^ *replay: *framelab //p' | head -n 1)
check "and says by which choices" grep -q -- "--choices '[0-9]" <<<"$replay"
eval "ends 1 'violated: P9' $replay"
eval "ends 1 'baseline/lock.c' $replay --trace"
ends 2 "needs a --program" stress --platform sim --strategy exhaust
ends 2 "of --strategy exhaust" stress --platform sim --bound 2
ends 2 "number or none" stress --platform sim --strategy exhaust --bound -1
ends 2 "one kind of fault" stress --platform sim --strategy exhaust --freeze --end --program 'tiny.0; : a0 | a1'
ends 2 "no list of choices" stress --platform sim --strategy exhaust --choices '1=' --program 'tiny.0; : a0 | a1'
ends 2 "hart that cannot run" stress --platform sim --strategy exhaust --choices '1=7' --program 'tiny.0; : a0 | a1'

[ $failed -eq 0 ]
