#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# README's two commands on a Debian that has nothing else yet, so that what the developer's machine happens to have
# hides nothing: a minimal system in a folder (debootstrap), with `make` in it and a clone of the last commit.
#
#   stress/check/fresh-debian.sh BUILD_DIRECTORY RELEASE [COMMAND...]     RELEASE: bookworm, trixie
#
# Or other commands than README's, each a word. Packages come from where this machine gets its own. The system is
# removed when all is well, and otherwise left in BUILD_DIRECTORY/check/RELEASE, with its logs. Exit 77 without root,
# debootstrap or a mirror that has the release.
set -u
cd "$(dirname "$0")/../.." || exit 1
usage='usage: stress/check/fresh-debian.sh BUILD_DIRECTORY RELEASE [COMMAND...]'
build=${1:?$usage} release=${2:?$usage}
shift 2
[ $# -gt 0 ] || set -- 'make compare' 'make check'
mkdir -p "$build/check"
root=$(cd "$build/check" && pwd)/$release
log=$root.system.log
status=0 count=0

skip() {
    echo "skip fresh-debian $release: $1"
    exit 77
}

tell() { # name status log
    count=$((count + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $count - $release: $1"
    else
        echo "not ok $count - $release: $1: status $2"
        tail -n 40 "$3" | sed 's/^/# /'
        status=1
    fi
}

[ "$(id -u)" -eq 0 ] || skip "not root"
command -v debootstrap >/dev/null || skip "no debootstrap: .ci/dependencies fresh"
mirror=$(.ci/archives | cut -d'|' -f1 | head -n 1)
[ -n "$mirror" ] || skip "this machine has no archive of Debian"
unshare --mount --pid --fork true 2>/dev/null || skip "this machine allows no namespaces"

rm -rf --one-file-system "$root"
debootstrap --variant=minbase "$release" "$root" "$mirror" >"$log" 2>&1 ||
    skip "debootstrap from $mirror: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log")"
cp /etc/resolv.conf "$root/etc/resolv.conf"
apt-config dump Acquire | grep -i proxy >"$root/etc/apt/apt.conf.d/90proxy"
git clone -q --no-local . "$root/root/framelab" || exit 1

# In the system, which sees the devices but no process and no variable of ours.
inside() { # command
    # shellcheck disable=SC2016 # for the shell in there
    unshare --mount --pid --fork --kill-child bash -c '
        mount --make-rprivate / && mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/tmp" &&
            mount --rbind /sys "$1/sys" && mount --rbind /dev "$1/dev" &&
            exec chroot "$1" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
                PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
                sh -c "cd /root/framelab && $2"' inside "$root" "$1" </dev/null &
    running=$!
    wait $running
}
# Nothing in there outlives us: with the first process of its namespace go all.
running=
trap '[ -z "$running" ] || kill -KILL "$running"; exit 143' INT TERM

inside 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends make' \
    >>"$log" 2>&1
tell "make is installed" $? "$log"
for command in "$@"; do
    log=$root.$(tr -c 'a-zA-Z0-9\n' '-' <<<"$command").log
    begin=$SECONDS
    inside "$command" >"$log" 2>&1
    tell "$command" $? "$log"
    echo "# $((SECONDS - begin)) s; $(tail -n 1 "$log")"
    # What a command could not try on this machine, the commands of README install.
    grep -E '^ +skip' "$log" | sed 's/^ */# /'
done
[ $status -ne 0 ] || rm -rf --one-file-system "$root"
exit $status
