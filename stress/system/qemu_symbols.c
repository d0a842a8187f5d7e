/* SPDX-License-Identifier: MIT
 * Reads an ELF file's symbol table. See qemu_symbols.h. The file is outside input: every offset is checked. */
#include "qemu_symbols.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_read.h"
#include "subprocess.h"

#define WHY_BYTES 256u
/* A tool that has not answered by then is not waited for. */
#define TOOL_TIMEOUT_MS 10000

struct qemu_symbols {
    char *path;
    unsigned char *file;
    size_t file_bytes;
    const Elf64_Sym *symbols;
    size_t symbol_count;
    const char *names;
    size_t names_bytes;
    struct {
        uint64_t begin, end;
    } code; /* addresses of all sections that are executed */
};

/* So many bytes of the file from an offset on, or NULL if it does not have them. */
static const void *piece(const struct qemu_symbols *symbols, uint64_t offset, uint64_t bytes, size_t align)
{
    bool inside = offset <= symbols->file_bytes && bytes <= symbols->file_bytes - offset && offset % align == 0;
    return inside ? symbols->file + offset : NULL;
}

static const Elf64_Shdr *section(const struct qemu_symbols *symbols, const Elf64_Ehdr *header, uint32_t number)
{
    uint64_t offset = header->e_shoff + (uint64_t)number * sizeof(Elf64_Shdr);
    return number < header->e_shnum && header->e_shoff <= symbols->file_bytes
               ? piece(symbols, offset, sizeof(Elf64_Shdr), _Alignof(Elf64_Shdr))
               : NULL;
}

static bool take_table(struct qemu_symbols *symbols, const Elf64_Shdr *table, const Elf64_Shdr *names)
{
    symbols->symbol_count = table->sh_size / sizeof(Elf64_Sym);
    symbols->symbols = piece(symbols, table->sh_offset, table->sh_size, _Alignof(Elf64_Sym));
    symbols->names_bytes = names != NULL ? names->sh_size : 0;
    symbols->names = names != NULL ? piece(symbols, names->sh_offset, names->sh_size, 1) : NULL;
    return symbols->symbols != NULL && symbols->names != NULL && symbols->names_bytes > 0 &&
           symbols->names[symbols->names_bytes - 1] == '\0';
}

static void add_code(struct qemu_symbols *symbols, const Elf64_Shdr *text)
{
    uint64_t end = text->sh_addr + text->sh_size;
    bool first = symbols->code.end == 0;
    symbols->code.begin = first || text->sh_addr < symbols->code.begin ? text->sh_addr : symbols->code.begin;
    symbols->code.end = end > symbols->code.end ? end : symbols->code.end;
}

static bool find_table(struct qemu_symbols *symbols)
{
    const Elf64_Ehdr *header = piece(symbols, 0, sizeof *header, 1);
    const unsigned char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != order || header->e_shentsize != sizeof(Elf64_Shdr)) {
        return false;
    }
    bool found = false;
    for (uint32_t i = 0; i < header->e_shnum; i++) {
        const Elf64_Shdr *table = section(symbols, header, i);
        if (table != NULL && table->sh_type == SHT_SYMTAB) {
            found = take_table(symbols, table, section(symbols, header, table->sh_link));
        } else if (table != NULL && (table->sh_flags & SHF_EXECINSTR) != 0) {
            add_code(symbols, table);
        }
    }
    return found;
}

struct qemu_symbols *qemu_symbols_open(const char *path)
{
    char why[WHY_BYTES];
    struct qemu_symbols *symbols = calloc(1, sizeof *symbols);
    if (symbols == NULL) {
        return NULL;
    }
    symbols->path = strdup(path);
    symbols->file = file_read(path, &symbols->file_bytes, why, sizeof why);
    if (symbols->path == NULL || symbols->file == NULL || !find_table(symbols)) {
        qemu_symbols_close(symbols);
        return NULL;
    }
    return symbols;
}

void qemu_symbols_close(struct qemu_symbols *symbols)
{
    if (symbols != NULL) {
        free(symbols->path);
        free(symbols->file);
        free(symbols);
    }
}

/* The last symbol of a type before an address that reaches to it. Without a size it ends where the next begins. Names
 * that begin with '$' or '.' are marks of the assembler's. */
static const Elf64_Sym *symbol_at(const struct qemu_symbols *symbols, uint64_t address, unsigned char type)
{
    const Elf64_Sym *best = NULL;
    for (size_t i = 0; i < symbols->symbol_count; i++) {
        const Elf64_Sym *symbol = &symbols->symbols[i];
        bool before = symbol->st_value <= address && symbol->st_name < symbols->names_bytes;
        bool covers = symbol->st_size == 0 || address - symbol->st_value < symbol->st_size;
        bool nearest = best == NULL || symbol->st_value > best->st_value;
        if (ELF64_ST_TYPE(symbol->st_info) == type && before && covers && nearest &&
            strchr("$.", symbols->names[symbol->st_name]) == NULL) {
            best = symbol;
        }
    }
    return best;
}

/* The function that an address is in, or the label of assembly code. */
static const Elf64_Sym *function_at(const struct qemu_symbols *symbols, uint64_t address)
{
    if (address < symbols->code.begin || address >= symbols->code.end) {
        return NULL;
    }
    const Elf64_Sym *function = symbol_at(symbols, address, STT_FUNC);
    return function != NULL ? function : symbol_at(symbols, address, STT_NOTYPE);
}

/* "file.c:34" of an address by addr2line. False without it, or if it does not know. */
static bool source_line(const struct qemu_symbols *symbols, uint64_t address, char *out, size_t out_bytes)
{
    char tool[] = "addr2line", short_names[] = "-s", option[] = "-e", number[24];
    (void)snprintf(number, sizeof number, "0x%llx", (unsigned long long)address);
    char *argv[] = {tool, short_names, option, symbols->path, number, NULL};
    struct subprocess child;
    char *line;
    if (!subprocess_start(&child, argv, false)) {
        return false;
    }
    bool known = subprocess_read_line(&child, &line, TOOL_TIMEOUT_MS) == SUBPROCESS_LINE && strchr(line, '?') == NULL;
    (void)snprintf(out, out_bytes, "%s", known ? line : "");
    subprocess_stop(&child);
    return known;
}

const char *qemu_symbols_function(const struct qemu_symbols *symbols, uint64_t address)
{
    const Elf64_Sym *function = symbols != NULL ? function_at(symbols, address) : NULL;
    return function != NULL ? symbols->names + function->st_name : NULL;
}

bool qemu_symbols_name(const struct qemu_symbols *symbols, uint64_t address, char *out, size_t out_bytes)
{
    const Elf64_Sym *function = symbols != NULL ? function_at(symbols, address) : NULL;
    if (function == NULL) {
        return false;
    }
    char source[128];
    const char *name = symbols->names + function->st_name;
    unsigned long long offset = address - function->st_value;
    if (source_line(symbols, address, source, sizeof source)) {
        (void)snprintf(out, out_bytes, "%s+0x%llx (%s)", name, offset, source);
    } else {
        (void)snprintf(out, out_bytes, "%s+0x%llx", name, offset);
    }
    return true;
}

bool qemu_symbols_name_line(const struct qemu_symbols *symbols, const char *line, char *out, size_t out_bytes)
{
    static const char before[] = " at 0x";
    const char *at = strstr(line, before);
    if (at == NULL) {
        return false;
    }
    char *end;
    uint64_t address = strtoull(at + sizeof before - 1, &end, 16);
    /* What is returned to lies behind the call, which may be the last thing that its function does. */
    bool call = strstr(line, "called at") != NULL;
    return *end == '\0' && qemu_symbols_name(symbols, address - call, out, out_bytes);
}
