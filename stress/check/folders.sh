#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A folder is a promise about what its files may use. Shown here: the table of the Makefile points down, each README
# says what its row says, what a row leaves out is refused by the compiler, what it has is needed; no file lies where it
# should not, and none depends on itself in a circle.
#
#   stress/check/folders.sh BUILD_DIRECTORY
# shellcheck disable=SC2016,SC2046,SC2001 # backquotes are Markdown's; lists of files are many words
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:?usage: stress/check/folders.sh BUILD_DIRECTORY}
CC=${CC:-cc}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=stress/check/verdicts.sh
. stress/check/verdicts.sh

# From the bottom up: a folder may use what stands in an earlier line.
layers='core/base
core/boot
core
lockfree baseline stress/package/skeleton
stress stress/harness stress/system
stress/workload stress/trial stress/micro stress/host stress/qemu stress/linux
stress/package/workload
stress/qemu/host stress/qemu/plugin stress/qemu/guest stress/linux/guest stress/sim stress/sim/machine stress/sim/engine
stress/qemu/guest/riscv64 stress/qemu/guest/aarch64 stress/sim/time stress/sim/explore
stress/sim/instrumented stress/unit/simulated
stress/sim/history
results
stress/run papers/engine
stress/command'

finds() { # name offences: a negative control
    if [ -n "$2" ]; then verdict "negative control: $1" ""; else verdict "negative control: $1" "it was not found"; fi
}

# folder|what it may use|where the inline half of the platform is
make -s O="$build" folders | grep -E '^[a-z0-9/]+[|]' >"$scratch/rows"
git ls-files '*.c' '*.h' >"$scratch/files"
read -ra flags < <(sed -n 's/^CONFIG_CFLAGS := //p' "$build/config.mk")

# ---- where files lie ----

misplaced() {
    git ls-files stress | grep -vE '^stress/(README\.md|variants\.[ch]|.*/.*)$' | sed 's/$/ lies directly in stress/'
    sed 's|/[^/]*$||' "$scratch/files" | sort -u | grep -vE '/(inline|ck|unit|fuzz|package)$' |
        grep -vxFf <(cut -d'|' -f1 "$scratch/rows") | sed 's/$/ has no row in the Makefile/'
}

# ---- arrows ----

arrows() { # rows: folder and what it uses, a line each
    awk -F'|' '{ n = split($2, uses, " "); for (i = 1; i <= n; i++) print $1, uses[i] }' "$1"
}

upward() { # rows
    arrows "$1" | awk -v layers="$layers" '
        BEGIN {
            n = split(layers, line, "\n")
            for (i = 1; i <= n; i++) { m = split(line[i], f, " "); for (j = 1; j <= m; j++) at[f[j]] = i }
        }
        !($1 in at) || !($2 in at) { print $1 " -> " $2 ": not in the layers of this test"; next }
        at[$1] <= at[$2] { print $1 " -> " $2 " does not point down" }'
}

# The folders that a README names in its first sentence.
promised() { # folder
    awk 'NR > 2 && /^$/ { exit } NR > 2' "$1/README.md" | tr '\n' ' ' | sed 's/\. .*//' | grep -o '`[^`]*`' |
        tr -d '`' | sort
}

unkept() {
    local folder uses rest
    while IFS='|' read -r folder uses rest; do
        sed -n 3p "$folder/README.md" | grep -q '^Its files may use: ' ||
            echo "$folder/README.md does not begin with its promise"
        diff <(tr ' ' '\n' <<<"$uses" | grep . | sort) <(promised "$folder") |
            sed -n "s|^< |$folder/README.md leaves out |p; s|^> |$folder/README.md is wrong about |p"
    done <"$scratch/rows"
    git ls-files '*.c' '*.h' '*.sh' '*.patch' | sed 's|/[^/]*$||' | grep -v '^\.' | sort -u | while read -r folder; do
        head -n 8 "$folder/README.md" | grep -q ' may \(use\|change\): ' ||
            echo "$folder/README.md says nothing of what it may use"
    done
}

# The compiler's word on which of our headers' names a path leads to.
seen() { # folders
    local path file
    read -ra path <<<"$1"
    while read -r file; do
        printf '#if __has_include("%s")\nSEEN %s\n#endif\n' "${file##*/}" "$file"
    done < <(grep '\.h$' "$scratch/files") | "$CC" "${flags[@]}" ${path[@]+"${path[@]/#/-I}"} -E -P -x c - |
        sed -n 's/^SEEN //p'
}

# Headers that a folder sees, though they are not in its row. Left out are names that the system has too, and of two
# headers of one name the other one: what is found then is what it should be.
forbidden() { # folder uses inline extra: folders beside the row
    seen "$2 $3 $4" | grep -vxF "$system" | awk -v folder="$1" -v row="$1 $2 $3" '
        BEGIN { n = split(row, allowed, " ") }
        FNR == NR { known[$0]; next }
        { name = $0; sub(/.*\//, "", name)
          for (i = 1; i <= n; i++) if ((allowed[i] "/" name) in known) next
          print folder " sees " $0 }' "$scratch/files" -
}

not_refused() {
    local folder uses inline
    while IFS='|' read -r folder uses inline; do
        forbidden "$folder" "$uses" "$inline" ""
    done <"$scratch/rows"
    # Past the include path.
    grep -nE '#include "[^"]*/' $(<"$scratch/files") /dev/null
}

# Folders of a row from which no file of the folder includes anything, directly or not.
needless() {
    local folder uses inline path used unseen
    while IFS='|' read -r folder uses inline; do
        [ -n "$uses" ] || continue
        unseen=
        read -ra path <<<"$uses $inline"
        # Linux's own headers are not there.
        case $folder in
        stress/linux/guest) path+=("$folder"); unseen=-MG ;;
        stress/qemu/guest*) path+=("$folder" stress/qemu/guest/riscv64) ;;
        esac
        used=$("$CC" "${flags[@]}" "${path[@]/#/-I}" -MM $unseen $(wildcard_c "$folder") 2>"$scratch/errors" | tr ' ' '\n' |
            grep '\.h$' | sed 's|/[^/]*$||' | sort -u)
        sed "s|^|$folder: |" "$scratch/errors"
        grep -vxF "$used" <(tr ' ' '\n' <<<"$uses") | sed "s|^|$folder needs nothing from |"
    done <"$scratch/rows"
}

wildcard_c() { # folder
    grep "^$1/[^/]*\.c$" "$scratch/files"
}

# ---- files ----

# A .c and its .h are one: what each includes, without its ending; of two headers of one name, the nearest.
includes() {
    awk 'FNR == NR { n = split($0, part, "/"); at[part[n]] = at[part[n]] " " $0; known[$0]; next }
         /^#include "/ {
             split($0, quoted, "\""); folder = FILENAME; sub(/[^\/]*$/, "", folder); name = quoted[2]
             if ((folder name) in known) to[1] = folder name; else if (split(at[name], to, " ") == 0) next
             from = FILENAME; sub(/\.[ch]$/, "", from)
             for (i in to) { sub(/\.[ch]$/, "", to[i]); if (from != to[i]) print from, to[i] }
             delete to
         }' "$scratch/files" $(<"$scratch/files") | sort -u
}

# Circles in a list of arrows; a .c and its .h are one.
circles() {
    tsort 2>&1 >"$scratch/order" | sed 's/^tsort: //'
}

# In core and the variants a hook, and an access in an order that is no part of its name, stand behind one door.
past_the_door() { # file...
    grep -nE 'platform_hook|\batomic_(load|store|exchange|fetch|compare|thread|signal)|\b__atomic' "$@" /dev/null
}

includes >"$scratch/includes" # once for all
system=$(seen '' | grep . || echo none) # headers of the system that have a name of ours

verdict "no file lies where it should not" "$(misplaced)"
verdict "every arrow of the Makefile points down" "$(upward "$scratch/rows")"
verdict "every README begins with what its folder may use" "$(unkept)"
verdict "the compiler refuses what is in no row" "$(not_refused)"
verdict "every arrow is needed" "$(needless)"
verdict "no circle among files" "$(circles <"$scratch/includes")"
verdict "hooks and memory orders stand in atomic.h, platform.h and ck.h" \
    "$(past_the_door $(grep -E '^(core|lockfree|baseline)/' "$scratch/files" |
    grep -vE '^core/base/(atomic|platform|ck)\.h$'))"

finds "an arrow that points up is found" "$(upward <(echo 'core|lockfree|'))"
finds "a header that is seen too much is found" "$(forbidden core 'core/base core/boot' stress/host/inline lockfree)"
finds "a hook in an algorithm is found" "$(past_the_door stress/qemu/guest/platform.c)"
finds "a circle is found" "$(printf 'a b\nb c\nc a\n' | circles)"
printf '#include "lockfree.h"\n' >"$scratch/up.c"
verdict "core cannot include lockfree.h" "$(IFS='|' read -r _ uses inline < <(grep '^core|' "$scratch/rows")
    # shellcheck disable=SC2086 # several folders
    "$CC" "${flags[@]}" $(printf -- '-I%s ' $uses $inline) -fsyntax-only "$scratch/up.c" 2>&1 |
        grep -q 'lockfree.h.*[Nn]o such file' || echo "it can")"
exit $failed
