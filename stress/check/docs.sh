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

# What documents quote of the reference run of the figures is what it says: `make readme` puts it there.
not_as_kept() { # document
    stress/check/quotes.sh "$1" 2>&1 | diff "$1" - | head -n 5
}

# Numbers of a run that are typed in: times, factors, fractions, outside of what is quoted, of code, and of the
# paragraph that says what was published.
typed_numbers() { # document
    awk '{
            while (match($0, /<!-- kept: [^>]*-->.*<!-- end -->/)) {
                $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
            }
        }
        /<!-- kept: / { quoted = 1 }
        quoted { quoted = !/<!-- end -->/; next }
        /^\*\*What it showed\.\*\*/ { published = 1 }
        /^$/ { published = 0 }
        published || /^    / { next }
        {
            gsub(/`[^`]*`|p99\.9|arXiv [0-9.]+|[0-9.]+ GiB|[0-9]\.[0-9]\.[0-9]/, "")
            if (/[0-9] (ns|us|times)([^a-z]|$)|[0-9]\.[0-9]/) { print FILENAME ":" FNR ": " $0 }
        }' "$1"
}

quoting=$(stress/check/quotes.sh)
for document in $quoting; do
    verdict "$document: what it quotes is of the kept run" "$(not_as_kept "$document")"
done
for document in papers/REPRODUCING.md papers/*/README.md; do
    verdict "$document: no number of a run is typed in" "$(typed_numbers "$document")"
done
verdict "deviations: no number of a run is typed in" "$(jq -r '.key as $key | .claims[] | select(.deviation) | "\($key) \(.id): \(.deviation)"' \
    papers/*/figure.json >"$scratch/deviations"; typed_numbers "$scratch/deviations")"
for figure in papers/*/claims.jq; do
    document=$(dirname "$figure")/README.md
    verdict "$document: quotes" "$(grep -qx "$document" <<<"$quoting" || echo "it does not")"
done

verdict "README.md: how to begin" "$(how_to_begin README.md)"

printf 'Run `make miracle`, see [this](nowhere.md), [that](#nothing):\n\n    framelab dream --all\n' >"$scratch/README.md"
for offence in 'make miracle' 'framelab dream' 'nowhere.md' 'no heading: #nothing' 'within ten lines: `build/framelab`'; do
    { broken_links "$scratch/README.md"; broken_anchors "$scratch/README.md"; how_to_begin "$scratch/README.md"
        unknown_commands "$scratch/README.md"; } | grep -qF "$offence" &&
        verdict "negative control: $offence is found" "" || verdict "negative control: $offence is found" "it was not"
done

# A number of the kept run that is another, and one that is typed in.
sed '/<!-- kept: claims/,/<!-- end/s/[0-9]\.[0-9]/9.9/' papers/llfree-linux/README.md >"$scratch/README.md"
verdict "negative control: a quoted number that is another" "$([ -n "$(stress/check/quotes.sh papers/llfree-linux/README.md |
    diff - "$scratch/README.md")" ] || echo "it is not seen")"
printf '**What it showed.** 2.5 times.\n\nHere 64.6 %% fewer; <!-- kept: time -->1.5 min<!-- end --> at `1.5`.\n' >"$scratch/typed.md"
verdict "negative control: a typed number" "$([ "$(typed_numbers "$scratch/typed.md" | cut -d: -f2)" = 3 ] || echo "it is not seen")"
echo 'Here <!-- kept: nonsense -->x<!-- end -->.' >"$scratch/nonsense.md"
verdict "negative control: nothing is quoted that is not there" \
    "$(stress/check/quotes.sh "$scratch/nonsense.md" 2>&1 | grep -q 'nothing to quote as "nonsense"' || echo "it is")"
exit $failed
