#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The plugin that counts in QEMU, judged by patterns of sharing of which everybody knows what they cost; with errors
# planted in it, which must be seen; and `framelab bench --coherence`.
#
#   stress/check/qemu-plugin.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
#
# Exit 77 if there is no plugin: QEMU's header for plugins was not to be had.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${1:?usage: stress/check/qemu-plugin.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")
scratch=${2:?usage: stress/check/qemu-plugin.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}
rm -rf "$scratch"
mkdir -p "$scratch"
scratch=$(realpath "$scratch")
framelab=$build/framelab
plugin=$build/qemu/plugin/count.so
# shellcheck source=stress/check/verdicts.sh
. stress/check/verdicts.sh
if [ ! -f "$plugin" ]; then
    echo "ok - the plugin # SKIP there is none: run 'make plugin', which says what is missing"
    exit 77
fi

# Counts of the plugin's lines, after a boot; nothing if it fails.
counted() { # plugin options arch boot-argument...
    local with=$1 options=$2 arch=$3
    shift 3
    rm -f "$scratch/counts"
    stress/check/qemu-boot.sh -a "$arch" -n 4 -q "-plugin $with,out=$scratch/counts,$options" \
        "$build/qemu/$arch/kernel.elf" "$@" seed=1 >"$scratch/console" && cat "$scratch/counts"
}

# Transfers, upgrades, invalidations of a pattern on 1, 2 and 4 harts that take turns, 500 steps of each.
expected='shared counter: a transfer a step, nothing to invalidate
0 0 0
1000 0 0
2000 0 0
own counters: nothing
0 0 0
0 0 0
0 0 0
one writer: each reader fetches, then the writer ends its copy
0 0 0
1000 500 500
2000 500 1500'
patterns() { # plugin arch
    counted "$1" caches=on,l2=0:1,code=0x40000000 "$2" run=share operations=500 harts=1,2,4 |
        jq -r '"\(.transfers) \(.upgrades) \(.invalidations)"'
}
judge() { # counts: what is not as expected
    diff <(grep '^[0-9]' <<<"$expected") - <<<"$1" | grep '^[<>]'
}

for arch in riscv64 riscv64-bare aarch64; do
    verdict "$arch: shared counters, own counters, one writer: exactly what everybody knows" \
        "$(judge "$(patterns "$plugin" $arch)")"
done

# ---- errors planted in the directory ----

planted() { # name file sed-program: the plugin with it must count other than it should
    local folder=$scratch/planted
    rm -rf "$folder"
    cp -r stress/qemu/plugin "$folder"
    sed -i "$3" "$folder/$2"
    if cmp -s "$folder/$2" "stress/qemu/plugin/$2"; then
        verdict "planted: $1" "the sources have no such line any more: $3"
    elif ! "${CC:-cc}" -std=gnu11 -O1 -fPIC -shared -isystem "$build/qemu/plugin/include" -I"$folder" -Istress/qemu \
        -o "$scratch/planted.so" "$folder"/*.c 2>"$scratch/log"; then
        verdict "planted: $1" "$(cat "$scratch/log")"
    else
        outcome "planted: $1" "$([ -n "$(judge "$(patterns "$scratch/planted.so" riscv64)")" ] && echo true)" \
            "it counts as if nothing were wrong"
    fi
}
planted "a store leaves the others their copies" directory.c 's/^        invalidate_others(/        (void)invalidate_others; (void)(/'
planted "what another hart holds comes from memory" directory.c 's/fetch(counts, others > 0)/fetch(counts, false)/'
planted "the copy that is brought is invalidated" directory.c 's/had ? others : others - 1/others/'
planted "an upgrade costs nothing" directory.c 's/^        counts->upgrades++;/        counts->transfers--;/'
planted "who rests is counted" plugin.c 's/ && hart->rests == 0 / /'

# ---- instructions ----

blocks=$(counted "$plugin" blocks=on riscv64 run=bench workload=bulk requests=300 harts=1,4)
verdict "blocks: their instructions are the harts'" \
    "$(jq -c 'select((.hart_instructions | add) != ([.blocks[][1]] | add)) | del(.blocks)' <<<"$blocks")"
clocks=$(grep -a '^{' "$scratch/console" | jq -c '[.phases[].hart_instructions] | transpose | map(add)')
verdict "instructions: those of the kernel's clock, and at most 1000 around its phases" \
    "$(jq -cn --argjson clocks "$(jq -cs . <<<"$clocks")" --argjson counts "$(jq -cs 'map(.hart_instructions)' <<<"$blocks")" \
        'if ($clocks | length) != 2 then "no records" else empty end,
         range($clocks | length) as $i | range($clocks[$i] | length) as $hart |
         ($counts[$i][$hart] - $clocks[$i][$hart]) | select(. < 0 or . > 1000)')"

# ---- framelab bench --coherence ----

bench=("$framelab" bench --platform qemu --coherence --seed 7 --repeat 1 --harts "1,4" --requests 1000 --workload rand)
without_provenance() { jq -c 'select(.type == "bench") | del(.provenance)'; }
"${bench[@]}" --format json >"$scratch/first" 2>"$scratch/err"
verdict "bench --coherence: a record of each has what was counted" \
    "$(jq -c 'select(.type == "bench" and (.coherence.operations != .harts * ([.phases[].operations] | add) or
        (.coherence.transfers > 0) != (.harts > 1) or .coherence.accesses < .coherence.l1_misses or
        .coherence.l1_misses < .coherence.l2_misses)) | .coherence' "$scratch/first" 2>&1 || echo "no records"
    [ "$(grep -c '"coherence":' "$scratch/first")" -eq 4 ] || cat "$scratch/err")"
verdict "bench --coherence: the same seed gives the same records, to the byte" \
    "$(diff <(without_provenance <"$scratch/first") <("${bench[@]}" --format json 2>"$scratch/err" | without_provenance) | cut -c 1-300)"
uncounted=("${bench[@]/--coherence/--progress}")
verdict "bench --coherence: the kernel does not see that it is counted" \
    "$(diff <(without_provenance <"$scratch/first" | jq -c 'del(.coherence)') \
        <("${uncounted[@]}" --format json 2>"$scratch/err" | without_provenance) | cut -c 1-300)"
"$framelab" table "$scratch/first" >"$scratch/table" 2>&1
check "table: columns of caches, and what they mean" grep -q 'lines  inval  *l1  *l2  memory' "$scratch/table"
check "table: a legend" grep -q "Counted by QEMU's plugin" "$scratch/table"
small=$("${bench[@]/--coherence/--coherence=16}" --format json 2>/dev/null | jq -s 'map(.coherence.misses // 0) | add')
large=$(jq -s 'map(.coherence.misses // 0) | add' "$scratch/first")
check "bench --coherence=16: small caches miss more" test "${small:-0}" -gt $((${large:-0} + 100))

"$framelab" bench --platform qemu --functions --coherence --seed 7 --repeat 1 --harts "1,4" --requests 1000 --workload rand \
    --format json >"$scratch/functions" 2>"$scratch/err"
verdict "bench --functions: allocations and frees have their parts; all together are no less than the kernel's clock" \
    "$(jq -c 'select(.type == "bench") | ([.phases[].hart_instructions[]] | add) as $clock | (.functions | add) as $all |
        select(.functions.frame_alloc_one < 10000 or .functions.frame_free_one < 10000 or $all < $clock or
            (.coherence | not) or (.functions | keys | any(test("[.]")))) | .functions' "$scratch/functions"
    [ "$(grep -c '"functions":' "$scratch/functions")" -eq 4 ] || cat "$scratch/err")"

# ---- what is not there ----

mkdir -p "$scratch/alone"
cp "$framelab" "$scratch/alone/"
said=$("$scratch/alone/framelab" bench --platform qemu --coherence --kernel "$build/qemu/riscv64/kernel.elf" 2>&1)
outcome "no plugin beside the command: 77, and what to do" \
    "$([ $? -eq 77 ] && [[ $said = *"skipped: no plugin"*"make plugin"* ]] && echo true)" "$said"
mkdir -p "$scratch/fake"
cat >"$scratch/fake/qemu-system-riscv64" <<'FAKE'
#!/usr/bin/env bash
[ "${1:-}" != --version ] || { echo "QEMU emulator version 0 (fake)"; exit 0; }
echo "qemu-system-riscv64: -plugin: invalid option" >&2
exit 1
FAKE
chmod +x "$scratch/fake/qemu-system-riscv64"
said=$(PATH=$scratch/fake:$PATH "${bench[@]}" 2>&1)
outcome "a QEMU without plugins: 77, and one line" \
    "$([ $? -eq 77 ] && [[ $said = *"skipped: qemu-system-riscv64 cannot load the plugin"* ]] && echo true)" "$said"
exit $failed
