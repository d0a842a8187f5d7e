#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Device trees as boards, boot loaders and crash kernels write them, at the command line: what `framelab fdt` says of
# them, and that `framelab stress` runs over them in the time and memory that their RAM calls for, not their addresses.
#
#   stress/check/tree-tests.sh FRAMELAB SCRATCH_DIRECTORY
set -u
framelab=$(realpath "${1:?usage: stress/check/tree-tests.sh FRAMELAB SCRATCH_DIRECTORY}")
scratch=${2:?usage: stress/check/tree-tests.sh FRAMELAB SCRATCH_DIRECTORY}
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch" || exit 1
failed=0 count=0
command -v dtc >/dev/null || { echo "skip tree-tests: no device tree compiler" && exit 77; }

verdict() { # name problem
    count=$((count + 1))
    if [ -z "$2" ]; then echo "ok $count - $1"; else echo "not ok $count - $1: $2" && failed=1; fi
}

# tree NAME TEXT: TEXT in a root of two and two cells.
tree() {
    echo "/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; $2 };" | dtc -q -I dts -O dtb -o "$1.dtb" || exit 1
}

says() { # name pattern tree
    local report
    report=$("$framelab" fdt "$3.dtb" 2>&1)
    verdict "$1" "$(grep -qE -- "$2" <<<"$report" || echo "no '$2' in: $(head -n 6 <<<"$report" | tr '\n' '|')")"
}

counts() { # name path value tree
    local got
    got=$("$framelab" fdt --format csv "$4.dtb" 2>&1 | awk -F, -v path="$2" '$1 == path { print $2 }')
    verdict "$1" "$([ "$got" = "$3" ] || echo "$2 is '$got', not '$3'")"
}

gib='memory@80000000 { device_type = "memory"; reg = <0 0x80000000 0 0x40000000>; };'

# ---- memory that is taken away ----

tree crash "$gib chosen { linux,usable-memory-range = <0 0x90000000 0 0x4000000>;
    linux,elfcorehdr = <0 0x93f00000 0 0x2000>; };"
counts "a crash kernel's memory" free_bytes $((0x4000000 - 0x2000)) crash
counts "all of its RAM is still RAM" ram_bytes $((0x40000000)) crash
says "and whose doing it is" 'limit .*linux,usable-memory-range' crash
"$framelab" stress --dtb crash.dtb --operations 300 --harts 2 >out 2>&1 && problem= || problem=$(tail -n 1 out)
verdict "stress over a crash kernel's memory" "$problem"

tree kexec "memory@80000000 { device_type = \"memory\"; reg = <0 0x80000000 0 0x40000000>;
    linux,usable-memory = <0 0x88000000 0 0x1000000>; };"
counts "what kexec leaves of a memory node" free_bytes $((0x1000000)) kexec

tree uefi "$gib chosen { linux,uefi-mmap-start = <0 0x90000000>; linux,uefi-mmap-size = <0x1000>; };"
says "memory that only firmware's map has is refused" 'linux,uefi-mmap-start takes memory away' uefi

# ---- harts ----

tree harts "$gib cpus { #address-cells = <1>; #size-cells = <0>;
    cpu@0 { device_type = \"cpu\"; reg = <0>; };
    cpu@1 { device_type = \"cpu\"; reg = <1>; status = \"disabled\"; enable-method = \"psci\"; };
    cpu@2 { device_type = \"cpu\"; reg = <2>; status = \"fail\"; enable-method = \"psci\"; };
    cpu@3 { device_type = \"cpu\"; reg = <3>; status = \"disabled\"; }; };"
counts "harts that wait to be started" hart_count 2 harts
says "harts that are left out" '^cpu nodes skipped for their status: 2$' harts

# ---- what is of no use ----

tree bootargs "$gib chosen { bootargs = \"$(head -c 2579 /dev/zero | tr '\0' x)\"; };"
says "a long boot argument line" '^note: bootargs' bootargs
counts "and the memory beside it" free_bytes $((0x40000000)) bootargs
tree initrd "$gib chosen { linux,initrd-end = <0x84000000>; };"
says "an initrd with one end" '^note: an initrd' initrd

# ---- memory far apart ----

# far GAP-CELLS NAME: two nodes of 64 MiB, and no more memory than for 4 GiB of address space beside the mapping of RAM.
far() {
    tree "far-$2" "memory@80000000 { device_type = \"memory\"; reg = <0 0x80000000 0 0x4000000>; numa-node-id = <0>; };
        memory@$1 { device_type = \"memory\"; reg = <0x$1 0 0 0x4000000>; numa-node-id = <1>; };"
    local command
    for command in "stress --operations 200 --harts 2" \
        "bench --workload frag --workload fill --rounds 2 --repeat 1 --harts 1 --order 0"; do
        # shellcheck disable=SC2086 # several words
        "$framelab" $command --dtb "far-$2.dtb" >out 2>&1 &
        local pid=$! peak=0 now status
        while kill -0 $pid 2>/dev/null; do
            now=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$pid/status" 2>/dev/null)
            peak=$((${now:-0} > peak ? ${now:-0} : peak))
            sleep 0.02
        done
        wait $pid
        status=$?
        verdict "$2 apart: ${command%% *}" "$([ $status -eq 0 ] || echo "status $status: $(tail -n 1 out)")"
        verdict "$2 apart: ${command%% *}: its memory follows RAM, 128 MiB" \
            "$([ $peak -lt 400000 ] || echo "$peak KiB")"
    done
}
far 10 "64 GiB"
far 80 "half a TiB"
far 1000 "16 TiB"

exit $failed
