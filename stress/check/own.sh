#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the tests of a user's own variant and workload share: a build folder of their own, what is built in it, and what
# that says. They set $build, $scratch, the $variable of make that names what is theirs, and $own, where it lies.
# shellcheck disable=SC2034,SC2154 # those that read this file set and use them
mkdir -p "$scratch" || exit 1
scratch=$(realpath "$scratch")
out=$scratch/out own=$scratch/$own copy=$scratch/build
failed=0

verdict() { # whether-it-holds what
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2: $(tail -n 1 "$out")"
        failed=1
    fi
}

# ends STATUS PATTERN ARGUMENT...: the command ends so and says so.
ends() {
    local wanted=$1 pattern=$2 status
    shift 2
    timeout 60 "$copy/framelab" "$@" >"$out" 2>&1 </dev/null
    status=$?
    [ $status -eq "$wanted" ] && grep -qE -- "$pattern" "$out"
    verdict $? "status $wanted, '$pattern': $*"
}

# Builds with what is theirs, and what else is named.
own_make() {
    make -s -j2 "$variable=$own" O="$copy" "$@" >"$out" 2>&1
}

# refused PATTERN PATH: one line says why.
refused() {
    make -n "$variable=$2" O="$copy" "$copy/framelab" >"$out" 2>&1
    [ $? -eq 2 ] && [ "$(wc -l <"$out")" -eq 1 ] && grep -qF -- "$1" "$out"
    verdict $? "$variable=$2: $1"
}
