#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Deliberate bugs (stress/mutants) are caught in QEMU too: builds each into the kernel and runs the stress test on it.
#
#   stress/check/qemu-mutants.sh BUILD_DIRECTORY [NAME...]
#
# Without names: every mutant that the host's stress test kills, and those of the kernel itself, called qemu-*; not
# those for simulated harts, whose schedules and weak memory no kernel shows. Runs grow until one ends with status 1 and
# says that the property is violated; and the kernel without the bug must pass the very same run. A patch may say in a
# line of its own
#   # guest: P10 P7          which properties count here, if not those of the host
#   # guest: none, because   that there is nothing to see here
#   # boot: -n 4 run=fence   the one run that must end with status 1 and a test that is not ok: always of qemu-*
set -u
cd "$(dirname "$0")/../.." || exit
build=${1:?usage: stress/check/qemu-mutants.sh BUILD_DIRECTORY [NAME...]}
shift
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    # shellcheck disable=SC2013,SC2046 # names, each a word
    for patch in $(grep -LE '^# test: .* --platform (sim|qemu)' \
        $(grep -l '^# test: framelab stress' stress/mutants/*.patch)); do
        grep -q '^# build: COUNTS=0' "$patch" || names+=("$(basename "$patch" .patch)") # the kernel has counts
    done
    for patch in stress/mutants/qemu-*.patch; do
        names+=("$(basename "$patch" .patch)")
    done
fi
kernels=$build/qemu/riscv64
logs=$kernels/mutants
mkdir -p "$logs"
failed=0

header() { # patch key
    sed -n "s/^# $2: //p" "$1" | head -n 1
}

# harts memory boot-arguments
runs=("2 64M seed=1 operations=600"
    "4 64M seed=2 operations=3000"
    "2 256M seed=1 operations=4000 frames=40000"
    "4 256M seed=1 operations=20000"
    "2 2G seed=1 operations=12000 frames=400000"
    "2 64M seed=3 operations=30000 frames=4096")

boot() { # kernel run variant log
    local harts memory arguments
    read -r harts memory arguments <<<"$2"
    # shellcheck disable=SC2086 # $arguments is many words
    stress/check/qemu-boot.sh -n "$harts" -m "$memory" "$1" run=stress variant="$3" harts="$harts" $arguments >"$4"
}

# The wanted property that a log says is violated.
killer() { # log properties
    sed -nE "s/^not ok [0-9]+ (${2// /|}) .*/\1/p" "$1" | head -n 1
}

# Does any run kill it? Says by what, or what went wrong.
killed() { # name properties variants...
    local name=$1 properties=$2 run variant by
    shift 2
    for run in "${runs[@]}"; do
        for variant in "$@"; do
            boot "$logs/$name/kernel.elf" "$run" "$variant" "$logs/$name.log"
            [ $? -eq 1 ] || continue
            by=$(killer "$logs/$name.log" "$properties")
            [ -n "$by" ] || continue
            if ! boot "$kernels/kernel.elf" "$run" "$variant" "$logs/$name.sound.log"; then
                echo "without the bug the test fails as well"
                return 1
            fi
            echo "killed by $by: $variant, ${run#* * }"
            return 0
        done
    done
    echo "no run violates $properties"
    return 1
}

# The same for a patch that names its run.
killed_by_boot() { # name boot
    local name=$1 words options=() arguments=()
    read -ra words <<<"$2"
    while [[ ${words[0]} = -* ]]; do
        options+=("${words[@]:0:2}")
        words=("${words[@]:2}")
    done
    arguments=("${words[@]}")
    stress/check/qemu-boot.sh "${options[@]}" "$logs/$name/kernel.elf" "${arguments[@]}" >"$logs/$name.log"
    if [ $? -ne 1 ] || ! grep -q '^not ok' "$logs/$name.log"; then
        echo "the run holds: $2"
        return 1
    fi
    if ! stress/check/qemu-boot.sh "${options[@]}" "$kernels/kernel.elf" "${arguments[@]}" >"$logs/$name.sound.log"; \
        then
        echo "without the bug the run fails as well: $2"
        return 1
    fi
    echo "killed: $(grep -m 1 '^not ok' "$logs/$name.log")"
}

check() { # name
    local name=$1 patch=stress/mutants/$1.patch properties variants what run
    properties=$(header "$patch" guest)
    case $properties in
    none*)
        echo "# mutant $name: $properties"
        return
        ;;
    esac
    properties=${properties:-$(header "$patch" property)}
    mapfile -t variants < <(header "$patch" test | grep -o -- '--variant [^ ]*' | cut -d ' ' -f 2)
    [ ${#variants[@]} -gt 0 ] || variants=(baseline lockfree)
    run=$(header "$patch" boot)
    if [ ! -f "$logs/$name/kernel.elf" ]; then
        what="does not build"
    elif [ -n "$run" ] && what=$(killed_by_boot "$name" "$run"); then
        echo "ok - mutant $name $what"
        return
    elif [ -n "$run" ]; then
        : # $what says it
    elif what=$(killed "$name" "$properties" "${variants[@]}"); then
        echo "ok - mutant $name $what"
        return
    fi
    echo "not ok - mutant $name: $what"
    failed=1
}

targets=("${names[@]/#/$logs/}")
make -s -k -j2 O="$build" "${targets[@]/%//kernel.elf}" >"$logs/build.log" 2>&1
for name in "${names[@]}"; do
    check "$name"
done
exit $failed
