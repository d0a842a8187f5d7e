#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The device trees of real boards: all that Debian's kernel packages carry for Arm (32 and 64 bits) and RISC-V, some
# fifteen hundred. Each must be read, or be one whose memory firmware has yet to fill in; anything else is a bug of
# ours or an error worth seeing. Usage: fdt-debian-boards.sh FRAMELAB SCRATCH. Downloads a few hundred MB, from the
# very archive that this machine installs packages from, and keeps the trees (64 MB) in SCRATCH. Prints ok and not ok
# lines; exits 1 if one is not ok, 77 if no package can be had.
set -u -o pipefail

framelab=$(realpath "$1")
scratch=$2
count=0
failed=0
got_any=no

skip() {
    echo "skip fdt-debian-boards: $1"
    exit 77
}

for tool in apt-get apt-cache dpkg-deb; do
    command -v $tool >/dev/null || skip "$tool is not installed: this is no Debian"
done
mkdir -p "$scratch" && cd "$scratch" || exit 1
# shellcheck disable=SC2016 # apt's own variables
archive=$(apt-get indextargets --format '$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(COMPONENT)' |
    awk -F'|' '$2 == "Debian" && $3 == "Debian" && $4 == "main" { print $1; exit }')
[ -n "$archive" ] || skip "this machine installs packages from no Debian archive"
# shellcheck disable=SC1091
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")

# use ARCHITECTURE SUITE: package lists of a foreign architecture, away from the machine's own.
use() {
    apt=(-o "APT::Architecture=$1" -o "APT::Architectures=$1" -o "Dir::State::lists=$PWD/lists"
        -o Dir::State::status=/dev/null -o "Dir::Etc::sourcelist=$PWD/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::Cache=$PWD/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root)
    rm -rf lists cache
    mkdir -p lists/partial cache/archives/partial
    echo "deb $archive $2 main" >sources.list
    apt-get "${apt[@]}" -q update >apt.log 2>&1 && ! grep -q '^Err:' apt.log
}

# fetch ARCHITECTURE META-PACKAGE SUITE...: unpacks the trees of the kernel that the meta-package depends on, from the
# first suite that has it, into ./ARCHITECTURE.
fetch() {
    local architecture=$1 meta=$2 package
    shift 2
    if [ -e "$architecture/complete" ]; then
        return 0
    fi
    for try in "$@"; do
        use "$architecture" "$try" || continue
        package=$(apt-cache "${apt[@]}" depends "$meta" 2>/dev/null | awk '$1 == "Depends:" { print $2; exit }')
        [ -n "$package" ] || continue
        echo "fdt-debian-boards: fetching $package ($architecture, $try)" >&2
        apt-get "${apt[@]}" -q download "$package" >apt.log 2>&1 || continue
        rm -rf "$architecture" && mkdir "$architecture"
        dpkg-deb --fsys-tarfile "$package"_*.deb | tar -x -C "$architecture" --wildcards './usr/lib/linux-image-*' &&
            rm -f "$package"_*.deb && touch "$architecture/complete" && return 0
    done
    return 1
}

# read_all ARCHITECTURE
read_all() {
    local parsed=0 waiting=0 wrong=0 message status tree
    while IFS= read -r tree; do
        message=$("$framelab" fdt "$tree" 2>&1 >report.txt)
        status=$?
        if [ $status = 0 ]; then
            parsed=$((parsed + 1))
        elif [ $status = 1 ] && [[ $message == *": no usable /memory node: "* ]]; then
            waiting=$((waiting + 1))
        else
            wrong=$((wrong + 1))
            echo "# status $status: $message"
        fi
    done < <(find "$1" -name '*.dtb' | sort)
    count=$((count + 1))
    echo "# $1: $parsed read, $waiting without memory until firmware fills it in, $wrong refused"
    if [ $wrong = 0 ] && [ $parsed -gt 0 ]; then
        echo "ok $count - boards of $1"
    else
        echo "not ok $count - boards of $1"
        failed=$((failed + 1))
    fi
}

for spec in arm64:linux-image-arm64 armhf:linux-image-armmp riscv64:linux-image-riscv64; do
    if fetch "${spec%:*}" "${spec#*:}" "$suite" trixie sid; then
        got_any=yes
        read_all "${spec%:*}"
    else
        echo "# ${spec%:*}: no kernel package can be had: $(tail -n 1 apt.log)"
    fi
done
rm -rf lists cache
[ $got_any = yes ] || skip "no kernel package can be had"
echo "1..$count"
echo "fdt-debian-boards: $((count - failed)) passed, $failed failed"
[ $failed = 0 ]
