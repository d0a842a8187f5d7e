#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The kernels in QEMU, tried: one line an attempt, "ok - ..." or "not ok - ...".
#
#   stress/check/qemu-guests.sh [--long] BUILD_DIRECTORY [ARCH...]
#
# The stress test at several hart counts and seeds, both variants; the same run twice, to the byte; the memory map
# against what QEMU was told; one hart stopped, or silent; who answers the fence; and that a kernel that does wrong says
# so. The deliberate bugs among these must be seen, or this test proves nothing.
set -u
long=false
if [ "${1:-}" = --long ]; then
    long=true
    shift
fi
here=$(dirname "$0")
build=${1:?usage: stress/check/qemu-guests.sh [--long] BUILD_DIRECTORY [ARCH...]}
shift
[ $# -gt 0 ] || set -- riscv64 aarch64
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0

# Several architectures side by side: a guest in deterministic mode takes one core.
if [ $# -gt 1 ]; then
    options=()
    $long && options=(--long)
    checks=()
    for arch in "$@"; do
        "$0" "${options[@]}" "$build" "$arch" >"$scratch/$arch" 2>&1 &
        checks+=($!)
    done
    for check in "${checks[@]}"; do
        wait "$check" || status=1
    done
    cat "$scratch"/*
    exit $status
fi

# The console of one run into $scratch/console; the guest's exit status is ours.
boot() { # arch harts memory mode "options of QEMU" boot-arguments...
    local arch=$1 harts=$2 memory=$3 mode=$4 extra=$5 kernel=kernel.elf
    shift 5
    [[ $arch$extra != aarch64*-initrd* ]] || kernel=kernel.img
    "$here/qemu-boot.sh" -a "$arch" -n "$harts" -m "$memory" -t "$mode" -q "$extra" "$build/qemu/$arch/$kernel" "$@" \
        >"$scratch/console"
}

verdict() { # good(0|1) name
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        grep -aE '^(not ok|panic|Bail|# )' "$scratch/console" | tail -n 12 | sed 's/^/# /'
        status=1
    fi
}

says() { # pattern
    grep -aqE "$1" "$scratch/console"
}

stress() { # arch harts mode seed operations variant
    boot "$1" "$2" 64M "$3" "" run=stress harts="$2" seed="$4" operations="$5" variant="$6"
    verdict $? "$1, $2 harts, $3: stress of $6, seed $4"
}

# What the kernel read, and what it should have: the sums of RAM by node, harts by node, distances, the initrd.
check_map() { # arch harts memory "options" name expected-json-pattern...
    boot "$1" "$2" "$3" icount "$4" run=map
    local good=$? pattern
    local name=$5 arch=$1
    shift 5
    for pattern in "$@"; do
        says "$pattern" || good=1
    done
    verdict $good "$arch: map of $name"
    [ $good -eq 0 ] || grep -a '"map"' "$scratch/console" | sed 's/^/# /'
}

numa() { # nodes harts MiB-a-node
    local node other words=
    for ((node = 0; node < $1; node++)); do
        words+=" -object memory-backend-ram,id=m$node,size=$3M"
        words+=" -numa node,nodeid=$node,memdev=m$node,cpus=$((node * $2 / $1))-$(((node + 1) * $2 / $1 - 1))"
    done
    for ((node = 0; node < $1; node++)); do
        for ((other = node + 1; other < $1; other++)); do
            words+=" -numa dist,src=$node,dst=$other,val=$((10 + 10 * (other - node)))"
        done
    done
    echo "$words"
}

check_maps() { # arch ram-base
    local base=$2 mib=1048576 four
    four=$(numa 4 8 128)
    [ "$1" = riscv64 ] && four+=" -machine aia=aplic" # QEMU 7.2's usual interrupt controller has room for two nodes
    check_map "$1" 1 64M "" "one hart, 64 MiB" "\"harts\":1,\"ram\":\\[\\[$base,$((64 * mib)),0\\]\\]"
    check_map "$1" 5 1G "" "five harts, 1 GiB" "\"harts\":5,\"ram\":\\[\\[$base,$((1024 * mib)),0\\]\\]" \
        '"distances":\[10\]'
    check_map "$1" 2 16G "" "16 GiB" "\"ram\":\\[\\[$base,$((16384 * mib)),0\\]\\]"
    head -c 5000000 /dev/zero >"$scratch/initrd"
    check_map "$1" 2 256M "-initrd $scratch/initrd" "an initrd" '\["initrd",[0-9]+,5000000\]' '"kernel"' '"fdt"'
    check_map "$1" 4 256M "$(numa 2 4 128)" "two nodes" \
        "\\[$base,$((128 * mib)),0\\],\\[$((base + 128 * mib)),$((128 * mib)),1\\]" '"hart_nodes":\[0,0,1,1\]' \
        '"distances":\[10,20,20,10\]'
    check_map "$1" 8 512M "$four" "four nodes" '"hart_nodes":\[0,0,1,1,2,2,3,3\]' \
        '"distances":\[10,20,30,40,20,10,20,30,30,20,10,20,40,30,20,10\]'
    boot "$1" 8 512M icount "$four" run=stress operations=150 harts=8 seed=5 frames=4096
    verdict $? "$1, four nodes: stress of lockfree"
}

fault=(run=fault operations=1500 harts=4) # enough that memory runs out at any of the hooks

# With lockfree the others finish wherever a hart stops, and however; with baseline there is a place where they do not.
# One that goes on can stop again: many places in one boot. One that does not is another boot for each place.
check_faults() { # arch hooks
    local stop hook good stuck=false
    boot "$1" 4 64M icount "" "${fault[@]}" stop=mute hook=1 repeat="$2" seed=1 &&
        says "^ok 1 P9 with one hart .* at $2 of $2"
    verdict $? \
        "$1: P9, lockfree, a hart that does not answer for a while at $2 hooks: the others finish, and nothing is lost"
    for stop in leave silent; do
        good=0
        for hook in 1 7 40; do
            boot "$1" 4 64M icount "" "${fault[@]}" stop=$stop hook=$hook seed=$hook &&
                says '^ok 1 P9 with one hart .* at 1 of 1' || good=1
        done
        verdict $good "$1: P9, lockfree, a hart stopped for good at 3 hooks, stop=$stop: the others finish"
    done
    [[ $1 != *-bare ]] || return
    for hook in 4 5 6 7 8; do
        $stuck || boot "$1" 4 64M icount "" "${fault[@]}" variant=baseline hook=$hook seed=1
        says '^not ok 1 P9 hart [0-9]+ waits for the one that stopped' && stuck=true
    done
    $stuck
    verdict $? "$1: P9, baseline stands still if the hart that stops has its lock"
}

# Who answers the asymmetric barrier, and who does not: in both modes.
check_fences() { # arch
    local mode
    for mode in icount mttcg; do
        boot "$1" 4 64M $mode "" run=fence
        verdict $? "$1, $mode: harts answer the fence, or are let alone: $(grep -ac '^ok [0-9]* a hart that [^#]*$' \
            "$scratch/console") manners"
    done
}

check_wrong() { # arch
    boot "$1" 3 64M icount "" run=trap
    [ $? -eq 3 ] && says '^panic: hart 2: .*0x3fffff0000'
    verdict $? "$1: a bad access is reported by hart, cause and address"
    boot "$1" 1 64M icount "" run=overrun
    [ $? -eq 3 ] && says '^panic: hart 0: its stack .* is overrun'
    verdict $? "$1: a stack overrun is reported"
    boot "$1" 1 64M icount "" run=stress variant=nonesuch
    [ $? -eq 2 ] && says '^Bail out!.*nonesuch'
    verdict $? "$1: a variant that there is not"
    boot "$1" 1 64M icount "" run=bench order=0,11
    [ $? -eq 2 ] && says "^Bail out! an invalid boot argument: 'order=0,11'"
    verdict $? "$1: an order above what is measured"
}

scarce=(run=stress operations=1500 frames=96 "variant=lockfree,magazine=0" harts=4) # little memory is much contention

check_same() { # arch
    local run seed good=0
    for run in first:11 second:11 other:12; do
        seed=${run#*:}
        boot "$1" 4 64M icount "" "${scarce[@]}" seed="$seed" || good=1
        grep -a '^{' "$scratch/console" | sed 's/"seed":12/"seed":11/' >"$scratch/${run%:*}"
    done
    [ $good -eq 0 ] && [ -s "$scratch/first" ] && cmp -s "$scratch/first" "$scratch/second"
    verdict $? "$1: the same seed gives the same record, to the byte"
    [ -s "$scratch/other" ] && ! cmp -s "$scratch/first" "$scratch/other"
    verdict $? "$1: another seed gives another run"
}

# Compare-and-swaps fail with each seed, one in 200 calls over all of them, or the retry paths would not be run: in
# check_same's runs, too.
check_retries() { # arch
    local seed record good=0 calls retries all_calls=0 all_retries=0 told=
    for seed in 1 2 3; do
        boot "$1" 4 64M icount "" "${scarce[@]}" seed=$seed || good=1
        grep -a '^{' "$scratch/console" >"$scratch/seed-$seed"
    done
    for record in "$scratch"/first "$scratch"/other "$scratch"/seed-?; do
        calls=$(grep -o '"operations":[0-9]*' "$record" | cut -d: -f2)
        retries=$(grep -o '"cas_retries":[0-9]*' "$record" | cut -d: -f2)
        [ "${calls:-0}" -gt 0 ] && [ "${retries:-0}" -gt 0 ] || good=1
        all_calls=$((all_calls + ${calls:-0})) all_retries=$((all_retries + ${retries:-0}))
        told+=" ${retries:-none}/${calls:-none}"
    done
    [ $((all_retries * 200)) -ge $all_calls ] || good=1
    verdict $good "$1, 4 harts: one call in 200 or more loses a compare-and-swap, and some with each of 5 seeds:$told"
}

interrupted=(run=stress interrupts=1 harts=4 operations=250)

# P12: timer interrupts, whose handlers allocate; under -icount the seed is their moments, too.
check_interrupts() { # arch
    local run inside good=0
    boot "$1" 2 64M icount "" run=timer operations=2000
    verdict $? "$1: P12, the example: $(sed -n 's/^ok 1 P12 //p' "$scratch/console")"
    for run in first second; do
        boot "$1" 4 64M icount "" "${interrupted[@]}" seed=7 || good=1
        sed -n '/^KTAP/,$p' "$scratch/console" >"$scratch/interrupted-$run"
    done
    inside=$(sed -n 's/^# interrupts: [0-9]*, \([0-9]*\) inside .*/\1/p' "$scratch/interrupted-first")
    [ $good -eq 0 ] && [ "${inside:-0}" -ge 1000 ]
    verdict $? "$1: P12, lockfree, ${inside:-no} interrupts inside an operation"
    cmp -s "$scratch/interrupted-first" "$scratch/interrupted-second"
    verdict $? "$1: P12, the same seed gives the same interrupts, to the byte"
    boot "$1" 4 64M icount "" "${interrupted[@]}" seed=8 variant=baseline,lock=mcs-irq
    verdict $? "$1: P12, baseline with interrupts off around its lock"
    boot "$1" 4 64M icount "" "${interrupted[@]}" seed=8 variant=baseline
    [ $? -eq 1 ] && says '^# in an interrupt, .*interrupted another that does not allow it'
    verdict $? "$1: P12, baseline with its own lock is refused"
}

# P13: harts that end at hooks drawn at random, under load, and are taken over.
check_lives() { # arch
    boot "$1" 4 64M icount "" run=life operations=3000 seed=5
    verdict $? "$1: P13, $(sed -n 's/^ok 1 P13 //p' "$scratch/console")"
}

# aarch64 harts of other kinds, and with a hypervisor's level, at which they start.
check_kinds() { # arch
    local kind
    [ "$1" = aarch64 ] || return
    for kind in "-cpu cortex-a57" "-cpu cortex-a72" "-machine virtualization=on"; do
        boot "$1" 4 64M icount "$kind" run=stress harts=4 seed=1 operations=300
        verdict $? "$1, $kind: stress of lockfree"
    done
}

for arch in "$@"; do
    case $arch in riscv64) base=2147483648 ;; aarch64) base=1073741824 ;; *) echo "not ok - no kernel for $arch" &&
        exit 1 ;; esac
    if [ ! -f "$build/qemu/$arch/kernel.elf" ]; then
        echo "not ok - no kernel for $arch: run 'make qemu'"
        status=1
        continue
    fi
    size=0
    for bytes in $(readelf -lW "$build/qemu/$arch/kernel.elf" | awk '$1 == "LOAD" { print $5 }'); do
        size=$((size + bytes))
    done
    [ $size -gt 0 ] && [ $size -lt 327680 ]
    verdict $? "$arch: the kernel's image has $size bytes, below 320 KiB"
    check_maps "$arch" "$base"
    check_same "$arch"
    check_retries "$arch"
    check_interrupts "$arch"
    check_lives "$arch"
    check_kinds "$arch"
    check_faults "$arch" 12
    check_fences "$arch"
    check_wrong "$arch"
    if [ "$arch" = riscv64 ]; then
        stress riscv64-bare 4 icount 12 300 lockfree
        boot riscv64-bare 2 64M icount "" run=timer operations=2000
        verdict $? "riscv64-bare: P12, the example"
        boot riscv64-bare 512 256M icount "" run=bench harts=512 requests=20
        verdict $? "riscv64-bare: 512 harts run a workload"
        check_faults riscv64-bare 6
        check_fences riscv64-bare
    fi
    boot "$arch" 2 64M icount "" run=bench workload=bulk,rand,repeat order=0,3,9 harts=1,2 requests=500
    verdict $? "$arch: workloads"
    for seed in 1 2 3; do
        stress "$arch" 2 icount $seed 400 lockfree
        stress "$arch" 2 icount $seed 400 baseline
    done
    stress "$arch" 4 icount 21 10000 "lockfree,magazine=8" # long enough for arenas to come and go: P10
    says '^ok 10 P10[^#]*$'
    verdict $? "$arch: P10 was tested in it"
    boot "$arch" 2 256M icount "" run=stress seed=1 operations=2000 frames=40000 \
        # enough for the magazines' worst traces
    says '^ok 11 P11[^#]*$'
    verdict $? "$arch: P11 was tested"
    stress "$arch" 8 icount 4 500 lockfree,magazine=0
    stress "$arch" 8 icount 5 500 baseline,lock=mcs
    stress "$arch" 2 mttcg 6 2000 lockfree
    stress "$arch" 2 mttcg 7 2000 baseline
    stress "$arch" 16 icount 8 200 lockfree
    stress "$arch" 16 icount 9 200 baseline
    if $long; then
        boot "$arch" 4 64M icount "" run=stress interrupts=1 harts=4 operations=20000 seed=9
        verdict $? "$arch: P12, lockfree, for long"
        boot "$arch" 2 64M mttcg "" run=stress interrupts=1 harts=2 operations=20000 seed=9
        verdict $? "$arch, mttcg: P12, lockfree"
        # A minute of CPU and more: harts that run out of memory empty the caches of all others, one after the other.
        stress "$arch" 64 icount 10 50 lockfree
        stress "$arch" 64 icount 11 50 baseline
        boot "$arch" 3 64M mttcg "" "${fault[@]/harts=4/harts=3}" stop=mute hook=1 repeat=12
        verdict $? "$arch, mttcg: P9, lockfree, a hart that does not answer for a while at 12 hooks"
        for hook in $(seq 2 2 60); do
            for stop in leave silent; do
                boot "$arch" 4 64M icount "" "${fault[@]}" stop=$stop hook="$hook" seed="$hook"
                verdict $? "$arch: P9, lockfree, stop=$stop at hook $hook"
            done
        done
        for seed in $(seq 100 119); do
            stress "$arch" 4 icount "$seed" 4000 lockfree
            stress "$arch" 8 icount "$seed" 2000 "lockfree,magazine=0"
            stress "$arch" 4 icount "$seed" 4000 baseline
        done
    fi
done
exit $status
