#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Boots a kernel in QEMU: its console on stdout, its exit status for ours; 124 if it takes longer than ten minutes.
#
#   stress/check/qemu-boot.sh [OPTION...] KERNEL [BOOT-ARGUMENT...]
#
#   -a ARCH      riscv64 (default), riscv64-bare or aarch64
#   -n HARTS     default: 1
#   -m MEMORY    default: 64M
#   -t MODE      icount (default): one hart at a time; mttcg: harts are threads of QEMU
#   -q WORDS     more options of QEMU
#
# What boot arguments there are: kernel_options.h. `framelab --platform qemu` boots the same machine (qemu_machine.c).
set -u
arch=riscv64 harts=1 memory=64M mode=icount extra=
while getopts a:n:m:t:q: option; do
    case $option in
    a) arch=$OPTARG ;;
    n) harts=$OPTARG ;;
    m) memory=$OPTARG ;;
    t) mode=$OPTARG ;;
    q) extra=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
usage="usage: $0 [-a ARCH] [-n HARTS] [-m MEMORY] [-t MODE] [-q WORDS] KERNEL [BOOT-ARGUMENT...]"
kernel=${1:?$usage}
shift

case $arch in
aarch64) machine=(-machine "virt,gic-version=3" -cpu max -semihosting-config "enable=on,target=native") ;;
riscv64-bare) machine=(-machine virt -bios none) ;;
*) machine=(-machine virt) ;;
esac
case $mode in
mttcg) clock=(-accel "tcg,thread=multi") ;;
*) clock=(-icount "shift=0,sleep=off") ;;
esac
# shellcheck disable=SC2086 # $extra is many words
exec timeout 600 "qemu-system-${arch%-bare}" "${machine[@]}" -m "$memory" -smp "$harts" -nodefaults -display none \
    -serial stdio -no-reboot -kernel "$kernel" "${clock[@]}" $extra -append "mode=$mode $*" </dev/null 2>&1
