#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `framelab bench` and `framelab stress` on QEMU: their records, and how they end whatever QEMU and the guest do. For
# what a guest hardly ever does, a script in QEMU's place says it.
#
#   stress/check/qemu-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
#
# Prints `ok - NAME` or `not ok - NAME`; exit 1 if any is not.
set -u
here=$(realpath "$(dirname "$0")")
build=$(realpath "${1:?usage: stress/check/qemu-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")
scratch=${2:?usage: stress/check/qemu-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}
framelab=$build/framelab
kernel=$build/qemu/riscv64/kernel.elf
rm -rf "$scratch"
mkdir -p "$scratch/fake"
cd "$scratch" || exit 1
export PIDFILE=$PWD/pid
# shellcheck source=stress/check/ended.sh
. "$here/ended.sh"

is_gone() { # pid: within a second, and not merely unburied
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        grep -qs '^State:[[:space:]]*[DRSTt]' "/proc/$1/status" || return 0
        sleep 0.1
    done
    return 1
}

if [ ! -f "$kernel" ]; then
    echo "not ok - there is no kernel: run 'make qemu'"
    exit 1
fi

# ---- QEMU itself ----

bench=("$framelab" bench --platform qemu --seed 7 --repeat 2 --harts "1,4" --requests 300 --workload bulk \
    --workload rand)
stress=("$framelab" stress --platform qemu --seed 7 --operations 500)

run "${bench[@]}" --format json
[ $status -eq 0 ] && [ "$(grep -c '"type":"bench"' out)" -eq 16 ] && head -n 1 out | grep -q '"qemu":{"version":"QEMU'
verdict $? "bench: records of both variants, behind a provenance that names QEMU"
id=$(head -n 1 out | grep -o '"id":"[0-9a-f]*"' | grep -o '[0-9a-f]\{16\}')
[ "$(grep -c "^{\"type\":\"bench\",\"provenance\":\"$id\",\"variant\"" out)" -eq 16 ]
verdict $? "bench: each record names its provenance"
head -n 1 out | grep -q '"kernel":{"path":"[^"]*","compiler":"riscv64[^"]*","flags":"[^"]*-march'
verdict $? "bench: the provenance has the kernel's compiler and flags"
without_provenance() { grep -v '"type":"provenance"' | sed 's/"provenance":"[0-9a-f]*"//'; }
without_provenance <out >first
run "${bench[@]}" --format json
without_provenance <out | cmp -s - first
verdict $? "bench: the same seed gives the same records, to the byte"
run "${bench[@]}" --out records.jsonl --order 0,9
[ $status -eq 0 ] && grep -q 'counted, not timed' out && grep -q 'baseline/lockfree' out && ! grep -qw ns out
verdict $? "bench: a table of counts, and no nanoseconds"
# Two magazines of 3: a run of 7 goes to the global allocator twice, of 6 never. 294 allocations a hart, 2 harts.
run "$framelab" bench --platform qemu --harts 2 --repeat 1 --workload burst --burst 6,7 --requests 300 \
    --variant lockfree,magazine=3 --format json
[ $status -eq 0 ] && grep -q '"burst":6,.*"name":"of 6","operations":300,.*"global_takes":0,"global_gives":0,' out &&
    grep -q '"burst":7,.*"name":"of 7","operations":294,.*"global_takes":84,"global_gives":84,' out
verdict $? "bench: bursts reach the global allocator beyond the cache, exactly"
# Of 16 allocations a burst of 64 is one whole burst, and of 100 one too: as on the host and on simulated harts.
run "$framelab" bench --platform qemu --harts 2 --repeat 1 --workload burst --burst 64 --requests 16 \
    --variant lockfree --format json
[ $status -eq 0 ] && grep -q '"burst":64,.*"name":"of 64","operations":64,' out
verdict $? "bench: --requests below --burst is one burst"
run "$framelab" bench --platform qemu --harts 2 --repeat 1 --workload burst --burst 64 --requests 100 \
    --variant lockfree --format json
[ $status -eq 0 ] && grep -q '"burst":64,.*"name":"of 64","operations":64,' out
verdict $? "bench: --requests is cut to whole bursts"
loads=("$framelab" bench --platform qemu --seed 7 --repeat 1 --harts "1,4" --requests 200 --objects 800 --workload pipe
    --workload purge --workload exit --workload larson --workload threadtest --workload fault --workload cow)
run "${loads[@]}" --format json
[ $status -eq 0 ] && [ "$(grep -c '"type":"bench"' out)" -eq 28 ] &&
    grep -q '"pipe":{"producers":2,"consumers":2,"batch":32}' out && grep -q '"fault":{"huge":80,"fallbacks":0}' out
verdict $? "bench: loads of one side, with what they came to"
without_provenance <out >first-loads
run "${loads[@]}" --format json
without_provenance <out | cmp -s - first-loads
verdict $? "bench: the same seed gives the same of them, to the byte"
ends 0 "" "table: counts as CSV" "$framelab" table --format csv records.jsonl
grep -q '^"qemu, riscv64, icount",baseline,' out
verdict $? "table: a row a measurement"
run "$framelab" compare records.jsonl records.jsonl
[ $status -eq 0 ] && grep -q '0 worse, 0 better, 160 equal' out
verdict $? "compare: the same counts are no worse"
jq -c 'if .variant == "lockfree" and .repeat == 0 then .phases[0].hart_instructions[0] += 1 else . end' \
    records.jsonl >worse.jsonl
run "$framelab" compare records.jsonl worse.jsonl
[ $status -eq 1 ] && grep -q ' [1-9][0-9]* worse, 0 better' out
verdict $? "compare: an instruction more is worse"
ends 2 "counts and no times" "draw: says that it draws times" "$framelab" draw --out pictures records.jsonl
head -c -20 records.jsonl >cut.jsonl
run "$framelab" table cut.jsonl
[ $status -eq 0 ] && grep -q 'cut short' err
verdict $? "table: a file that is cut short"
sed 's/"hart_instructions":\[/&17,/' records.jsonl >damaged.jsonl
ends 2 "no bench records" "table: instructions of more harts than there are" "$framelab" table damaged.jsonl

run "${stress[@]}"
[ $status -eq 0 ] && [ "$(grep -c '^    KTAP version 1' out)" -eq 3 ] && ! grep -qvE '^(    )?(KTAP|1\.\.|ok |# )' out
verdict $? "stress: KTAP on stdout, nested for each variant"
run "${stress[@]}" --format json --variant lockfree
[ $status -eq 0 ] && [ "$(grep -c '"type":"stress","provenance"' out)" -eq 1 ] && [ "$(wc -l <out)" -eq 2 ]
verdict $? "stress: records"
ends 0 "" "stress: CSV" "${stress[@]}" --format csv --variant lockfree
columns=variant,platform,setting,harts,seed,rounds,operations,accesses,added,removed,seconds,violated,what,replay
[ "$(head -n 1 out)" = $columns ] \
    && grep -Eq '^lockfree,qemu,"riscv64, icount",4,7,,[1-9][0-9]*,,,,,,,$' out
verdict $? "stress: CSV has the columns that it has on every platform"
ends 0 "" "stress: four nodes" "${stress[@]}" --variant lockfree --numa 4 --harts 8 --memory 256M
ends 0 "" "stress: harts as threads" "${stress[@]}" --variant lockfree --mode mttcg --harts 2
ends 2 "no such reclamation" "what the guest refuses is said" "${bench[@]}" --variant lockfree,reclaim=urcu-memb

# ---- asked for what is impossible ----

refuses() { # STATUS PATTERN ARGUMENT...: with one line, the seed aside, and nothing on stdout
    local wanted=$1 pattern=$2
    shift 2
    run "$framelab" "$@"
    [ $status -eq "$wanted" ] && [ ! -s out ] && [ "$(grep -cv ': seed [0-9]*$' err)" -eq 1 ] &&
        grep -qE -- "$pattern" err
    verdict $? "refuses: framelab $*"
}
refuses 2 "1 to 128" bench --platform qemu --harts 129
refuses 2 "1 to 64" stress --platform qemu --arch aarch64 --harts 65
refuses 2 "riscv64" bench --platform qemu --arch mips
refuses 2 "icount or mttcg" bench --platform qemu --mode fast
refuses 2 "32M to 16G" bench --platform qemu --memory 17G
refuses 2 "32M to 16G" stress --platform qemu --memory 16M
refuses 2 "--numa" bench --platform qemu --numa 3 --harts 2
refuses 2 "--numa" stress --platform qemu --numa 0
refuses 2 "whole MiB" stress --platform qemu --numa 3 --memory 64M
refuses 2 "--gdb" bench --platform qemu --gdb=70000
refuses 2 "--coherence is of QEMU" bench --coherence
refuses 2 "--coherence is of QEMU, and there of the mode icount" bench --platform qemu --mode mttcg --coherence
refuses 2 "--coherence is a power of two of KiB" bench --platform qemu --coherence=100
refuses 2 "--functions is of QEMU" bench --platform sim --functions
refuses 2 "--dtb does not go with" bench --platform qemu --dtb x
refuses 2 "--seconds does not go with" stress --platform qemu --seconds 3
refuses 2 "--no-latency does not go with" bench --platform qemu --no-latency
refuses 2 "--arch goes with --platform qemu only" bench --arch riscv64
refuses 2 "--gdb goes with --platform qemu only" stress --gdb
refuses 2 "frag is not in QEMU: it ages memory" bench --platform qemu --workload frag
refuses 2 "refused is not in QEMU: it has a hart beside" bench --platform qemu --workload refused
refuses 2 "no variant" bench --platform qemu --variant nosuch
refuses 77 "no kernel for riscv64 at /nonexistent" stress --platform qemu --kernel /nonexistent
mkdir -p bare
for tool in bash sleep env; do
    ln -sf "$(command -v $tool)" bare/
done
ends 77 "no qemu-system-riscv64; Debian has it in qemu-system-misc" "no QEMU" env PATH="$PWD/bare" "${stress[@]}"

# ---- a script in QEMU's place: what $FAKE says ----

cat >fake/qemu-system-riscv64 <<'FAKE'
#!/usr/bin/env bash
[ "${1:-}" != --version ] || { echo "QEMU emulator version 0 (fake)"; exit 0; }
echo $$ >"$PIDFILE"
record='{"type":"bench","variant":"lockfree","knobs":"","platform":"qemu","arch":"riscv64","mode":"icount","harts":1'
record+=',"cores":1,"seed":1,"workload":"bulk","order":0,"frames":1,"repeat":0'
record+=',"phases":[{"name":"alloc","operations":9,"hart_instructions":[9]}]'
record+=',"counts":{"global_takes":1,"global_gives":1,"cas_retries":0,"lock_waits":0,"grace_periods":0}}'
echo "OpenSBI v0"
case $FAKE in
broken) echo "$record"; echo '{"type":"bench","variant":'; exec sleep 100 ;;
cut) echo "$record"; printf '%s' "${record:0:60}" ;;
endless) head -c 3000000 /dev/zero | tr '\0' '{' ; exec sleep 100 ;;
noise) head -c 100000 /dev/urandom | tr -d '{'; echo; echo "$record" ;;
few) echo "$record" ;;
good) echo "qemu-system-riscv64: warning: it is warm" >&2; echo "$record"; echo "$record" ;;
hang) echo "$record"; exec sleep 100 ;;
firmware)
    echo 'qemu-system-riscv64: Unable to find the RISC-V BIOS "opensbi-riscv64-generic-fw_dynamic.bin"' >&2
    exit 1 ;;
refuse)
    echo "qemu-system-riscv64: cannot set up guest memory 'riscv_virt_board.ram': Cannot allocate memory" >&2
    exit 1 ;;
killed) kill -KILL $$ ;;
violated)
    printf '%s\n' "not ok 1 P1 no frame is owned twice" "# allocated while allocated; frame 0x80123, hart 3"
    exit 1 ;;
instead) exec "$QEMU" "${@/run=* mode/run=$INSTEAD mode}" ;;
esac
FAKE
chmod +x fake/qemu-system-riscv64
QEMU=$(command -v qemu-system-riscv64)
export QEMU
fake=(env "PATH=$PWD/fake:$PATH")
one=("$framelab" bench --platform qemu --variant lockfree --harts 1 --repeat 2 --workload bulk --format json)
kept() { # records that were kept
    [ "$(grep -c '"type":"bench"' out)" -eq "$1" ]
}
ends 0 "" "a warning of QEMU's is passed on, and means nothing" "${fake[@]}" FAKE=good "${one[@]}"
grep -q 'it is warm' err && kept 2
verdict $? "and the records are there"
ends 1 "record 2 of the guest is broken" "a broken record ends the run" "${fake[@]}" FAKE=broken "${one[@]}"
kept 1 && is_gone "$(cat "$PIDFILE")"
verdict $? "what came before it is kept, and the guest is gone"
ends 1 "record 2 of the guest is broken" "a record that is cut short" "${fake[@]}" FAKE=cut "${one[@]}"
ends 1 "record 1 of the guest is broken" "a record without an end" "${fake[@]}" FAKE=endless "${one[@]}"
ends 1 "after 1 of 2 records" "noise is not taken for records" "${fake[@]}" FAKE=noise "${one[@]}"
ends 1 "after 1 of 2 records" "a record is missing" "${fake[@]}" FAKE=few "${one[@]}"
ends 77 "lacks its firmware" "no firmware" "${fake[@]}" FAKE=firmware "${one[@]}"
grep -q 'Unable to find the RISC-V BIOS' err
verdict $? "QEMU's own line is passed on"
ends 2 "cannot make this machine" "what QEMU refuses" "${fake[@]}" FAKE=refuse "${one[@]}"
ends 1 "QEMU ended with status 137" "QEMU is killed" "${fake[@]}" FAKE=killed "${one[@]}"
ends 1 "reports a failure" "a violated property" "${fake[@]}" FAKE=violated "${one[@]}"
grep -q 'allocated while allocated' err
verdict $? "and what the guest says of it"
ends 124 "watchdog: .* 1 of 2 records; it last said: {\"type\"" "the watchdog" "${fake[@]}" FAKE=hang "${one[@]}" \
    --time-limit 1
kept 1 && is_gone "$(cat "$PIDFILE")"
verdict $? "it keeps what there is, and the guest is gone"
run "${fake[@]}" FAKE=violated "$framelab" stress --platform qemu --variant lockfree --format json
[ $status -eq 1 ] && grep -q 'reports a failure' err
verdict $? "a guest that fails without a record"
ends 124 "watchdog" "the watchdog of stress" "${fake[@]}" FAKE=hang "$framelab" stress --platform qemu --time-limit 1

# One that runs for long, in the background; its records are in `out`.
begin() {
    : >out
    rm -f "$PIDFILE"
    "${fake[@]}" FAKE=hang "${one[@]}" >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 50); do
        ! kept 1 || return
        sleep 0.1
    done
}
for signal in INT TERM; do
    begin
    kill -$signal $pid
    wait $pid
    status=$?
    [ $status -eq 130 ] && kept 1 && tail -n 1 err | grep -q interrupted && is_gone "$(cat "$PIDFILE")"
    verdict $? "SIG$signal: status 130, what was recorded is kept, the guest is gone"
done
begin
kill -KILL $pid
wait $pid 2>/dev/null
is_gone "$(cat "$PIDFILE")"
verdict $? "SIGKILL: the guest is gone too"

# ---- a kernel that panics, in QEMU ----

export INSTEAD=trap
ends 1 "the guest panicked after 0 of 2 records" "a panic" "${fake[@]}" FAKE=instead "${one[@]}" --harts 3
grep -qE 'panic: +at 0x[0-9a-f]+ [a-z_]*trap[a-z_]*\+0x[0-9a-f]+ \(kernel_wrong\.c:[0-9]+\)$' err &&
    grep -qE 'called at 0x[0-9a-f]+ hart_main\+0x[0-9a-f]+ \(harts\.c:[0-9]+\)$' err
verdict $? "its addresses have names and lines"
ends 1 "" "a panic in the stress test" "${fake[@]}" FAKE=instead "$framelab" stress --platform qemu \
    --variant lockfree --harts 3 --out panic.jsonl
grep -q '^violated: panic' err && jq -e 'select(.violation).violation.property == "panic"' panic.jsonl >check.log &&
    grep -q '^    not ok [0-9]* panic' out
verdict $? "is a record, too"
run env FAKE=instead PATH="$PWD/fake:$PWD/bare" "${one[@]}" --harts 3
grep -qE 'called at 0x[0-9a-f]+ hart_main\+0x[0-9a-f]+$' err
verdict $? "names without addr2line"
cp "$kernel" stripped.elf && strip stripped.elf 2>/dev/null ||
    "${OBJCOPY:-riscv64-unknown-elf-objcopy}" -S "$kernel" stripped.elf
ends 1 "panicked" "a panic of a kernel without symbols" "${fake[@]}" FAKE=instead "${one[@]}" --harts 3 \
    --kernel stripped.elf
grep -qE 'panic: +at 0x[0-9a-f]+$' err
verdict $? "its addresses stay numbers"
if command -v gdb-multiarch >/dev/null; then
    "${one[@]}" --gdb=21234 >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 50); do
        ! grep -q 'waits for a debugger' err || break
        sleep 0.1
    done
    timeout 30 gdb-multiarch -nx -batch "$kernel" -ex 'target remote :21234' -ex 'break command_run' -ex continue \
        -ex backtrace -ex 'delete' -ex continue >gdb.log 2>&1
    wait $pid
    status=$?
    [ $status -eq 0 ] && kept 2 && grep -q 'kernel_main' gdb.log
    verdict $? "a debugger attaches, and the guest goes on under it"
else
    echo "ok - a debugger attaches # SKIP there is no gdb-multiarch"
fi
exit $failed
