#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Linux's own page allocator among the variants: options, boot words and records, with a script in QEMU's place; and,
# with --guests, in QEMU (`make linux`): 77 if that is not there.
#
#   stress/check/linux-tests.sh [--guests] BUILD_DIRECTORY SCRATCH_DIRECTORY
#
# Prints `ok - NAME` or `not ok - NAME`; exit 1 if any is not.
set -u
here=$(realpath "$(dirname "$0")")
guests=false
if [ "${1:-}" = --guests ]; then
    guests=true
    shift
fi
build=$(realpath "${1:?usage: stress/check/linux-tests.sh [--guests] BUILD_DIRECTORY SCRATCH_DIRECTORY}")
scratch=${2:?usage: stress/check/linux-tests.sh [--guests] BUILD_DIRECTORY SCRATCH_DIRECTORY}
rm -rf "$scratch"
mkdir -p "$scratch/bin/linux/aarch64"
cd "$scratch" || exit 1
# shellcheck source=stress/check/ended.sh
. "$here/ended.sh"

# ---- a guest that is a script, and a command beside which there is a Linux that is none ----

cp "$build/framelab" bin/framelab
bench=(bin/framelab bench --platform qemu --arch aarch64 --variant linux --seed 7 --repeat 2 --requests 100)
ends 77 'run .make linux.' "without a Linux: skipped, and what to do" "${bench[@]}"
touch bin/linux/aarch64/{Image,initramfs.cpio}
printf 'CONFIG_HZ=250\nCONFIG_MEMCG=y\n# CONFIG_NUMA is not set\n' >bin/linux/aarch64/config
echo linux-image-9.8-arm64_9.8.7-1_arm64 >bin/linux/aarch64/packages
mkdir fake
cat >fake/qemu-system-aarch64 <<'FAKE'
#!/usr/bin/env bash
[ "$1" != --version ] || { echo "QEMU emulator version 1.2.3"; exit; }
for word; do boot=$word; done
echo "$boot" >>words
text=${boot#*variant=} text=${text%% *} knobs=${boot#*knobs=} knobs=${knobs%% *} repeat=${boot#*repeat=} repeat=${repeat%% *}
echo "[firmware's words]"
case $text in
*fraction=9) echo "Bail out! this is not to be" && exit ;;
*fraction=10) echo "Kernel panic - not syncing: of fright" && exit ;;
*fraction=11) exit ;;
esac
record() { # variant knobs harts clock counts
    echo "{\"type\":\"bench\",\"variant\":\"$1\",\"knobs\":\"$2\",\"platform\":\"qemu\",\"arch\":\"aarch64\",\"mode\":\"icount\",\
\"harts\":$3,\"cores\":2,\"seed\":7,\"workload\":\"bulk\",\"order\":0,\"frames\":1,\"repeat\":${repeat%% *},\"phases\":[\
{\"name\":\"alloc\",\"operations\":100,\"hart_clock\":[$4]},{\"name\":\"free\",\"operations\":100,\"hart_clock\":[$4]}],\
\"counts\":{$5}}"
}
for harts in 1 2; do
    clock=60000
    [ $harts -eq 1 ] || clock=60000,60000
    case $boot in *null=1*) record null harness=linux $harts $clock "" ;; esac
    record "$text" "$knobs" $harts $clock "\"zone_pages\":$((harts * 100)),\"zone_waits\":$((repeat + 1)),\"other_waits\":0"
done
FAKE
chmod +x fake/qemu-system-aarch64
real=$PATH
PATH=$PWD/fake:$PATH
bench+=(--harts "1,2" --workload bulk)
run "${bench[@]}" --format json
[ $status -eq 0 ] && [ "$(grep -c '"type":"bench"' out)" -eq 6 ] && [ "$(grep -c '"variant":"linux:9.8.7"' out)" -eq 4 ]
verdict $? "a guest a repeat; the variant has Linux's version; the first also measures the harness"
head -n 1 out | grep -q '"linux":{"version":"9.8.7".*"config":{"HZ":"250","MEMCG":"y"}'
verdict $? "the provenance has Linux's version and what it was configured with"
[ "$(grep '"harts":1,' out | grep -c '"hart_instructions":\[60000\]')" -eq 6 ] ||
    [ "$(grep '"harts":1,' out | grep -c '"hart_instructions":\[60000\]')" -eq 3 ]
verdict $? "one hart's instructions are the guest's clock"
! grep '"harts":2,' out | grep -q hart_instructions
verdict $? "of two harts the clock tells nothing of either"
grep -q 'init_on_alloc=0 -- variant=linux:9.8.7 knobs=pcp=auto,fraction=0,init-on-alloc=off arch=aarch64' words &&
    grep -q ' harts=1,2 order=0 workload=bulk seed=7 requests=100 usable=786432 repeat=1$' words
verdict $? "the guest is told what to measure"
run "${bench[@]}"
# 600 instructions an operation of one hart; pages of 400 operations; waits of the first boot and of the second.
grep -qE 'bulk +0 +1 │ 600.0 │ 600.0 +500.0 +5.0–10.0' out && grep -qE '^ +0 +2 │ +– │ +– +500.0 +2.5–5.0' out
verdict $? "the table: instructions, pages through the zone, waits from least to most"
grep -q 'no like for like' out
verdict $? "the table says what else Linux does"
rm -f words
run "${bench[@]}" --variant linux,pcp=off,init-on-alloc=on --variant linux,pcp=64,fraction=8
grep -q 'init_on_alloc=1 -- variant=linux:9.8.7,pcp=off,init-on-alloc=on .* lists=0$' words &&
    grep -q ' lists=64 fraction=8$' words
verdict $? "knobs become words"
ends 2 'linux takes pcp=' "a knob that it does not have" "${bench[@]}" --variant linux,drain=off
ends 2 'linux takes pcp=' "a value that is none" "${bench[@]}" --variant linux,pcp=
ends 2 'linux takes pcp=' "a value out of bounds" "${bench[@]}" --variant linux,fraction=7
ends 2 'are the same variant' "the same variant twice" "${bench[@]}" --variant linux,pcp=auto
ends 2 'Linux runs in QEMU' "on the host there is none" bin/framelab bench --variant linux
ends 2 'under icount only' "harts that are threads" "${bench[@]}" --mode mttcg
ends 2 'does not come up' "more than one hart on riscv64" "${bench[@]}" --arch riscv64
ends 2 'this is not to be' "a guest that gives up says why" "${bench[@]}" --variant linux,fraction=9
ends 1 'after 0 of' "a guest that panics" "${bench[@]}" --variant linux,fraction=10
grep -q 'Kernel panic - not syncing: of fright' err
verdict $? "and its last words"
ends 1 'after 0 of' "a guest that only ends" "${bench[@]}" --variant linux,fraction=11

$guests || exit $failed

# ---- the real one ----

PATH=$real
if ! command -v qemu-system-aarch64 >/dev/null || [ ! -f "$build/linux/aarch64/initramfs.cpio" ]; then
    echo "skipped: there is no Linux to boot: make linux"
    [ $failed -eq 0 ] && exit 77
    exit 1
fi
seconds=300

# The sequence of requests, of each hart, is that of our own harness.
folder=$build/linux/aarch64
for row in bulk:0:1 bulk:3:2 rand:0:2 rand:0:4 repeat:0:2 repeat:9:1; do
    IFS=: read -r workload order harts <<<"$row"
    run qemu-system-aarch64 -machine virt,gic-version=3 -cpu max -m 2G -smp 4 -nodefaults -display none -serial stdio \
        -no-reboot -icount shift=0,sleep=off -kernel "$folder/Image" -initrd "$folder/initramfs.cpio" -append \
        "console=ttyAMA0 rdinit=/init quiet -- log=1 settle=0 workload=$workload order=$order harts=$harts requests=25 \
usable=300000 seed=7"
    "$build/unit/test_linux_requests" "$workload" $((1 << order)) "$harts" 25 7 >wanted 2>/dev/null
    [ -s wanted ] && grep '^hart ' out | tr -d '\r' | cmp -s - wanted
    verdict $? "$workload of order $order, $harts harts: request by request as ours"
done

median() { # jq's condition: instructions an operation, of both phases
    jq -s "[.[] | select(.type == \"bench\" and $1) | ([.phases[] | .hart_instructions | add / length] | add) /
        ([.phases[].operations] | add)] | sort | .[length / 2 | floor] // 0 | floor" records.jsonl
}
zone() { # jq's condition: pages through the zone in 100 operations
    jq -s "[.[] | select(.type == \"bench\" and $1) | 100 * .counts.zone_pages / ([.phases[].operations] | add) /
        .harts] | .[0] | floor" records.jsonl
}
for arch in aarch64 riscv64; do
    rm -f records.jsonl
    run "$build/framelab" bench --platform qemu --arch $arch --variant linux --variant linux,pcp=off \
        --variant linux,init-on-alloc=on --variant lockfree --harts 1 --requests 300 --repeat 1 --workload bulk \
        --out records.jsonl --seed 7
    [ $status -eq 0 ] && [ "$(grep -c '"type":"bench"' records.jsonl)" -eq 5 ]
    verdict $? "$arch: Linux with three knobs, and lockfree beside it"
    plain=$(median '(.variant | test("^linux:[0-9.]*$"))') off=$(median '(.variant | test("pcp=off"))')
    zeroed=$(median '(.variant | test("init-on-alloc"))') ours=$(median '.variant == "lockfree"')
    null=$(median '.variant == "null"')
    echo "# $arch: linux $plain, pcp=off $off, init-on-alloc=on $zeroed, null $null, lockfree $ours instructions"
    [ "$null" -gt 5 ] && [ "$null" -lt 100 ] && [ "$plain" -gt $((3 * null)) ] && [ "$ours" -gt 5 ]
    verdict $? "$arch: Linux executes more than our harness by itself"
    [ "$zeroed" -gt $((plain + 50)) ]
    verdict $? "$arch: zeroing costs instructions"
    [ "$(zone '(.variant | test("pcp=off"))')" -ge 99 ]
    verdict $? "$arch: without lists each page passes the zone"
done
rm -f records.jsonl
run "$build/framelab" bench --platform qemu --arch aarch64 --variant linux --harts 1,2 --requests 300 --repeat 1 \
    --workload rand --out records.jsonl --seed 7
one=$(median '.harts == 1 and (.variant | test("^linux"))') two=$(median '.harts == 2 and (.variant | test("^linux"))')
echo "# rand: $one instructions by one hart, $two by each of two"
[ $status -eq 0 ] && [ "$two" -gt $((one / 2)) ] && [ "$two" -lt $((one * 3 / 2)) ]
verdict $? "each of two harts executes about what one does: their own, not those of both"
exit $failed
