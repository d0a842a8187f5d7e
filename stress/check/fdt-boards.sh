#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Device trees as QEMU's virt machines write them, for RISC-V and Arm: `framelab fdt` must say of each what QEMU was
# told. Usage: fdt-boards.sh FRAMELAB SCRATCH. Prints ok and not ok lines; exits 1 if one is not ok, 77 if there is
# no QEMU.
set -u -o pipefail

framelab=$1
scratch=$2
count=0
failed=0
mib=$((1 << 20))

mkdir -p "$scratch" || exit 1
rm -f "$scratch"/*.dtb "$scratch"/*.csv
for qemu in qemu-system-riscv64 qemu-system-aarch64; do
    if ! command -v $qemu >/dev/null; then
        echo "skip fdt-boards: $qemu is not installed (packages qemu-system-misc and qemu-system-arm)"
        exit 77
    fi
done
head -c 300001 /dev/zero >"$scratch/initrd"
head -c 65536 /dev/zero >"$scratch/kernel"

# check NAME EXPECTED GOT
check() {
    count=$((count + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1: expected '$2', got '$3'"
        failed=$((failed + 1))
    fi
}

# value PATH: one value out of the report.
value() { awk -v path="$1" 'index($0, path ",") == 1 { print substr($0, length(path) + 2) }' "$report"; }

# matching PATTERN: the values of all paths that match.
matching() { awk -F, -v pattern="$1" '$1 ~ pattern { print $2 }' "$report"; }

# total PATTERN: their sum. In the shell, whose numbers have 64 bits.
total() {
    local sum=0 number
    for number in $(matching "$1"); do
        sum=$((sum + number))
    done
    echo $sum
}

# dump NAME ARCHITECTURE MACHINE-OPTIONS QEMU-OPTION...: leaves $tree. The interrupt controllers are those that
# allow more than 8 Arm cores, and (QEMU 7.2 stops at three with the other one) four RISC-V NUMA nodes.
dump() {
    local name=$1 architecture=$2 machine=$3
    local qemu=qemu-system-$architecture cpu=()
    shift 3
    tree=$scratch/$name.dtb
    if [ "$architecture" = aarch64 ]; then
        cpu=(-cpu cortex-a57)
        machine=,gic-version=3$machine
    else
        machine=,aia=aplic$machine
    fi
    if ! timeout 60 "$qemu" -machine "virt$machine,dumpdtb=$tree" "${cpu[@]}" -display none -nic none "$@" \
        </dev/null >"$scratch/qemu.log" 2>&1 || ! [ -s "$tree" ]; then
        check "$name: QEMU writes a tree" yes "$(tr '\n' ' ' <"$scratch/qemu.log")"
        return 1
    fi
}

# read_tree NAME FRAMELAB-OPTION...: leaves $report.
read_tree() {
    local name=$1 message
    shift
    report=$scratch/$name.csv
    message=$("$framelab" fdt --format csv "$@" "$tree" 2>&1 >"$report")
    check "$name: read" "0 " "$? $message"
    # What is free is either handed out or holds metadata, once the tree itself was given back.
    local fdt=0
    matching "^reserved[.][0-9]+[.]kind\$" | grep -q "\"fdt\"" && fdt=$(fdt_frames_bytes)
    check "$name: free memory is all in arenas" $(($(value free_bytes) + fdt)) \
        $(($(total '^arenas[.][0-9]+[.]usable_frames$') * 4096 + $(total '^arenas[.][0-9]+[.]metadata[.]size_bytes$')))
}

# Which reservation is the tree itself.
fdt_index() { awk -F, '$2 == "\"fdt\"" && $1 ~ /kind$/ { split($1, part, "."); print part[2] }' "$report"; }

# Bytes of the whole frames that it lies in.
fdt_frames_bytes() {
    local index start size
    index=$(fdt_index)
    start=$(value "reserved.$index.start")
    size=$(value "reserved.$index.size_bytes")
    echo $((((start + size + 4095) & ~4095) - (start & ~4095)))
}

# without_numa NAME ARCHITECTURE HARTS MEBIBYTES
without_numa() {
    local name=$1-$2-$3-$4M
    dump "$name" "$2" "" -smp "$3" -m "$4M" || return
    read_tree "$name"
    check "$name: RAM" $(($4 * mib)) "$(value ram_bytes)"
    check "$name: harts" "$3" "$(value hart_count)"
    check "$name: nodes" 1 "$(value node_count)"
    check "$name: initrd" "" "$(value initrd)"
}

# distance FROM TO: no two alike, and not the same there and back.
distance() { [ "$1" = "$2" ] && echo 10 || echo $((20 + 7 * $1 + 3 * $2)); }

# with_numa ARCHITECTURE NODES: node i has (i + 1) * 256 MiB and two harts.
with_numa() {
    local name=numa-$1-$2 nodes=$2 options=() bytes=0 i j
    for ((i = 0; i < nodes; i++)); do
        bytes=$((bytes + (i + 1) * 256 * mib))
        options+=(-object "memory-backend-ram,id=m$i,size=$(((i + 1) * 256))M")
        options+=(-numa "node,nodeid=$i,memdev=m$i,cpus=$((2 * i))-$((2 * i + 1))")
    done
    for ((i = 0; i < nodes; i++)); do
        for ((j = 0; j < nodes; j++)); do
            options+=(-numa "dist,src=$i,dst=$j,val=$(distance $i $j)")
        done
    done
    dump "$name" "$1" "" -smp $((2 * nodes)) -m $((bytes / mib))M "${options[@]}" || return
    read_tree "$name"
    check "$name: RAM" $bytes "$(value ram_bytes)"
    check "$name: harts" $((2 * nodes)) "$(value hart_count)"
    check "$name: nodes" "$nodes" "$(value node_count)"
    for ((i = 0; i < nodes; i++)); do
        check "$name: id of node $i" $i "$(value nodes.$i.id)"
        check "$name: harts of node $i" 2 "$(matching '^harts[.][0-9]+[.]node$' | grep -c -x $i)"
        check "$name: RAM of node $i" $(((i + 1) * 256 * mib)) "$(node_ram_bytes $i)"
        for ((j = 0; j < nodes; j++)); do
            check "$name: distance from $i to $j" "$(distance $i $j)" "$(value nodes.$i.distances.$j)"
        done
    done
}

# node_ram_bytes NODE
node_ram_bytes() {
    local sum=0 i
    for ((i = 0; ; i++)); do
        [ -n "$(value ram.$i.node)" ] || break
        [ "$(value ram.$i.node)" = "$1" ] && sum=$((sum + $(value ram.$i.size_bytes)))
    done
    echo $sum
}

# with_initrd ARCHITECTURE
with_initrd() {
    local name=initrd-$1
    dump "$name" "$1" "" -smp 2 -m 1G -kernel "$scratch/kernel" -initrd "$scratch/initrd" \
        -append 'console=ttyS0 "quoted" x=1,2' || return
    read_tree "$name"
    check "$name: initrd" 300001 "$(value initrd.size_bytes)"
    check "$name: bootargs" '"console=ttyS0 ""quoted"" x=1,2"' "$(value bootargs)"
    check "$name: free" $((1024 * mib - ((300001 + 4095) & ~4095))) "$(value free_bytes)"
}

# with_kernel_and_tree ARCHITECTURE RAM-BASE: as a kernel sees it that was loaded, and handed the tree, in RAM.
with_kernel_and_tree() {
    local name=in-ram-$1 base=$2
    dump "$name" "$1" "" -smp 2 -m 1G || return
    read_tree "$name" --kernel "$((base + 2 * mib)),3M" --fdt-at $((base + 512 * mib + 16))
    check "$name: free" $((1021 * mib - $(fdt_frames_bytes))) "$(value free_bytes)"
    check "$name: the tree is at" "$(printf 0x%x $((base + 512 * mib + 16)))" "$(value "reserved.$(fdt_index).start")"
    check "$name: kernel" 1 "$(matching kind | grep -c '"kernel"')"
}

for architecture in riscv64 aarch64; do
    without_numa plain $architecture 1 64
    without_numa plain $architecture 2 129
    without_numa plain $architecture 8 3072
    without_numa plain $architecture 16 16384
    with_numa $architecture 2
    with_numa $architecture 4
    with_initrd $architecture
done
without_numa many riscv64 512 1024
without_numa many aarch64 123 1024
with_kernel_and_tree riscv64 $((0x80000000))
with_kernel_and_tree aarch64 $((0x40000000))

# Secure memory is a memory node that is disabled for everybody else.
if dump secure aarch64 ,secure=on -smp 2 -m 1G; then
    read_tree secure
    check "secure: RAM" $((1024 * mib)) "$(value ram_bytes)"
    check "secure: disabled memory nodes" 1 "$(value disabled_memory_nodes)"
fi

# The other two formats, and what is wrong with a broken file.
"$framelab" fdt --format json "$tree" >"$scratch/json" && head -c 1 "$scratch/json" | grep -q '{'
check "JSON" 0 $?
"$framelab" fdt "$tree" | grep -q '^RAM$'
check "text" 0 $?

# refused NAME STATUS LINE FILE
refused() {
    local message status
    message=$("$framelab" fdt "$4" 2>&1 >/dev/null)
    status=$?
    check "$1: exit status" "$2" "$status"
    check "$1: one line" 1 "$(printf '%s\n' "$message" | wc -l)"
    check "$1: says so" yes "$(case $message in "framelab: $4: "*"$3"*) echo yes ;; *) echo "$message" ;; esac)"
}
head -c 1000 "$tree" >"$scratch/short"
head -c 10 "$tree" >"$scratch/shorter"
: >"$scratch/empty"
head -c 4096 /dev/urandom >"$scratch/noise"
refused truncated 1 "cut off: the header says" "$scratch/short"
refused "shorter than a header" 1 "too few for a device tree's header" "$scratch/shorter"
refused empty 1 "the file is empty" "$scratch/empty"
refused noise 1 "not a sound device tree: FDT_ERR_BADMAGIC" "$scratch/noise"
refused "too large" 1 "larger than 16 MiB" /dev/zero
refused missing 2 "No such file or directory" "$scratch/missing"
refused directory 2 "Is a directory" "$scratch"
"$framelab" fdt >/dev/null 2>&1
check "no FILE: exit status" 2 $?
"$framelab" fdt --kernel 1 "$tree" >/dev/null 2>&1
check "a wrong --kernel: exit status" 2 $?
"$framelab" fdt --variant none-of-these "$tree" >/dev/null 2>&1
check "a wrong --variant: exit status" 2 $?

echo "1..$count"
echo "fdt-boards: $((count - failed)) passed, $failed failed"
[ "$failed" = 0 ]
