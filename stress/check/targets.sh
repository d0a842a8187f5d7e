#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every target of `make help` does what it says, in a clone of the last commit, shortened where there is a way to. What
# another suite of check-long runs whole is not run again.
#
#   stress/check/targets.sh SCRATCH_DIRECTORY [TARGET...]
set -u
cd "$(dirname "$0")/../.." || exit 1
scratch=$(realpath -m "${1:?usage: stress/check/targets.sh SCRATCH_DIRECTORY [TARGET...]}")
shift
rm -rf "$scratch"
mkdir -p "$scratch"
git clone -q --no-local . "$scratch/framelab" || exit 77
cd "$scratch/framelab" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
status=0

# What a target is given, in the order in which they are run: some need what another made.
table='help
deps
all
qemu
plugin
bench ARGS=--variant=lockfree --harts=1 --order=0 --repeat=1
stress ARGS=--operations=500
soak SOAK_SECONDS=5
fuzz ARGS=-runs=1000
compare ARGS=--repeat=1
unit
mutants
qemu-check
check SUITES=docs
check-long SUITES=docs
figures ARGS=--tiny
report
report-check
paper
reference
format
install DESTDIR=installed
uninstall DESTDIR=installed
clean
lint in suite lint
tidy in suite tidy'

verdict() { # target problem
    if [ -z "$2" ]; then echo "ok - make $1"; else echo "not ok - make $1: $2" && status=1; fi
}

# What there must be afterwards, or not.
afterwards() { # target
    case $1 in
    all) [ -x build/framelab ] && [ -f build/libframelab.a ] ;;
    qemu) [ -f build/qemu/aarch64/kernel.img ] ;;
    plugin) [ -f build/qemu/plugin/count.so ] ;;
    compare) [ -s results/latest/records.jsonl ] && [ -s results/latest/qemu.jsonl ] ;;
    figures) [ -s results/latest-figures/summary.json ] ;;
    report) [ -s results/latest-figures/report.html ] ;;
    paper) [ -s build/paper/framelab.pdf ] ;;
    check | check-long) [[ $(tail -n 1 "$scratch/$1.log") = *" 0 failed,"* ]] ;;
    format) git diff --quiet ;;
    reference) ! git diff --quiet results/reference && git checkout -q . ;;
    install) [ -x installed/usr/local/bin/framelab ] &&
        [ -f installed/usr/local/share/framelab/qemu/riscv64/kernel.elf ] ;;
    uninstall) [ -z "$(find installed -type f)" ] ;;
    clean) [ ! -e build ] ;;
    esac
}

# Status 1 of figures says that a claim does not hold, which is no wonder of runs as small as these.
only_claims_fail() { # target
    [ "$1" = figures ] && tail -n 2 "$scratch/figures.log" | grep -q 'claims hold, .* do not hold' &&
        jq -e '.figures | map(.status != "failed") | all' results/latest-figures/summary.json >/dev/null
}

run() { # target arguments...
    local target=$1 word arguments=() begin=$SECONDS
    shift
    # A variable's value may be several words: all up to the next word with a `=` and capitals before it.
    for word in "$@"; do
        if [[ $word =~ ^[A-Z_]+= ]]; then arguments+=("$word"); else arguments[-1]+=" $word"; fi
    done
    if make "$target" ${arguments[@]+"${arguments[@]}"} >"$scratch/$target.log" 2>&1 </dev/null ||
        only_claims_fail "$target"; then
        verdict "$target" "$(afterwards "$target" || echo "it did not do what it says")"
    elif grep -q '^skip' "$scratch/$target.log"; then
        echo "ok - make $target # SKIP $(grep -m 1 '^skip' "$scratch/$target.log")"
    else
        tail -n 20 "$scratch/$target.log" | sed 's/^/# /'
        verdict "$target" "it fails"
    fi
    echo "# make $target: $((SECONDS - begin)) s"
}

while read -r target arguments; do
    [ $# -eq 0 ] || [[ " $* " = *" $target "* ]] || continue
    case $arguments in
    "in suite "*)
        verdict "$target" "$(grep -q "suite_[a-z]* ${arguments#in suite } .*make.* $target" stress/check/suites.sh ||
            echo "no suite ${arguments#in suite } runs it")"
        ;;
    *)
        # shellcheck disable=SC2086 # several words
        run "$target" $arguments
        ;;
    esac
done <<<"$table"
verdict "help has no target that is not tried" \
    "$(comm -23 <(make -s help | sed -n 's/^  make \([a-z-]*\) .*/\1/p' | sort) <(cut -d' ' -f1 <<<"$table" | sort))"
[ $status -ne 0 ] || rm -rf "$scratch"
exit $status
