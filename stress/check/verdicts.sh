#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How a test says what holds, a line each: read by the other scripts of this folder, which end with `exit $failed`.
# shellcheck disable=SC2034 # those that read this file use it
failed=0

outcome() { # name succeeded(true|false) said: what speaks against it, in lines
    if [ "$2" = true ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        printf '%s\n' "$3" | tail -n 20 | sed 's/^/# /'
        failed=1
    fi
}

verdict() { # name offences: it holds if there are none
    outcome "$1" "$([ -z "$2" ] && echo true)" "$2"
}

check() { # name command...: it holds if the command succeeds
    local name=$1 said good=false
    shift
    said=$("$@" 2>&1) && good=true
    outcome "$name" $good "$said"
}
