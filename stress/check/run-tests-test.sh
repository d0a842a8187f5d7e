#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What runs the tests, tested: on suites of its own in a repository of its own, results are counted, suites that need
# all cores have nothing beside them, and what has passed is kept for as long as nothing that it saw has changed.
#
#   stress/check/run-tests-test.sh SCRATCH_DIRECTORY
set -u
here=$(realpath "$(dirname "$0")")
rm -rf "${1:?usage: stress/check/run-tests-test.sh SCRATCH_DIRECTORY}"
mkdir -p "$1/stress/check" "$1/build"
cd "$1" || exit 1
unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
export GIT_AUTHOR_NAME=nobody GIT_AUTHOR_EMAIL=nobody GIT_COMMITTER_NAME=nobody GIT_COMMITTER_EMAIL=nobody
failed=0

verdict() { # status name
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        sed 's/^/# /' out
        failed=1
    fi
}

# ends STATUS LAST-LINE NAME ARGUMENT...: run-tests ends so, and its last line is that.
ends() {
    local wanted=$1 last=$2 name=$3 status
    shift 3
    CC=true stress/check/run-tests "$@" >out 2>&1 </dev/null
    status=$?
    [ $status -eq "$wanted" ] && [ "$(tail -n 1 out)" = "$last" ]
    verdict $? "$name"
}

# Did these suites run, and no others, in this order, since this was last asked?
ran() { # name suite...
    local name=$1
    shift
    [ "$(xargs <ran)" = "$*" ]
    verdict $? "$name: ran: $(xargs <ran)"
    : >ran
}

cp "$here/run-tests" stress/check/
mkdir .ci && cp "$here/../../.ci/commit" .ci/ && echo all: >Makefile
printf 'build\nran\nout\n' >.gitignore
echo "flags" >build/flags
cat >stress/check/suites.sh <<'END'
says() { # suite line...
    echo "$1" >>ran
    shift
    printf '%s\n' "$@"
}
export -f says
suite_build make 100 bash -c 'says make'
suite_alone tests 100 bash -c 'says tests "ok 1 - a" "ok 2 - b" "ok 3 - c # SKIP none here"'
suite_alone without 100 bash -c 'says without "nothing that is counted"'
suite_beside skipped 100 bash -c 'says skipped; exit 77'
if $long; then
    suite_alone broken 100 bash -c 'says broken "ok 1 - a" "not ok 2 - b" "not ok 3 - c"; [ -f build/mended ]; exit'
fi
END
git init -q . && git add -A && git commit -qm one

ends 0 "4 passed, 0 failed, 2 skipped" "tests are counted, a suite that names none is one" build
ran "all" make tests without skipped
ends 0 "1 passed, 0 failed, 0 skipped" "one suite" build without
ran "one" without
ends 1 "0 passed, 1 failed, 0 skipped" "a suite that there is not has failed" build nosuch
rm -rf build/check
ends 1 "5 passed, 2 failed, 2 skipped" "what failed is counted" --long build
ran "the long way" make tests without skipped broken
ends 1 "5 passed, 2 failed, 2 skipped" "going on, the same is counted" --long build
ran "going on, builds and what failed" make broken
[ "$(grep -c '^kept ' out)" -eq 3 ] && grep -q 'to start over: --fresh' out
verdict $? "it says so"
ends 0 "1 passed, 0 failed, 0 skipped" "by name" --long build without
ran "by name, though it has passed" without
ends 1 "5 passed, 2 failed, 2 skipped" "starting over" --long --fresh build
ran "starting over, all" make tests without skipped broken
ends 0 "4 passed, 0 failed, 2 skipped" "without --long nothing is kept" build
ran "without --long" make tests without skipped

echo "new" >untracked
ends 1 "5 passed, 2 failed, 2 skipped" "a new file" --long build
ran "a new file: all" make tests without skipped broken
git add -A && git commit -qm two
ends 1 "5 passed, 2 failed, 2 skipped" "a new commit" --long build
ran "a new commit: all" make tests without skipped broken
echo "other flags" >build/flags
ends 1 "5 passed, 2 failed, 2 skipped" "other flags" --long build
ran "other flags: all" make tests without skipped broken

# Two beside each other wait for each other's sign; two alone would see the other's.
cat >stress/check/suites.sh <<'END'
cores=2
meets() { # own other
    touch "build/$1"
    for _ in $(seq 600); do
        [ ! -f "build/$2" ] || return 0
        sleep 0.1
    done
    return 1
}
lonely() {
    mkdir build/lonely && sleep 0.1 && rmdir build/lonely
}
export -f meets lonely
suite_beside left 100 bash -c 'meets left right'
suite_beside right 100 bash -c 'meets right left'
suite_alone first 100 bash -c lonely
suite_alone second 100 bash -c lonely
suite_alone endless 1 sleep 20
END
ends 1 "4 passed, 1 failed, 0 skipped" "beside each other, alone, and not within its time" build
grep -q 'ended after 1 s' out
verdict $? "which it says"

# Stopped: what runs is gone, what has passed is kept.
cat >stress/check/suites.sh <<'END'
suite_alone short 100 bash -c 'echo short >>ran'
suite_beside endless 60 bash -c 'echo endless >>ran; echo $$ >build/pid; [ -f build/go ] || sleep 50'
END
CC=true stress/check/run-tests --long build >out 2>&1 </dev/null &
runner=$!
for _ in $(seq 600); do
    [ ! -s build/pid ] || break
    sleep 0.1
done
kill -TERM $runner
wait $runner
[ $? -eq 130 ] && ! kill -0 "$(<build/pid)" 2>/dev/null
verdict $? "stopped: status 130, and no suite is left"
ran "stopped in the second suite" short endless
touch build/go
ends 0 "2 passed, 0 failed, 0 skipped" "it goes on" --long build
ran "it goes on with the second" endless
ends 0 "2 passed, 0 failed, 0 skipped" "and again" --long build
ran "nothing is left to do"
exit $failed
