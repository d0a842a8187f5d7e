#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The fast path has no atomic read-modify-write, no fence and no call: shown by disassembly.
#
#   stress/check/fast-path.sh BUILD_DIRECTORY
#
# On a cache hit frame_alloc_one, frame_free_one, frame_alloc_contiguous and frame_free_run run within their own code;
# everything else is behind a jump to a function whose name ends in _slow. So no instruction of theirs may lock, fence
# or call, and no branch may leave them except to such a function, or to one that is itself tested here. Nor may a
# vector touch the stack: it would be an argument of two words, stored one by one and loaded as one, which the processor
# cannot forward; that cost as much as all else that a hit does.
# That this test can fail is shown by breaking core on purpose, in several ways.
#
# And it has the price of P12: core is compiled a second time without the look whether the hart is inside an operation
# (hart_enter in core/hart_cache.h), and a hit may have three instructions more with it than without, here and, where
# their kernels were built, on riscv64 and aarch64.
set -eu
build=${1:?usage: stress/check/fast-path.sh BUILD_DIRECTORY}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

case $(uname -m) in
x86_64) atomic='^lock|^(mfence|lfence|sfence|cpuid|cmpxchg|xadd)|^xchg .*\(|xmm.*rsp|rsp.*xmm' ;;
aarch64) atomic='^(ld(a)?xr|st(l)?xr|cas|swp|ld(add|clr|set|eor)|dmb|dsb)' ;;
riscv64) atomic='^(amo|lr\.|sc\.|fence)' ;;
*) echo "skip - fast path: no list of atomic instructions for $(uname -m)" && exit 0 ;;
esac

# What is wrong with a function of an object file: nothing, or a line an offence.
offences() { # object function
    objdump -dr --no-show-raw-insn "$1" | awk -v function_name="$2" -v atomic="$atomic" '
        /^[0-9a-f]+ <.*>:$/ { inside = $2 == "<" function_name ">:"; found += inside; next }
        !inside { next }
        /R_[A-Z0-9_]*(PLT|CALL|JUMP)/ {  # a branch to another object file
            if ($3 !~ /(_slow|^frame_(alloc|free)_one)([-+]|$)/) print function_name ": leaves to " $3
            next
        }
        { sub(/^ *[0-9a-f]+:[ \t]*/, ""); }
        $0 ~ atomic { print function_name ": " $0 }
        match($0, /<[^>]*>/) && /^(j|call|b|cb|tb|ret)/ {
            target = substr($0, RSTART + 1, RLENGTH - 2)
            sub(/\+0x.*/, "", target)
            if (target != function_name && target !~ /(_slow|^frame_(alloc|free)_one)$/)
                print function_name ": leaves to " target
        }
        /^(call|bl|blr|jalr) / && !/_slow/ { print function_name ": calls: " $0 }
        END { if (found != 1) print function_name ": not found" }'
}

verdict() { # expected(clean|broken) name object function
    local found
    found=$(offences "$3" "$4")
    if { [ "$1" = clean ] && [ -z "$found" ]; } || { [ "$1" = broken ] && [ -n "$found" ]; }; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        echo "${found:-$4: looks clean, though it was broken on purpose}" | sed 's/^/# /'
        status=1
    fi
}

# core with one change, compiled as the build was: the change must take, or nothing was broken.
broken() { # name file sed-expression function
    rm -rf "$scratch/core" && cp -r core "$scratch/core"
    sed -i "$3" "$scratch/core/$2"
    if cmp -s "core/$2" "$scratch/core/$2"; then
        echo "not ok - negative control: $1"
        echo "# core/$2 has no place for the change: $3"
        status=1
        return
    fi
    # shellcheck disable=SC2046 # the build's compiler and flags, many words
    $(cat "$build/flags") -Wno-error -w -I"$scratch/core" -Icore/base -Icore/boot -Istress/host/inline -c -o \
        "$scratch/core/allocator.o" "$scratch/core/allocator.c"
    verdict broken "negative control: $1" "$scratch/core/allocator.o" "$4"
}

status=0
for function in frame_alloc_one frame_free_one frame_alloc_contiguous frame_free_run; do
    verdict clean "$function on a cache hit: no atomic, no fence, no call" "$build/core/allocator.o" $function
done
broken "an atomic exchange to enter" hart_cache.h \
    's/bare_store_relaxed(&hart->inside, IN_SECTION)/atomic_exchange(\&hart->inside, IN_SECTION)/' frame_alloc_one
broken "a full fence to enter" hart_cache.h \
    's/platform_barrier_light();/atomic_thread_fence(memory_order_seq_cst);/' frame_alloc_one
broken "a vector on the stack" allocator.c \
    's/    uint32_t order = order_of_layout(size, align);/    volatile sixteen_groups spill = {size, align};\n&/' \
    frame_alloc_contiguous
broken "a call to enter" hart_cache.h \
    's/platform_barrier_light();/(void)platform_barrier_heavy(\&(struct hart_set){{0}});/' frame_alloc_one
if grep -q FRAMELAB_NO_COUNTS "$build/flags"; then
    broken "a group looked at by a read-modify-write" refcount_view.h \
        's/bare_load_relaxed(group_byte(view, frame))/bare_or_relaxed(group_byte(view, frame), 0)/' \
        frame_free_one
    broken "a chunk looked at by a call" allocator.c \
        's/counts_drop_groups(view, first, [^;]*;/counts_drop_run(view, run) == FRAME_OK;/' \
        frame_free_run
else
    broken "a chunk counted by a read-modify-write" refcounts_kept.h \
        's/    groups_change(own_groups(view, first), groups, GROUP_PARITY, /'\
'    atomic_fetch_or(group_byte(view, first), GROUP_WHOLE);\n&/' \
        frame_alloc_contiguous
    broken "a chunk counted by a call" allocator.c \
        's/counts_take_groups(view, top, .*;/counts_take_run(view, frame_run(top, CHUNK_FRAMES));/' \
            frame_alloc_contiguous
fi

# Instructions of a function up to its first return, which is a hit: misses are moved behind it.
hit_length() { # objdump object function
    "$1" -d --no-show-raw-insn "$2" | awk -v wanted="<$3>:" '
        $2 == wanted { inside = 1; next }
        inside && /^[0-9a-f]+ <[^.]/ { exit } # the next one; <.L...> is a label
        inside && $1 ~ /:$/ { count++ }
        inside && $2 ~ /^ret/ { print count; found = 1; exit }
        END { if (!found) print 0 }'
}

# The price of the look; the compiler, with its flags, comes last.
price() { # name objdump compiler...
    local name=$1 objdump=$2 function with without
    shift 2
    rm -rf "$scratch/core" && cp -r core "$scratch/core"
    "$@" -w -Icore -Icore/base -Icore/boot -c -o "$scratch/with.o" core/allocator.c
    sed -i 's/if (__builtin_expect(hart_is_inside(hart), 0)) {/if (false) {/' "$scratch/core/hart_cache.h"
    "$@" -w -I"$scratch/core" -Icore/base -Icore/boot -c -o "$scratch/without.o" "$scratch/core/allocator.c"
    for function in frame_alloc_one frame_free_one; do
        with=$(hit_length "$objdump" "$scratch/with.o" $function)
        without=$(hit_length "$objdump" "$scratch/without.o" $function)
        if [ "$without" -gt 0 ] && [ "$with" -gt "$without" ] && [ "$with" -le $((without + 3)) ]; then
            echo "ok - $name: a hit of $function has $with instructions, $without without the look for an interrupted operation"
        else
            echo "not ok - $name: a hit of $function has $with instructions, $without without the look for an interrupted operation"
            status=1
        fi
    done
}

# shellcheck disable=SC2046 # flags, many words
price "$(uname -m)" objdump $(cat "$build/flags") -Wno-error -Istress/host/inline
for arch in riscv64 aarch64; do
    case $arch in riscv64) tool=riscv64-unknown-elf- ;; *) tool=aarch64-linux-gnu- ;; esac
    kernel=$build/qemu/$arch
    if [ ! -f "$kernel/kernel.elf.txt" ]; then
        echo "ok - $arch # SKIP no kernel: make qemu"
        continue
    fi
    # shellcheck disable=SC2046 # flags, many words
    price $arch ${tool}objdump ${tool}gcc $(sed -n 2p "$kernel/kernel.elf.txt") -Wno-error --specs=picolibc.specs \
        -isystem "$kernel/sysroot/usr/include" -Istress/qemu/guest/inline
done
exit $status
