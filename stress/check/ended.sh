#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How a test says how commands ended, a line each: read by the tests of QEMU and of Linux, in whose scratch directory
# `out` and `err` are then. They end with `[ $failed -eq 0 ]`.
# shellcheck disable=SC2034 # those that read this file use it
status=0 failed=0

verdict() { # good(0|1) name
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        echo "# status $status; $(tail -n 3 err)" | head -n 8 | sed '2,$s/^/# /'
        failed=1
    fi
}

run() { # command...: within a minute, or $seconds
    timeout -k 5 "${seconds:-60}" "$@" >out 2>err </dev/null
    status=$?
}

ends() { # status pattern name command...: ends so, and the last line of stderr matches
    local wanted=$1 pattern=$2 name=$3
    shift 3
    run "$@"
    [ $status -eq "$wanted" ] && { [ -z "$pattern" ] || tail -n 1 err | grep -qE -- "$pattern"; }
    verdict $? "$name"
}
