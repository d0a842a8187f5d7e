/* SPDX-License-Identifier: MIT
 * Encodings. See instruction.h. The RISC-V Instruction Set Manual, volume I, "A" extension and table of opcodes; Arm
 * Architecture Reference Manual for A-profile, "Loads and stores". */
#include "instruction.h"

#include <string.h>

#include "contract.h"

enum instruction_set instruction_set_of(const char *target)
{
    return strcmp(target, "riscv64") == 0   ? INSTRUCTIONS_RISCV64
           : strcmp(target, "aarch64") == 0 ? INSTRUCTIONS_AARCH64
                                            : INSTRUCTIONS_UNKNOWN;
}

uint32_t instruction_mark(enum instruction_set set, uint32_t word, size_t bytes)
{
    for (uint32_t mark = MARK_BEGIN; mark < MARK_COUNT && bytes == sizeof word; mark++) {
        if ((set == INSTRUCTIONS_RISCV64 && word == MARK_RISCV64(mark)) ||
            (set == INSTRUCTIONS_AARCH64 && word == MARK_AARCH64(mark))) {
            return mark;
        }
    }
    return 0;
}

/* Load and store exclusive, and compare-and-swap: bit 23 is the "ordered" one that LDAR and STLR have without bit 21,
 * and those two are plain accesses. Then the read-modify-writes of Armv8.1, among which LDAPR stands, a plain load. */
static bool is_exclusive_aarch64(uint32_t word)
{
    bool exclusive = (word & 0x3f000000) == 0x08000000 && (word & 0x00a00000) != 0x00800000;
    bool modify = (word & 0x3b200c00) == 0x38200000 && (word & 0x3ffffc00) != 0x38bfc000;
    return exclusive || modify;
}

bool instruction_takes_exclusive(enum instruction_set set, uint32_t word, size_t bytes)
{
    if (bytes != sizeof word) {
        return false;
    }
    return set == INSTRUCTIONS_RISCV64 ? (word & 0x7f) == 0x2f /* AMO, LR and SC */
                                       : set == INSTRUCTIONS_AARCH64 && is_exclusive_aarch64(word);
}
