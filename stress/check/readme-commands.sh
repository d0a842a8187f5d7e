#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every command that a block of a document shows is run, in the order of the document; and what a document shows of
# their output that depends on nothing but the sources is what they print.
#
#   stress/check/readme-commands.sh [--whole] BUILD_DIRECTORY SCRATCH_DIRECTORY
#
# A block is fenced or indented. A command in it is a line that begins with one of the words below, perhaps after `$ `,
# with the lines that continue it (\ or | at the end), without its comment (` # ...`). It must end with status 0, or as
# its comment says: `exit 1`. What takes long is shortened by the rules below, each of which is used; with --whole, for
# check-long, nothing is but what has a suite of its own. Commands run in the scratch directory, where the sources are
# too, by links. Prints `ok - NAME`, `not ok - NAME` or `skip - NAME`; exit 1 if any is not ok.
set -u
whole=false
if [ "${1:-}" = --whole ]; then
    whole=true
    shift
fi
usage='usage: stress/check/readme-commands.sh [--whole] BUILD_DIRECTORY SCRATCH_DIRECTORY'
build=$(realpath "${1:?$usage}")
scratch=${2:?$usage}
top=$(realpath "$(dirname "$0")/../..")
rm -rf "$scratch"
mkdir -p "$scratch"
scratch=$(realpath "$scratch")
cd "$scratch" || exit 1
mkdir results bin # results/latest is the test's own; the build folder has folders named after tools
for entry in "$top"/{*,.ci,.git,.clang-*,results/*}; do
    case ${entry#"$top/"} in
    build | results | results/latest*) ;;
    results/*) ln -s "$entry" results/ ;;
    *) ln -s "$entry" . ;;
    esac
done
if $whole; then # what is made here is made of what is copied here
    make -s all qemu >out 2>&1 || { cat out && exit 1; }
    build=$PWD/build
else
    ln -s "$build" build
fi
ln -s "$build/framelab" bin/
export PATH=$PWD/bin:$PATH
failed=0

verdict() { # good(0|1) name
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        tail -n 40 out | sed 's/^/# /'
        failed=1
    fi
}

# ---- what the blocks have ----

# A line each: document:line, the status wanted, the command.
commands_of() { # document
    awk -v document="$1" '
        function flush() {
            if (command == "") { return }
            status = match(command, / # .*exit [0-9]+/) ? substr(command, RSTART + RLENGTH - 1, 1) : 0
            sub(/ +# .*$/, "", command)
            print document ":" first "\t" status "\t" command
            command = ""
        }
        /^ *```/ { fenced = !fenced; flush(); next }
        !fenced && !/^    / { flush(); next }
        {
            line = $0
            if (!fenced) { sub(/^    /, "", line) }
            if (continued) { sub(/^ +/, "", line); command = command " " line }
            else {
                flush()
                sub(/^\$ /, "", line)
                if (line !~ /^(framelab|build\/framelab) [a-z]+( |$)/ && line !~ /^(make|sed|cp|clang|gcc|stress\/check\/[a-z-]+\.sh) / &&
                    line !~ /^build\/[a-z_]+ /) { next }
                command = line
                first = FNR
            }
            continued = command ~ /[\\|]$/
            sub(/\\$/, "", command)
        }
        END { flush() }' "$1"
}

# ---- shortened ----

# Of sed, the first that fits: what fits, then what becomes of it. `make -n` shows that the target is there and what it
# would do.
rules='
s/^make (compare|keep|readme|check|check-long|linux|qemu|qemu-check|figures|report|report-check|paper)( .*)?$/make -n \1\2/
s/^make (fuzz) .*/make \1 ARGS=-runs=100/
s/^build\/fuzz_memory_map .*/build\/fuzz_memory_map board.dtb/
s/^make OWN=.*/make -n OWN=stress\/package\/skeleton/
s/^make OWN_WORKLOAD=.*/make -n OWN_WORKLOAD=stress\/workload\/bulk.c/
s/--workload mine --step 0,1,2/--workload bulk/
s/--variant mine --variant lockfree/--variant lockfree/
s/--variant mine/--variant lockfree/
s/^framelab bench .*--against.*/framelab help bench/
s/^framelab bench .*frag.*/& --harts 1 --repeat 1 --rounds 2 --requests 50 --memory 64M/
s/^framelab bench .*--variant linux.*/& --harts 1 --repeat 1 --requests 50 --workload bulk/
s/^framelab bench .*--platform (qemu|sim).*/& --harts 1,2 --repeat 1 --requests 50 --memory 1G/
s/^(build\/)?framelab bench .*/& --harts 1,2 --repeat 1 --requests 50 --memory 128M --no-latency/
s/^framelab stress .*--platform qemu.*/& --harts 2 --operations 200/
s/^(build\/)?framelab stress (.*)--seconds [0-9]+/\1framelab stress \2--seconds 0.3/
s/^framelab stress .*--freeze --variant lockfree/& --executions 2/
s/^framelab stress --shard.*/& --seconds 0.3/
s/--operations 100000/--operations 500/
s/^stress\/check\/spin.sh$/& link_duty.pml/
s/^framelab reclaim .*/& --milliseconds 2 --repeat 1/
s/^framelab calibrate --out.*/& --repeat 1/
s/^framelab figures( --full| --quick| --quick --varied| --only lock-collapse --full)?$/framelab figures --tiny --only lock-collapse/
s/^framelab figures --only ([a-z-]+) --quick/framelab figures --list --only \1/
s/results\/latest\/records/results\/reference\/records/
'

# Those that have suites of their own, and that would run this again.
whole_rules='s/^make (keep|check|check-long|qemu-check|report-check|paper)( .*)?$/make -n \1\2/'

# The command as it is run, in $short.
shorten() { # command
    local rule next
    short=$1
    while read -r rule; do
        [ -n "$rule" ] || continue
        next=$(sed -E "$rule" <<<"$short")
        [ "$next" = "$short" ] || used[$rule]=1
        [ "$next" = "$short" ] || [[ $rule == *mine* ]] || { short=$next && return; }
        short=$next
    done <<<"$($whole && echo "$whole_rules" || echo "$rules")"
}

cat >board.dts <<'DTS'
/dts-v1/;
/ {
    #address-cells = <2>;
    #size-cells = <2>;
    memory@80000000 { device_type = "memory"; reg = <0x0 0x80000000 0x0 0x8000000>; };
};
DTS
dtc -q -I dts -O dtb -o board.dtb board.dts || exit 1

declare -A done_before used
count=0
while IFS=$'\t' read -r place wanted command; do
    count=$((count + 1))
    shorten "$command"
    [ -z "${done_before[$short]:-}" ] || continue # another document shows it, too
    done_before[$short]=1
    case $short in
    *qemu*) [ -e "$build/qemu/riscv64/kernel.elf" ] || { echo "skip - $place: $command: no kernel is built" && continue; } ;;
    "make fuzz"*) clang -fsanitize=fuzzer -x c - -o /dev/null <<<'int LLVMFuzzerTestOneInput(const char *d, long n) { return 0; }' \
        2>/dev/null || { echo "skip - $place: $command: clang has no libFuzzer" && continue; } ;;
    esac
    timeout -k 5 "$($whole && echo 3600 || echo 60)" bash -c "$short" >out 2>&1 </dev/null
    status=$?
    if [ $status -eq 77 ]; then
        echo "skip - $place: $command: $(tail -n 1 out)"
        continue
    fi
    [ $status -eq "$wanted" ]
    verdict $? "$place: $command"
done < <(cd "$top" && git ls-files '*.md' | grep -v '^results/reference/figures/' | while read -r document; do commands_of "$document"; done)
[ $count -ge 60 ]
verdict $? "the blocks have commands ($count)"
if ! $whole; then
    while read -r rule; do
        [ -z "$rule" ] || [ -n "${used[$rule]:-}" ] || { echo "not ok - no command needs the rule $rule" && failed=1; }
    done <<<"$rules"
fi

# A command that fails would be seen, and one that is to fail.
printf '%s\n' '```' 'framelab list --no-such-option  # says what it takes' 'framelab table nothing.jsonl     # exit 2' \
    "framelab list \\" '    --format csv' '```' >lies.md
commands_of lies.md >lies
[ "$(cat lies)" = "$(printf '%s\t%s\tframelab %s\n' lies.md:2 0 'list --no-such-option' lies.md:3 2 'table nothing.jsonl' \
    lies.md:4 0 'list  --format csv')" ]
verdict $? "negative control: commands are found, joined and their status is known"
! bash -c "$(head -n 1 lies | cut -f 3)" >out 2>&1
verdict $? "negative control: a wrong one fails"

# ---- what is shown of their output ----

# The lines of a block of a document, from one that it has on.
block_from() { # document line
    awk -v wanted="$2" '
        shown && (indented ? /^[^ ]/ : /^```/) { exit }
        $0 == "    " wanted { indented = 1 }
        indented { sub(/^    /, "") }
        $0 == wanted { shown = 1 }
        shown { print }' "$top/$1" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

block_from README.md "$(framelab table results/reference/records.jsonl | head -n 1)" | sed "s/ *\$//" >shown
framelab table results/reference/records.jsonl | sed 's/ *$//' >printed
grep -vxFf printed shown >out
[ -s shown ] && [ ! -s out ]
verdict $? "README.md: the table is that of the reference run"

# Counts in QEMU are the same everywhere, but for the compiler.
kernel=$build/qemu/riscv64/kernel.elf
if [ -e "$kernel" ]; then
    compiler=$(sed -n 's/^Counted by the kernel of \(.*\):$/\1/p' "$top/stress/qemu/README.md")
    framelab bench --platform qemu --variant baseline --variant lockfree --harts 1,4 --order 0,9 --repeat 1 --seed 7 --requests 500 \
        --out counts.jsonl >printed 2>err
    if [ "$(jq -r 'select(.type == "provenance").qemu.kernel.compiler' counts.jsonl)" = "$compiler" ]; then
        sed -e 1d -e '/./,$!d' printed | sed 's/ *$//' >out.printed
        block_from stress/qemu/README.md "$(head -n 1 out.printed)" >shown
        diff shown out.printed >out
        verdict $? "stress/qemu/README.md: the counts are those of this commit"
    else
        echo "skip - stress/qemu/README.md: counts: they are of another compiler: $compiler"
    fi
    "$top/stress/check/qemu-boot.sh" -n 4 "$kernel" run=stress seed=7 operations=5000 | cut -c -118 | sed -n '/^KTAP/,$p' >out.printed
    block_from stress/qemu/README.md "KTAP version 1" >shown
    diff shown out.printed >out
    verdict $? "stress/qemu/README.md: a boot says what it says"
else
    echo "skip - stress/qemu/README.md: no kernel is built"
fi
exit $failed
