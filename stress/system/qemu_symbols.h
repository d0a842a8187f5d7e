/* SPDX-License-Identifier: MIT
 * Names for a kernel's addresses, or this command's own: its ELF symbol table gives the function, and addr2line, where
 * that is installed, the line of the source. */
#ifndef FRAMELAB_STRESS_QEMU_SYMBOLS_H
#define FRAMELAB_STRESS_QEMU_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qemu_symbols;

/* Reads the symbols of an ELF file of 64 bits in this machine's byte order. NULL if it is none, or cannot be read: then
 * addresses stay numbers. */
struct qemu_symbols *qemu_symbols_open(const char *path);
/* NULL is allowed. */
void qemu_symbols_close(struct qemu_symbols *symbols);

/* "function+0x12", and " (file.c:34)" if that can be had, into `out`. False if the address is in no function. */
bool qemu_symbols_name(const struct qemu_symbols *symbols, uint64_t address, char *out, size_t out_bytes);

/* The name of the function alone, quickly; NULL if the address is in none. It lives as long as `symbols`. */
const char *qemu_symbols_function(const struct qemu_symbols *symbols, uint64_t address);

/* A line of a kernel's last words, "... at 0x81011856": that address's name into `out`. False if it has none. */
bool qemu_symbols_name_line(const struct qemu_symbols *symbols, const char *line, char *out, size_t out_bytes);

#endif
