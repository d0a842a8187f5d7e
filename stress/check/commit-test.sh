#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# .ci/commit: the commit that records name is that of these sources, and changed is only what is compiled. And what has
# a deliberate bug in it says so.
#
#   stress/check/commit-test.sh BUILD_DIRECTORY
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${1:?usage: stress/check/commit-test.sh BUILD_DIRECTORY}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b

check() { # name wanted got
    if [ "$2" = "$3" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1: '$3', not '$2'"
        status=1
    fi
}

# A small tree that has what .ci/commit looks at.
mkdir -p "$scratch/ours/.ci" "$scratch/ours/core" "$scratch/ours/results" && cd "$scratch/ours" || exit 1
cp "$OLDPWD/.ci/commit" .ci/ && echo all: >Makefile && echo int x\; >core/x.c && echo text >README.md
echo /build >.gitignore
git init -q . && git add -A && git commit -qm one
head=$(git rev-parse HEAD)
check "a clean checkout" "$head 0" "$(.ci/commit)"
check "from another folder" "$head 0" "$(cd / && "$scratch/ours/.ci/commit")"
check "through a link" "$head 0" "$(ln -s ours "$scratch/link" && "$scratch/link/.ci/commit")"

touch host.json results/report.html core/notes.txt && mkdir -p elsewhere && touch elsewhere/version.h
check "output, notes, a build folder of another name" "$head 0" "$(.ci/commit)"
echo more >>README.md
check "a document" "$head 0" "$(.ci/commit)"
echo >core/new.c
check "a new source" "$head 1" "$(.ci/commit)"
rm core/new.c && echo int y\; >>core/x.c
check "a changed source" "$head 1" "$(.ci/commit)"
git add -A
check "one that is not committed yet" "$head 1" "$(.ci/commit)"
git reset -q --hard
rm core/x.c
check "a source that is gone" "$head 1" "$(.ci/commit)"
git reset -q --hard
echo '#' >>Makefile
check "the Makefile" "$head 1" "$(.ci/commit)"
git reset -q --hard

# Who asks.
mkdir "$scratch/theirs" && git init -q "$scratch/theirs" && git -C "$scratch/theirs" commit -q --allow-empty -m theirs
check "in a hook of another repository" "$head 0" \
    "$(GIT_DIR=$scratch/theirs/.git GIT_WORK_TREE=$scratch/theirs GIT_INDEX_FILE=$scratch/theirs/.git/index .ci/commit)"
if [ "$(id -u)" -eq 0 ]; then
    cp -a . "$scratch/owned" && chown -R nobody "$scratch/owned" && touch "$scratch/owned/core/x.c"
    chmod 711 "$scratch"
    check "root, of a tree of somebody else" "$head 0" "$("$scratch/owned/.ci/commit")"
    check "whose index stays his" nobody "$(stat -c %U "$scratch/owned/.git/index")"
else
    echo "ok - root, of a tree of somebody else # SKIP not root"
fi

# Where it was unpacked.
cp -a . "$scratch/theirs/framelab" && rm -rf "$scratch/theirs/framelab/.git"
check "unpacked inside another repository" "unknown 0" "$("$scratch/theirs/framelab/.ci/commit")"
git -C "$scratch/theirs" add -A && git -C "$scratch/theirs" commit -qm all
check "and committed there" "unknown 0" "$("$scratch/theirs/framelab/.ci/commit")"
cp -a "$scratch/theirs" "$scratch/top" && rm -rf "$scratch/top/framelab" && git -C "$scratch/top" reset -q --hard HEAD~1
cp -a Makefile .ci core "$scratch/top/"
check "unpacked over another repository" "unknown 0" "$("$scratch/top/.ci/commit")"
cp -a Makefile .ci core "$scratch/"
check "unpacked where there is none" "unknown 0" "$("$scratch/.ci/commit")"
git worktree add -q "$scratch/tree"
check "a work tree of its own" "$head 0" "$("$scratch/tree/.ci/commit")"
git clone -q . "$scratch/super"
git -C "$scratch/theirs" -c protocol.file.allow=always submodule --quiet add "$scratch/super" sub
check "a submodule" "$head 0" "$("$scratch/theirs/sub/.ci/commit")"

# A deliberate bug, on the host and for simulated harts.
cd "$OLDPWD" || exit 1
read -r commit _ < <(.ci/commit)
for mutant in p7-ref-counts-two sim-drop-is-weaker; do
    make -s O="$build" "$build/mutants/$mutant/framelab" >"$scratch/log" 2>&1 || cat "$scratch/log"
    check "the records of $mutant say that it is changed" "$([ "$commit" = unknown ] && echo null || echo true)" \
        "$("$build/mutants/$mutant/framelab" bench --variant baseline --harts 1 --order 0 --repeat 1 --format json \
            2>/dev/null | jq -r 'select(.type == "provenance").framelab.dirty')"
done
exit $status
