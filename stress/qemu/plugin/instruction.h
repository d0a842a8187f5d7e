/* SPDX-License-Identifier: MIT
 * What the plugin has to know of an instruction, by its encoding. */
#ifndef FRAMELAB_QEMU_PLUGIN_INSTRUCTION_H
#define FRAMELAB_QEMU_PLUGIN_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum instruction_set { INSTRUCTIONS_RISCV64, INSTRUCTIONS_AARCH64, INSTRUCTIONS_UNKNOWN };

/* By QEMU's name of its target, "riscv64". */
enum instruction_set instruction_set_of(const char *target);

/* MARK_BEGIN to MARK_TELL (contract.h), or 0. */
uint32_t instruction_mark(enum instruction_set set, uint32_t word, size_t bytes);

/* Whether all of its accesses, its loads too, take the line for writing: read-modify-writes, and both halves of
 * load-reserved and store-conditional, as processors with caches treat them (else a compare-and-swap would fetch its
 * line twice). */
bool instruction_takes_exclusive(enum instruction_set set, uint32_t word, size_t bytes);

#endif
