/* SPDX-License-Identifier: MIT
 * How many instructions were executed where: one count a block of code, as QEMU translates it. Which function a block
 * is of, whoever has the symbols says. */
#ifndef FRAMELAB_QEMU_PLUGIN_PROFILE_H
#define FRAMELAB_QEMU_PLUGIN_PROFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct profile_block {
    uint64_t address;
    uint64_t instructions; /* executed in it since the last profile_clear */
    struct profile_block *next;
};

struct profile;

struct profile *profile_new(void);
void profile_delete(struct profile *profile);
/* The block that begins there, new if there is none. It stays where it is. NULL: no memory. */
struct profile_block *profile_block(struct profile *profile, uint64_t address);
void profile_clear(struct profile *profile);
/* Writes [[address, instructions], ...] in the order of addresses, blocks that were executed only; an
 * address above 63 bits, as kernels lie at, as text, since readers of JSON keep no more. False: no memory. */
bool profile_write(const struct profile *profile, FILE *out);

#endif
