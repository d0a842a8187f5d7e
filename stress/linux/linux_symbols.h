/* SPDX-License-Identifier: MIT
 * Which function of Linux an address is in: by what the kernel itself says (`make linux` asks it). */
#ifndef FRAMELAB_STRESS_LINUX_SYMBOLS_H
#define FRAMELAB_STRESS_LINUX_SYMBOLS_H

#include <stdint.h>

struct linux_symbols;

/* Reads lines as nm has them: "ffff800008010000 t name", with the module behind it. NULL if there are none. */
struct linux_symbols *linux_symbols_open(const char *path);
void linux_symbols_close(struct linux_symbols *symbols);

/* The name of the last symbol at or before the address; NULL if it is before all. It lives as long as `symbols`. */
const char *linux_symbols_function(const struct linux_symbols *symbols, uint64_t address);

#endif
