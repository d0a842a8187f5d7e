#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Bad input at the command line: for each, the documented exit status, one clear line on stderr, nothing on stdout.
# And what a run leaves behind when it is interrupted or takes too long.
#
#   stress/check/cli-tests.sh FRAMELAB SCRATCH_DIRECTORY
#
# Prints `ok NAME` or `not ok NAME: why`; exit 1 if any is not.
set -u
framelab=$(realpath "${1:?usage: stress/check/cli-tests.sh FRAMELAB SCRATCH_DIRECTORY}")
scratch=${2:?usage: stress/check/cli-tests.sh FRAMELAB SCRATCH_DIRECTORY}
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch" || exit 1
failed=0

ok() {
    echo "ok $1"
}

not_ok() {
    echo "not ok $1: $2"
    failed=1
}

# run LIMIT_SECONDS COMMAND...: status in $status, output in out and err.
run() {
    local limit=$1
    shift
    timeout -k 5 "$limit" "$@" >out 2>err </dev/null
    status=$?
}

# refuses STATUS PATTERN ARGUMENT...: ends so, with one line on stderr that matches, and says nothing on stdout.
refuses() {
    local wanted=$1 pattern=$2
    shift 2
    local name="refuses: framelab $*"
    run 30 "$framelab" "$@"
    if [ $status -ne "$wanted" ]; then
        not_ok "$name" "status $status, not $wanted: $(head -n 1 err)"
    elif [ -s out ]; then
        not_ok "$name" "says on stdout: $(head -n 1 out)"
    elif [ "$(wc -l <err)" -ne 1 ]; then
        not_ok "$name" "$(wc -l <err) lines on stderr, not one"
    elif ! grep -qE -- "$pattern" err; then
        not_ok "$name" "does not say '$pattern' but: $(cat err)"
    else
        ok "$name"
    fi
}

# ends STATUS ARGUMENT...
ends() {
    local wanted=$1
    shift
    run 60 "$framelab" "$@"
    if [ $status -eq "$wanted" ]; then
        ok "status $wanted: framelab $*"
    else
        not_ok "status $wanted: framelab $*" "status $status: $(tail -n 1 err)"
    fi
}

# check NAME COMMAND...: the command succeeds.
check() {
    local name=$1
    shift
    if "$@" >check.log 2>&1; then
        ok "$name"
    else
        not_ok "$name" "$(tail -n 1 check.log)"
    fi
}

# ---- commands and their help ----

ends 2
ends 0 --help
ends 0 --version
refuses 2 "there is no command 'nonsense'; there are bench, stress, fdt, " nonsense
refuses 2 "there is no command 'nonsense'; there are bench, stress, fdt, " help nonsense
refuses 2 "'fdt' is too many" help bench fdt
ends 0 help
check "help COMMAND is COMMAND --help" bash -c '[ "$("$0" help bench)" = "$("$0" bench --help)" ]' "$framelab"
check "--version has the commit and the compiler" \
    bash -c '"$0" --version | tr "\n" "|" | 
        grep -qE "^framelab [0-9.]+ \(([0-9a-f]{12}(, uncommitted changes)?|commit unknown)\)\|.*(gcc|cc|clang).* -O"' \
    "$framelab"
check "of a command too" bash -c '[ "$("$0" --version)" = "$("$0" bench --version)" ]' "$framelab"
for command in bench stress fdt compare table draw report primitives reclaim calibrate list; do
    ends 0 $command --help
    ends 2 $command --no-such-option
done
for format in text json csv; do
    ends 0 list --format $format
done
refuses 2 "text, json or csv" list --format xml
# A record tells every knob that its variant has.
"$framelab" list --format csv >list.csv 2>err
check "list --format csv has variants" grep -q '^variant,baseline,' list.csv
while read -r variant; do
    "$framelab" bench --variant "$variant" --memory 64M --harts 1 --repeat 1 --workload bulk --requests 10 \
        --format json 2>err </dev/null | grep -m 1 "\"variant\":\"$variant\"" | sed 's/.*"knobs":"\([^"]*\)".*/\1/' |
            tr , '\n' >declared
    awk -F, -v of="$variant" '$1 == "knob" && $3 == of { print $2 "=" $4 }' list.csv >listed
    check "list shows every knob of $variant, and its default" bash -c 'test -s declared && diff declared listed'
done < <(awk -F, '$1 == "variant" && $2 != "linux" { print $2 }' list.csv) # that one is no host's: linux-tests.sh

# ---- device trees ----

: >empty.dtb
mkdir directory.dtb
head -c 4096 /dev/urandom >random.dtb
printf '\xd0\x0d\xfe\xed' >magic.dtb
cat >good.dts <<'DTS'
/dts-v1/;
/ {
    #address-cells = <2>;
    #size-cells = <2>;
    cpus {
        #address-cells = <1>;
        #size-cells = <0>;
        cpu@0 { device_type = "cpu"; reg = <0>; };
        cpu@1 { device_type = "cpu"; reg = <1>; };
    };
    memory@80000000 { device_type = "memory"; reg = <0x0 0x80000000 0x0 0x4000000>; };
    memory@100000000 { device_type = "memory"; reg = <0x1 0x0 0x0 0x2345000>; };
};
DTS
check "dtc makes a good tree" dtc -q -I dts -O dtb -o good.dtb good.dts
head -c 200 good.dtb >truncated.dtb
head -c $(($(stat -c %s good.dtb) - 1)) good.dtb >one-byte-short.dtb
sed 's/0x4000000>/0x0>/; s/0x2345000>/0x0>/' good.dts >no-memory.dts
check "dtc makes a tree without memory" dtc -q -I dts -O dtb -o no-memory.dtb no-memory.dts
sed 's/0x0 0x4000000>/0xffffffff 0xffffffff>/' good.dts >wraps.dts
check "dtc makes a tree whose memory wraps" dtc -q -I dts -O dtb -o wraps.dtb wraps.dts

ends 0 fdt good.dtb
for broken in empty random magic truncated one-byte-short no-memory wraps; do
    for command in "fdt" "bench --dtb" "stress --dtb"; do
        # shellcheck disable=SC2086
        run 30 "$framelab" $command $broken.dtb
        name="framelab $command $broken.dtb"
        wanted=2 # an option that cannot be met; for fdt the tree is not an option but the question
        [ "$command" != fdt ] || wanted=1
        if [ $status -ne $wanted ]; then
            not_ok "$name" "status $status: $(tail -n 1 err)"
        elif [ "$(grep -cvE ': seed [0-9]+$' err)" -ne 1 ]; then
            not_ok "$name" "not one line besides the seed: $(cat err)"
        else
            ok "$name"
        fi
    done
done
for command in "fdt" "bench --dtb" "stress --dtb"; do
    # shellcheck disable=SC2086
    refuses 2 "No such file" $command missing.dtb
    # shellcheck disable=SC2086
    refuses 2 "[Dd]irectory" $command directory.dtb
done

# ---- invalid options ----

refuses 2 "0 harts" bench --harts 0
refuses 2 "list of 1 to 512" bench --harts 513
refuses 2 "list of 1 to 512" bench --harts 2,1000000
refuses 2 "list of 1 to 512" bench --harts 4-2
refuses 2 "list of 1 to 512" bench --harts two
refuses 2 "list of 1 to 512" bench --harts ''
refuses 2 "list of 1 to 512" bench --harts -1
refuses 2 "0 to 10" bench --order 11
refuses 2 "0 to 10" bench --order 0,9,
refuses 2 "at least one frame" bench --frames 0
refuses 2 "frag is of single frames" bench --workload frag --order 0,9 --memory 64M
refuses 2 "exhaust is of single frames" bench --workload exhaust --order 9 --memory 64M
refuses 2 "stopped needs harts that can be stopped" bench --workload stopped
refuses 2 "fault is of single frames, not of 512" bench --workload fault --order 9 --memory 64M
refuses 2 "cow is of single frames, not of 3" bench --workload cow --frames 3 --memory 64M
refuses 2 "producers is a list of 0 to 100, not '101'" bench --workload pipe --producers 101
refuses 2 "batch is 1 to 256, not '257'" bench --workload pipe --batch 257
refuses 2 "batch is 1 to 256, not '1,2'" bench --workload pipe --batch 1,2
refuses 2 "purgers is a list of 1 to 512, not '0'" bench --workload purge --purgers 0
refuses 2 "threads is a list of 0 to 512, not '513'" bench --workload exit --threads 513
refuses 2 "lives is 1 to 1000, not '0'" bench --workload larson --lives 0
refuses 2 "share is a list of 0 to 100, not '200'" bench --workload fault --share 200
refuses 2 "children is of workloads that are not asked for" bench --workload fault --children 2
refuses 2 "burst is a list of 1 to" bench --workload burst --burst 1-4,x
refuses 2 "burst is a list of 1 to 1000000, not '0'" bench --workload burst --burst 0
refuses 2 "burst is of workloads that are not asked for" bench --burst 3
refuses 2 "rounds is 1 to 10000, not '1,2'" bench --workload frag --rounds 1,2
refuses 2 "rounds is 1 to" bench --workload frag --rounds 0
refuses 2 "requests is 1 to" bench --requests 0
refuses 2 "no variant 'nosuch'" bench --variant nosuch
refuses 2 "no variant 'baseline:nosuch'" bench --variant baseline:nosuch
refuses 2 "magazine" bench --variant baseline,magazine=99999
refuses 2 "magazine" bench --variant baseline,magazine
refuses 2 "nosuch" bench --variant lockfree,nosuch=1
refuses 2 "batch" bench --variant lockfree,magazine=3,batch=9
refuses 2 "512M or 8G" bench --memory lots
refuses 2 "512M or 8G" bench --memory -1G
refuses 2 "512M or 8G" bench --memory 0
refuses 2 "1 to 64" bench --nodes 0
refuses 2 "1 to 64" bench --nodes 65
refuses 2 "1 to" bench --repeat 0
refuses 2 "seconds" bench --time-limit 0
refuses 2 "seconds" bench --time-limit inf
refuses 2 "a number" bench --seed 0x
refuses 2 "text, json or csv" bench --format xml
refuses 2 "do not go with it" bench --dtb good.dtb --memory 1G
refuses 2 "takes no argument" bench extra
refuses 2 "host, qemu or sim" bench --platform mars
refuses 2 "of simulated harts" bench --machine flat
refuses 2 "not simulated" bench --platform sim --init
refuses 2 "No such file" bench --out /nonexistent/file
refuses 2 "1 to 512" stress --harts 0
refuses 2 "1 to 512" stress --harts 513
refuses 2 "no variant 'nosuch'" stress --variant nosuch
refuses 2 "plain, nodes, nodes4 or holes" stress --layout round
refuses 2 "--memory is a size" stress --memory 1M
refuses 2 "--memory is a size" stress --memory 1000T
refuses 2 "seconds" stress --seconds 0
refuses 2 "seconds" stress --time-limit nan
refuses 2 "operations" stress --operations 0
refuses 2 "seed" stress --seed -1

# What there is none of is answered with what there is.
refuses 2 "no workload 'nosuch'; there are .*bulk, .*frag, .*refused, .*" bench --workload nosuch
refuses 2 "no knob 'nosuch'; there are magazine, batch, .*reclaim" bench --variant lockfree,nosuch=1
refuses 2 "no knob 'nosuch'; there are magazine, batch, .*lock" stress --variant baseline,nosuch=1
refuses 2 "no variant 'nosuch'; there are baseline:origin, baseline, lockfree" stress --variant nosuch
refuses 2 "no variant 'nosuch'; there are baseline:origin, baseline, lockfree" fdt --variant nosuch good.dtb
refuses 2 "no primitive 'nosuch'; there are ticket-lock, mcs-lock, .*own-lists" primitives nosuch
refuses 2 "no scheme 'nosuch'; there are qsbr, epoch, hp" reclaim nosuch
refuses 2 "no machine 'nosuch'; there are epyc-2socket, xeon-1socket-26c, flat" bench --platform sim --machine nosuch
refuses 2 "no machine 'nosuch'; there are epyc-2socket, xeon-1socket-26c, flat" calibrate --base nosuch
refuses 2 "no figure 'nosuch'; there are .*lock-collapse, " figures --only nosuch
refuses 2 "profile is rmo, tso, sc or rcpc" stress --platform sim --profile nosuch

# What would mean nothing.
refuses 2 "--rounds is of workloads that are not asked for" bench --rounds 5
refuses 2 "--rounds is of workloads that are not asked for" bench --rounds 5 --workload fill
refuses 2 "--burst is of workloads that are not asked for" bench --burst 5
refuses 2 "--huge-pages is of the host" bench --huge-pages --platform sim
refuses 2 "--warmup is of workloads that do not begin on a fresh" bench --warmup 1 --workload frag
refuses 2 "--requests is of workloads that have no number of their own" bench --requests 9 --workload frag
refuses 2 "--latency is of workloads that can be run once more" bench --latency 2 --workload frag --workload stopped --platform sim
refuses 2 "--latency does not go with --no-latency" bench --latency 1 --no-latency
refuses 2 "--time-limit does not go with --gdb" bench --platform qemu --gdb --time-limit 5
for option in "free 3" latency "free all"; do
    # shellcheck disable=SC2086
    refuses 2 "--${option% *} is of the workload stack" reclaim --$option
    # shellcheck disable=SC2086
    refuses 2 "--${option% *} is of the workload stack" reclaim --workload read --$option
done
refuses 2 "--layout does not go with --dtb" stress --layout plain --dtb good.dtb
refuses 2 "--memory does not go with --dtb" stress --memory 64M --dtb good.dtb
refuses 2 "--bag is of the workloads that retire" reclaim --workload read --bag 3
refuses 2 "--wait is of the workloads that wait" reclaim --workload read --wait spin
refuses 2 "--milliseconds does not go with --operations" reclaim --milliseconds 3 --operations 3
refuses 2 "--quick does not go with --full" figures --full --quick
refuses 2 "--tiny does not go with --quick" figures --tiny --quick
refuses 2 "--list does not go with --out" figures --list --out x
refuses 2 "--list does not go with --progress" figures --list --progress
refuses 2 "--papers does not go with --format json" report --format json --papers x
refuses 2 "--threshold is a percentage from 0 to below 1000, not '-5'" compare --threshold -5 a b
refuses 2 "--threshold is a percentage from 0" compare --threshold nan a b
refuses 2 "--alpha is a number above 0 and below 1" compare --alpha 0 a b

# ---- no memory; the seed is printed too, so not one line but the last ----

says() { # STATUS PATTERN COMMAND...
    local wanted=$1 pattern=$2
    shift 2
    run 60 "$@"
    if [ $status -eq "$wanted" ] && tail -n 1 err | grep -qE -- "$pattern"; then
        ok "says '$pattern': ${*//$framelab/framelab}"
    else
        not_ok "says '$pattern': ${*//$framelab/framelab}" "status $status: $(tail -n 1 err)"
    fi
}
says 2 "." "$framelab" bench --memory 1M --repeat 1
says 2 "." "$framelab" bench --memory 16000000T --repeat 1
says 2 "." "$framelab" bench --memory 1000T --repeat 1
says 2 "memory too small" "$framelab" bench --memory 16M --order 10 --harts 64 --repeat 1
says 2 "memory too small" "$framelab" stress --memory 8M --harts 200 --layout plain --operations 10
says 2 "memory too small" "$framelab" bench --memory 16M --workload fill --harts 64 --repeat 1
says 2 "." bash -c 'ulimit -v 3000000; exec "$@"' limited "$framelab" bench --memory 8G --repeat 1
# Fewer threads than harts. The limit does not bind root, so root becomes nobody, with a binary that nobody can read.
nobody=$(mktemp -d)
chmod 755 "$nobody"
cp "$framelab" "$nobody/framelab"
as_nobody=()
[ "$(id -u)" -ne 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
says 2 "harts cannot be started" "${as_nobody[@]}" bash -c 'ulimit -u 30; exec "$@"' limited \
    "$nobody/framelab" bench --memory 64M --harts 400 --repeat 1 --workload bulk --format json
rm -r "$nobody"

# ---- what a run leaves behind ----

records=0
count_records() { # FILE
    records=$(grep -c '"type":"bench"' "$1" 2>/dev/null)
}

# starts a long bench in the background, waits until it has written some records.
begin_bench() { # FILE ARGUMENT...
    local file=$1
    shift
    "$framelab" bench --memory 256M --repeat 10000 --out "$file" "$@" >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 300); do
        count_records "$file"
        [ "${records:-0}" -lt 3 ] || return
        sleep 0.1
    done
}

for signal in INT TERM; do
    begin_bench interrupted-$signal.json
    kill -$signal $pid
    wait $pid
    status=$?
    count_records interrupted-$signal.json
    if [ $status -ne 130 ]; then
        not_ok "bench ends on SIG$signal with 130" "status $status: $(tail -n 1 err)"
    elif [ "$records" -lt 3 ] || [ -n "$(tail -c 1 interrupted-$signal.json)" ]; then
        not_ok "bench ends on SIG$signal with 130" "$records records, or the last one is cut"
    else
        ok "bench ends on SIG$signal with 130"
    fi
    check "what it measured until SIG$signal is a file of records" "$framelab" table interrupted-$signal.json
done

run 30 "$framelab" bench --memory 256M --repeat 10000 --out late.json --time-limit 1
count_records late.json
if [ $status -eq 124 ] && [ "$records" -ge 1 ] && grep -q "while measuring" err; then
    ok "bench keeps records past its time limit"
else
    not_ok "bench keeps records past its time limit" "status $status, $records records: $(tail -n 1 err)"
fi

"$framelab" stress --seconds 60 --seed 5 >out 2>err </dev/null &
pid=$!
sleep 2
kill -INT $pid
wait $pid
status=$?
if [ $status -eq 130 ] && grep -q "seed 5" err && grep -q holds out; then
    ok "stress ends on SIGINT with 130 and what held so far"
else
    not_ok "stress ends on SIGINT with 130 and what held so far" "status $status: $(tail -n 1 err)"
fi

run 30 "$framelab" stress --seconds 60 --time-limit 1 --harts 3 --seed 5
if [ $status -eq 124 ] && [ "$(grep -c ': hart [0-2] after' err)" -eq 3 ]; then
    ok "the watchdog of stress says where each hart is"
else
    not_ok "the watchdog of stress says where each hart is" "status $status: $(tail -n 1 err)"
fi

# ---- processes in turn ----

few=(--memory 64M --harts 1 --workload bulk --requests 200 --no-latency --variant lockfree)
run 60 "$framelab" bench "${few[@]}" --repeat 3 --seed 5 --format json
check "each repeat is a process, a block of one campaign" bash -c '[ '$status' -eq 0 ] && jq -se "
    map(select(.type == \"provenance\")) as \$p | map(select(.variant == \"lockfree\")) as \$r |
    (\$p | map(.campaign.block)) == [0, 1, 2] and (\$p | map(.campaign.id) | unique | length) == 1 and
    (\$r | map(.provenance)) == (\$p | map(.id)) and (\$r | map(.repeat)) == [0, 1, 2] and
    (\$r | map(.seed)) == [5, 5, 5]" out'
jq -sr 'map(if .type == "provenance" then "-" else .variant end) | join(" ")' out >order
run 60 "$framelab" bench --memory 64M --harts 1 --workload bulk --requests 200 --repeat 3 --latency 2 --format json
check "as many repeats measure latency as are asked for" test "$(jq -r 'select(.variant == "lockfree") |
    .phases[0] | has("latency_ns")' out | tr '\n' ' ')" = "true true false "
check "who comes first rotates" grep -qx -- "- lockfree null cas - null cas lockfree - cas lockfree null" order
# Another version: a program that has the same options and is ten times as quick as it says; one that fails.
cat >quick <<EOF
#!/bin/sh
"$framelab" "\$@" |
    jq -c 'if .type == "bench" and .variant == "lockfree" then .phases[].hart_ns[] |= (. / 10 | floor) else . end'
EOF
printf '#!/bin/sh\necho "quick: no such thing" >&2\nexit 2\n' >failing
chmod +x quick failing
run 120 "$framelab" bench "${few[@]}" --against ./quick --out turn.jsonl
check "--against finds a regression, or says that it cannot tell" test $status -eq 1 -o $status -eq 3
check "and measures in turn, in alternating order" bash -c '[ "$(jq -r "select(.campaign) | .campaign.side" turn.jsonl |
    tr -d "\n")" = ABBAABBAABBAABBAABBAABBAABBA ]'
jq -r 'select(.command).command[]' turn.jsonl >told
check "and tells no process that it is measured against another" bash -c '! grep -qE "against|turn.jsonl" told'
check "and tells whose is what" grep -q "^A: .*side A" out
run 120 "$framelab" bench "${few[@]}" --against ./quick --bisect --repeat 2
check "git bisect is told that two blocks tell nothing" test $status -eq 125
run 60 "$framelab" bench "${few[@]}" --against ./failing
check "what the other binary says is passed on" \
    bash -c '[ '$status' -eq 2 ] && grep -q "no such thing" err && grep -q "failing ended with status 2" err'
run 60 "$framelab" bench "${few[@]}" --against ./failing --bisect
check "and is nothing to git bisect" test $status -eq 125
refuses 2 "path of a framelab" bench --against framelab
says 2 "are the same variant" "$framelab" bench --variant lockfree --variant lockfree,magazine=64
says 2 "knob magazine is given twice" "$framelab" bench --variant lockfree,magazine=0,magazine=64
run 60 "$framelab" bench "${few[@]}" --harts 1,1 --order 0,0 --frames 1 --workload bulk --repeat 1 --format json
check "a number given twice counts once" test "$(grep -c '"variant":"lockfree"' out)" -eq 1
refuses 2 "path of a framelab" bench --against ./nowhere
refuses 2 "go with --against" bench --bisect
refuses 2 "for the host" bench --against "$framelab" --platform sim

# ---- what a run says ----

run 60 "$framelab" bench --memory 64M --repeat 1 --harts 1 --workload bulk --format json --seed 77
for wanted in '"type":"provenance"' '"variant":"null"' '"variant":"cas"' '"variant":"baseline"' \
    '"variant":"lockfree"' '"seed":77' '"latency_ns"'; do
    check "bench --format json has $wanted" grep -q -- "$wanted" out
done
check "the seed is printed" grep -q 'seed 77' err
check "nothing is coloured that is no terminal" bash -c '! grep -q $'"'\\x1b'"' out err'

# ---- output that is lost ----

# Of every command, in every format: status 1, and one line, the same but for the command's name. Before it may come
# what is always told: the seed, the costs that calibrate measured.
least="--memory 64M --repeat 1 --harts 1 --workload bulk --requests 10 --no-latency"
# shellcheck disable=SC2086 # options
"$framelab" bench $least --out small.jsonl >/dev/null 2>&1
lost=("--help" "--version" "help bench" "bench --help" "stress --version" "draw --out pictures small.jsonl"
    "calibrate --repeat 1" "report --format json --out page.json $OLDPWD/results/reference/figures" "figures --list"
    "figures --list --format json" "figures --tiny --only lock-collapse --out figures")
for format in text json csv; do
    lost+=("list --format $format" "fdt --format $format good.dtb" "compare --format $format small.jsonl small.jsonl"
        "table --format $format small.jsonl" "bench $least --format $format"
        "bench --platform sim $least --format $format" "stress --operations 50 --layout plain --memory 16M --format $format"
        "stress --platform sim --executions 64 --format $format"
        "primitives mcs-lock --operations 10 --harts 1 --repeat 1 --format $format"
        "reclaim qsbr --milliseconds 1 --harts 1 --repeat 1 --format $format")
done
for command in "${lost[@]}"; do
    # shellcheck disable=SC2086 # words
    timeout -k 5 60 "$framelab" $command >/dev/full 2>err </dev/null
    status=$?
    name="output that is lost: framelab $command"
    if [ $status -ne 1 ]; then
        not_ok "$name" "status $status: $(tail -n 1 err)"
    elif ! tail -n 1 err | grep -qxE "framelab( [a-z]+)?: standard output: No space left on device" ||
        [ "$(grep -c 'standard output\|cannot\|records:' err)" -ne 1 ]; then
        not_ok "$name" "says $(tr '\n' '|' <err)"
    else
        ok "$name"
    fi
done
# shellcheck disable=SC2086
refuses_records() { # FILE: one line besides the seed
    run 60 "$framelab" bench $least --out "$1" --seed 1
    [ $status -eq 1 ] && [ "$(grep -vc ': seed' err)" -eq 1 ] && grep -q 'No space left' err
}
check "records that are lost are told once" refuses_records /dev/full
# What was closed is lost too, and no file is taken for it.
"$framelab" list >&- 2>err
status=$?
check "a closed output is lost" bash -c "[ $status -eq 1 ] && grep -qx 'framelab list: standard output: Bad file descriptor' err"
# shellcheck disable=SC2086
"$framelab" bench $least --out kept.jsonl --seed 1 >&- 2>err
check "and no file of records is written over" "$framelab" table kept.jsonl

refuses 2 "no column 'foo'; there are baseline, lockfree" table --ratio foo/bar small.jsonl
refuses 2 "no column 'bar'; there are baseline, lockfree" table --ratio lockfree/bar small.jsonl
ends 0 table --ratio lockfree/baseline small.jsonl

# ---- progress ----

# On a terminal: ten lines a second. Of the time that is left nothing is said before some of the work is done, and never
# more than before.
script -qec "$framelab bench --memory 256M --repeat 6 --harts 1,2 --workload bulk --workload rand --workload repeat" /dev/null \
    </dev/null 2>&1 | tr '\r' '\n' | grep -a ' %' >progress
check "progress is shown" test "$(wc -l <progress)" -ge 3
check "it does not begin with a time" bash -c '! head -n 1 progress | grep -q "s left"'
check "it comes to name the time that is left" grep -q ' s left: ' progress
check "which never grows" bash -c 'grep -ao "[0-9]* s left" progress | cut -d" " -f1 | sort -c -n -r'

# ---- workloads ----

run 60 "$framelab" bench --memory 64M --repeat 2 --harts 1,2 --workload frag --rounds 3 --workload fill --requests 50
check "frag shows how much of memory is in free whole chunks" grep -q 'first *last' out
check "fill shows each occupancy" grep -q 'fill alloc 99%' out
run 60 "$framelab" bench --memory 64M --repeat 1 --harts 2 --workload exhaust --rounds 2 --requests 300 \
    --variant lockfree --variant lockfree,drain=off --format json
check "exhaust: with the drain nothing is left" grep -q 'drain=on.*"left":\[0,0\]' out
check "exhaust: without it, what the other hart has" grep -Eq 'drain=off.*"left":\[[1-9][0-9]*,[1-9][0-9]*\]' out
check "exhaust: one refusal a round, and a drain before it" \
    grep -Eq 'drain=on.*"drain":\{"samples":[1-9].*"fail":\{"samples":2,"p50":[1-9].*"histogram":\[\[' out
run 60 "$framelab" bench --memory 64M --repeat 1 --harts 1,2 --workload burst --burst 6,7 --requests 100 \
    --variant baseline,magazine=3
check "burst shows each run length" bash -c 'grep -q "burst of 6" out && grep -q "burst of 7" out'
run 60 "$framelab" bench --memory 64M --repeat 1 --harts 2 --workload adversary --workload walk --requests 100 \
    --variant baseline,magazine=3,magazines=1
check "traces that are hard on caches are pairs" bash -c 'grep -q "adversary pair" out && grep -q "walk pair" out'
run 60 "$framelab" bench --memory 64M --repeat 1 --harts 1,2 --workload pipe --producers 0,100 --workload purge \
    --purgers 1,2 --workload exit --threads 0,1 --workload larson --workload threadtest --objects 999 --workload fault \
    --share 0,9 --workload cow --children 1,2 --requests 300
for row in 'pipe pair producers=0%' 'pipe pair producers=100%' 'purge free purgers=2' 'exit free threads=1' 'larson pair' \
    'threadtest pair' 'fault unmap share=9%' 'cow ref children=2' 'cow copy children=1'; do
    check "a row for each value of an option: $row" grep -q "^$row " out
done
run 60 "$framelab" bench --memory 64M --repeat 1 --harts 1 --workload bulk --requests 1000 --no-latency --format json
check "--requests bounds the allocations a hart" grep -q '"operations":20000,' out
for requests in 16 100; do # 100 passes, each of one burst
    run 60 "$framelab" bench --memory 64M --repeat 1 --harts 1 --workload burst --burst 64 --requests $requests \
        --no-latency --format json
    check "--requests $requests is one burst of 64" grep -q '"name":"of 64","operations":6400,' out
done
run 60 "$framelab" bench --memory 64M --repeat 1 --harts 2 --workload repeat --requests 100 --no-latency --init \
    --format json
check "--init says of each hart how long it waited" \
    grep -Eq '"workload":"boot".*"hart_ns": ?\[([1-9][0-9]*), ?\1\]' out
ends 0 bench --dtb good.dtb --harts 1-3 --repeat 1 --order 0,3 --frames 3 --no-latency
ends 0 stress --dtb good.dtb --operations 500 --harts 3
ends 0 stress --operations 200 --harts 2 --format csv
check "stress --format csv: columns as on every platform" grep -qx \
    'variant,platform,setting,harts,seed,rounds,operations,accesses,added,removed,seconds,violated,what,replay' out
check "stress --format csv: a row" grep -Eq \
    '^lockfree,host,plain,2,[0-9]+,[0-9]+,[1-9][0-9]*,,[0-9]+,[0-9]+,[0-9.]+,,,$' out
ends 0 stress --operations 200 --harts 2 --format json

[ $failed -eq 0 ]
