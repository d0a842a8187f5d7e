#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the documentation says is there: every folder has a README.md, their links lead somewhere, the make targets
# and framelab sub-commands that they show exist. That the check can fail is shown on a README that lies.
#
#   stress/check/docs.sh BUILD_DIRECTORY
set -u
cd "$(dirname "$0")/../.." || exit
build=${1:?usage: stress/check/docs.sh BUILD_DIRECTORY}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=stress/check/verdicts.sh
. stress/check/verdicts.sh

folders_without_readme() {
    git ls-files | grep / | sed 's|/[^/]*$||' | grep -v '^\.\|^results/reference/figures/' | sort -u |
        while read -r folder; do
        test -s "$folder/README.md" || echo "$folder has no README.md"
    done
}

broken_links() { # readme
    grep -o '](\([^)#]*\)' "$1" | sed 's/^](//' | grep -v '^[a-z]*://' | grep . | while read -r link; do
        test -e "$(dirname "$1")/$link" || echo "$1: leads nowhere: $link"
    done
}

# Headings that links name: GitHub's anchors, small letters, digits and hyphens.
broken_anchors() { # readme
    grep -o '](\([^):]*#[^)]*\)' "$1" | sed 's/^](//' | while read -r link; do
        file=$(dirname "$1")/${link%%#*}
        [ -n "${link%%#*}" ] || file=$1
        grep '^#' "$file" | sed 's/^#* *//' | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9\n-' | grep -qx -- "${link#*#}" ||
            echo "$1: there is no heading: $link"
    done
}

# Within ten lines: that there is a command, where it lies after make, how it is called; the words that need a glossary.
how_to_begin() { # readme
    head -n 10 "$1" >"$scratch/head"
    # shellcheck disable=SC2016 # backquotes of Markdown
    for words in 'one command' 'after `make` it is' '`build/framelab`' '`make install`' '[hart](core/GLOSSARY.md)' '[magazines](core/GLOSSARY.md)'; do
        grep -qF -- "$words" "$scratch/head" || echo "$1: not within ten lines: $words"
    done
    grep -qF '[limbo](core/GLOSSARY.md)' "$1" || echo "$1: limbo does not lead to the glossary"
}

# Commands in code, fenced, indented or `quoted`: `make X` and `framelab X`.
shown() { # readme word
    { sed -n '/^ *```/,/^ *```/p' "$1"; grep '^    ' "$1"; grep -o '`[^`]*`' "$1"; } |
        grep -oE "(^|[ \`/\$])$2 [a-z][a-z-]*" | sed "s/.*$2 //" | sort -u
}

# shellcheck disable=SC2046 # many files
targets=$(sed -n 's/^\([a-z][a-z -]*\):.*/\1/p' Makefile $(git ls-files '*.mk'))
subcommands=$("$build/framelab" --help | sed -n 's/^  *\([a-z]*\)  .*/\1/p')

unknown_commands() { # readme
    local word
    for word in $(shown "$1" make); do
        grep -qw -- "$word" <<<"$targets" || echo "$1: there is no 'make $word'"
    done
    for word in $(shown "$1" framelab); do
        grep -qx -- "$word" <<<"$subcommands" || echo "$1: there is no 'framelab $word'"
    done
}

verdict "every folder has a README.md" "$(folders_without_readme)"
while read -r readme; do
    verdict "$readme: links" "$(broken_links "$readme"; broken_anchors "$readme")"
    verdict "$readme: commands" "$(unknown_commands "$readme")"
done < <(git ls-files '*README.md' core/GLOSSARY.md)

# The first table is what the command says of the kept run, its marks left in: `make readme` makes it anew.
verdict "README.md: its table is of the kept run" \
    "$(stress/check/readme-table.sh "$build/framelab" | diff README.md - | head -n 5)"

verdict "README.md: how to begin" "$(how_to_begin README.md)"

printf 'Run `make miracle`, see [this](nowhere.md), [that](#nothing):\n\n    framelab dream --all\n' >"$scratch/README.md"
for offence in 'make miracle' 'framelab dream' 'nowhere.md' 'no heading: #nothing' 'within ten lines: `build/framelab`'; do
    { broken_links "$scratch/README.md"; broken_anchors "$scratch/README.md"; how_to_begin "$scratch/README.md"
        unknown_commands "$scratch/README.md"; } | grep -qF "$offence" &&
        verdict "negative control: $offence is found" "" || verdict "negative control: $offence is found" "it was not"
done
exit $failed
