#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Deliberate bugs are caught: builds each mutant and runs the test that its patch names.
#
#   stress/check/mutants.sh [--sim] [--by PROGRAM] [--part I/N] BUILD_DIRECTORY [NAME...]
#
# With --sim: those that simulated harts kill, whose names begin with sim-. Without: the others; but qemu-*, which are
# in the kernel for QEMU, are stress/check/qemu-mutants.sh's. Of these, with --by: those that are killed by a program
# whose name matches, 'framelab' or 'test_*'. With --part 2/3: every third, from the second on.
#
# A patch begins with three lines:
#   # property: P1         the property that the bug breaks; several, if the schedule decides which is seen first
#   # what: ...            the bug, in words
#   # test: framelab ...   the command that must see it; or a program of stress/unit, and which of its tests
# and perhaps a fourth:
#   # build: COUNTS=0      built so; `hooked_*` are with HOOKS=1 in any case
# For each: the mutant must end with status 1 and say "violated: P1" (or another of those), or a test with the property
# in its name must fail; and the binary without the bug must pass the very same command, or the test would prove
# nothing. The same command is only run once on it.
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP
cd "$(dirname "$0")/../.." || exit
which='!(sim-*|qemu-*)' by='*' part=1/1
while [[ ${1:-} = --* ]]; do
    case $1 in
    --sim) which='sim-*' ;;
    --by) by=$2 && shift ;;
    --part) part=$2 && shift ;;
    *) echo "mutants.sh: no option '$1'" >&2 && exit 2 ;;
    esac
    shift
done
shopt -s extglob
build=${1:?usage: stress/check/mutants.sh [--sim] [--by PROGRAM] [--part I/N] BUILD_DIRECTORY [NAME...]}
shift
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    number=0
    for patch in stress/mutants/$which.patch; do
        # shellcheck disable=SC2053 # a pattern
        [[ $(sed -n 's/^# test: \([^ ]*\).*/\1/p' "$patch") = $by ]] || continue
        [ $((number++ % ${part#*/})) -ne $((${part%/*} - 1)) ] || names+=("$(basename "$patch" .patch)")
    done
    [ ${#names[@]} -gt 0 ] || { echo "not ok mutants: none of $which is killed by $by" && exit 1; }
fi

log=$build/mutants
mkdir -p "$log"
declare -A passes # program without the bug and command -> ok, or what went wrong
failed=0

header() { # patch key
    sed -n "s/^# $2: //p" "$1" | head -n 1
}

# The last line that says why a run was not what it should be.
reason() { # log
    grep -E '^violated:|^not ok|panic|assert|hang' "$1" | tail -n 1
}

not_ok() {
    echo "not ok mutant $1: $2"
    failed=1
}

# The property of those wanted that a log says is violated.
killer() { # log properties
    sed -nE "s/^violated: (${2// /|}) .*/\1/p; s/^not ok [0-9]+ - (.*_)?(${2// /|})_.*/\2/p" "$1" | head -n 1
}

# What a patch needs: property, command, program, its arguments, the make that builds it, the program with the bug and
# the one without. In variables; false if the patch does not say.
read_patch() { # name
    local patch=stress/mutants/$1.patch folder=$build
    property=$(header "$patch" property)
    command=$(header "$patch" test)
    arguments=()
    eval "arguments=($command)" # words in quotes are one
    program=${arguments[0]:-}
    making=()
    case $program,$(header "$patch" build) in
    hooked_*,) making=(HOOKS=1) folder=$build/hooks ;;
    *,COUNTS=0) making=(COUNTS=0) folder=$build/no-counts ;;
    esac
    making+=(O="$folder")
    mutant=$folder/mutants/$1/$program
    case $property,$program in
    P*,framelab) sound=$folder/framelab ;;
    P*,test_* | P*,hooked_*) sound=$folder/unit/$program ;;
    *) return 1 ;;
    esac
}

# Builds all: as many at a time as there are cores, one make for each kind. What does not build is told of by its check.
build_all() {
    local property command program arguments making mutant sound name kind
    declare -A targets
    for name in "${names[@]}"; do
        ! read_patch "$name" || targets[${making[*]}]+=" $mutant $sound"
    done
    for kind in "${!targets[@]}"; do
        # shellcheck disable=SC2086 # several words
        make -s -k $kind ${targets[$kind]} || true
    done >"$log/build.log" 2>&1
}

check() { # name
    local name=$1 property command program arguments making mutant sound status killed_by sound_key
    if ! read_patch "$name"; then
        not_ok "$name" "its patch lacks a header"
        return
    fi
    if ! make -s "${making[@]}" "$sound" "$mutant" >"$log/$name.build" 2>&1; then
        not_ok "$name" "does not build: $(tail -n 1 "$log/$name.build")"
        return
    fi
    sound_key="$sound $command"
    if [ -z "${passes[$sound_key]:-}" ]; then
        timeout -k 5 120 "$sound" "${arguments[@]:1}" >"$log/$name.sound" 2>&1
        status=$?
        passes[$sound_key]=ok
        [ $status -eq 0 ] || passes[$sound_key]="status $status $(reason "$log/$name.sound")"
    fi
    if [ "${passes[$sound_key]}" != ok ]; then
        not_ok "$name" "without the bug the test fails as well: ${passes[$sound_key]}"
        return
    fi
    # Which property is seen first may be the schedule's doing, and so may an assertion of the allocator's own.
    for _ in 1 2 3; do
        timeout -k 5 120 "$mutant" "${arguments[@]:1}" >"$log/$name.log" 2>&1
        status=$?
        killed_by=$(killer "$log/$name.log" "$property")
        [ -z "$killed_by" ] && [ $status -ne 0 ] && [ $status -ne 124 ] || break
    done
    # A test program's status is how many of its tests failed; it may have said so, and then hang in the next one.
    if [ -n "$killed_by" ] && { [ $status -eq 1 ] || { [ "$program" != framelab ] && [ $status -le 124 ]; }; }; then
        echo "ok mutant $name killed by $killed_by"
    else
        not_ok "$name" "should violate $property, but: status $status $(reason "$log/$name.log")"
    fi
}

if ! make -s O="$build" "$build/framelab" >"$log/sound.build" 2>&1; then
    echo "not ok mutants: the sound binary does not build: $(tail -n 1 "$log/sound.build")"
    exit 1
fi
build_all
for name in "${names[@]}"; do
    check "$name"
done
[ $failed -eq 0 ]
