#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Another program links the allocator: everything installed into a fresh prefix, the example built against that
# alone and run, every public header compiled by itself, the manual page read without a warning, all removed again.
#
#   stress/check/package.sh BUILD_DIRECTORY
set -u
cd "$(dirname "$0")/../.." || exit
build=${1:?usage: stress/check/package.sh BUILD_DIRECTORY}
CC=${CC:-cc}
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
# shellcheck source=stress/check/verdicts.sh
. stress/check/verdicts.sh

# Nothing that was built says where, but where a user's own variants are.
no_path_of_this_tree() {
    ! grep -lF "$PWD" "$build/framelab" "$build/libframelab.a" "$build"/qemu/*/kernel.elf "$prefix/bin/framelab"
}

# A command that was installed, and moved, needs nothing of the tree that it was built in: not its papers, not its
# kernels, not the plugin.
moved_command_is_whole() {
    mv "$prefix" "$prefix.moved"
    local command=$prefix.moved/bin/framelab good=true found
    "$command" figures --list >/dev/null || good=false
    for arch in riscv64 aarch64; do
        [ -f "$build/qemu/$arch/kernel.elf" ] || continue
        found=$("$command" stress --platform qemu --arch "$arch" --operations 20 --harts 2 --variant lockfree \
            --format json | jq -r '.qemu.kernel.path // empty')
        [ "$found" = "$(realpath "$prefix.moved")/share/framelab/qemu/$arch/kernel.elf" ] ||
            [ "$found" = "$prefix.moved/bin/../share/framelab/qemu/$arch/kernel.elf" ] ||
            { echo "$arch: $found" && good=false; }
    done
    if [ -f "$build/qemu/plugin/count.so" ]; then
        found=$("$command" bench --platform qemu --coherence --requests 20 --harts 2 --repeat 1 --workload bulk \
            --variant lockfree --format json | jq -r '.coherence.operations // empty')
        [ "$found" = 80 ] || { echo "the plugin counted $found operations" && good=false; }
    fi
    mv "$prefix.moved" "$prefix"
    $good
}

# A copy of the tree with all that was built works with its own papers; where it came from is not asked.
copied_tree_is_whole() {
    local copy=$prefix/copy listed
    mkdir -p "$copy/build/share/framelab" "$copy/papers"
    cp "$build/framelab" "$copy/build/"
    cp -a "$build/share/framelab/papers" "$copy/build/share/framelab/"
    cp -r papers/lock-collapse papers/lib.jq "$copy/papers/"
    listed=$("$copy/build/framelab" figures --list | awk '{ print $1 }')
    rm -r "$copy"
    [ "$listed" = lock-collapse ] || { echo "$listed" && false; }
}

everything_is_there() {
    local file
    for file in bin/framelab lib/libframelab.a lib/pkgconfig/framelab.pc include/framelab/framelab.h \
        include/framelab/frame_allocator.h share/man/man1/framelab.1 share/framelab/papers/lib.jq \
        share/framelab/papers/report/page.jq; do
        test -s "$prefix/$file" || { echo "missing: $file" && return 1; }
    done
}

example_builds() {
    # shellcheck disable=SC2046 # flags are many words
    $CC -Wall -Wextra -Werror -o "$prefix/example" stress/package/example.c $(pkg-config --cflags --libs framelab)
}

# Two megabytes aligned, three long: 768 frames from an address that ends in 00000.
example_runs() {
    "$prefix/example" | grep -E '^768 frames from 0x[0-9a-f]*[02468ace]00000$'
}

headers_stand_alone() {
    local header
    for header in "$prefix"/include/framelab/*.h; do
        # shellcheck disable=SC2046
        echo "#include <${header##*/}>" |
            $CC -std=c11 -Wall -Wextra -Werror -fsyntax-only -x c - $(pkg-config --cflags framelab) || return 1
    done
}

manual_reads() {
    local said
    said=$(groff -man -Tutf8 -ww -rLL=100n -P-c "$prefix/share/man/man1/framelab.1" 2>&1 >/dev/null)
    echo "$said"
    test -z "$said"
}

# The manual names every sub-command that the command has, and no other.
manual_is_complete() {
    diff <("$prefix/bin/framelab" --help | sed -n 's/^  *\([a-z]*\)  .*/\1/p' | sort) \
        <(sed -n 's/^\.SS framelab \([a-z]*\).*/\1/p' "$prefix/share/man/man1/framelab.1" | sort)
}

# And of each sub-command every option, and no other.
manual_has_options() {
    local command
    for command in $("$prefix/bin/framelab" --help | sed -n 's/^  *\([a-z]*\)  .*/\1/p'); do
        diff <("$prefix/bin/framelab" "$command" --help | grep -oE -- '^ .*--[a-z-]+' | grep -oE -- '--[a-z-]+' |
            grep -vxE -- '--(help|usage|version)' | sort -u) \
            <(sed -n "/^\.SS framelab $command/,/^\.S[SH]/p" "$prefix/share/man/man1/framelab.1" | tr -d '\134' |
                grep -E '^\.BR? ' | grep -oE -- '--[a-z-]+' | sort -u) || { echo "framelab $command" && return 1; }
    done
}

# Those that were installed, not those of the sources: one more is put beside them. The overview, without runs, is not
# listed.
figures_are_found() {
    local papers=$prefix/share/framelab/papers
    diff <("$prefix/bin/framelab" figures --list | awk '{ print $1 }') \
        <(cd papers && jq -r 'select(.runs != []) | .key' ./*/figure.json) || return 1
    test -s "$papers/overview/plot.gp" || return 1
    cp -r "$papers/lock-collapse" "$papers/one-more"
    sed -i 's/"key": "lock-collapse"/"key": "one-more"/' "$papers/one-more/figure.json"
    "$prefix/bin/framelab" figures --list | grep '^one-more '
}

# By what was installed alone; without the library of charts it says so, and makes one without.
report_is_made() {
    local out=$prefix/report.html status
    (cd / && "$prefix/bin/framelab" report --out "$out" "$figures") >"$prefix/report.log" 2>&1
    status=$?
    if [ "$status" -eq 77 ]; then
        cat "$prefix/report.log"
        (cd / && "$prefix/bin/framelab" report --charts none --out "$out" "$figures") || return 1
    fi
    grep -q '<h1>' "$out" && rm "$out" "$prefix/report.log"
}

nothing_is_left() {
    make -s O="$build" PREFIX="$prefix" uninstall || return 1
    rm -f "$prefix/example"
    local left
    left=$(find "$prefix" -type f)
    echo "$left"
    test -z "$left"
}

check "make install" make -s O="$build" PREFIX="$prefix" CC="$CC" install
check "everything is installed" everything_is_there
check "pkg-config knows the version" pkg-config --atleast-version=0.1 framelab
check "the example builds against what is installed" example_builds
check "the example runs" example_runs
check "every public header compiles by itself" headers_stand_alone
check "the installed command runs" "$prefix/bin/framelab" --version
check "the manual page has no warnings" manual_reads
check "the manual page has every sub-command" manual_is_complete
check "the manual page has every option" manual_has_options
check "the installed command finds the installed figures" figures_are_found
figures=$PWD/results/reference/figures
check "the installed command makes a report" report_is_made
check "nothing that was built has this tree's path" no_path_of_this_tree
check "a command that was moved has all it needs" moved_command_is_whole
case $(realpath "$build") in
"$PWD"/*) check "a copied tree uses its own papers" copied_tree_is_whole ;;
*) echo "ok - a copied tree uses its own papers # SKIP built outside of it" ;;
esac
check "make uninstall leaves nothing" nothing_is_left
exit $failed
