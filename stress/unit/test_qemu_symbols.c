/* SPDX-License-Identifier: MIT
 * Names for addresses, out of an ELF file that is made here; and files that are cut or wrong, which must be no more
 * than files without names. */
#include "qemu_symbols.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SECTION_NULL, SECTION_TEXT, SECTION_SYMBOLS, SECTION_NAMES, SECTION_COUNT };
#define SYMBOL_COUNT 5

struct image {
    Elf64_Ehdr header;
    Elf64_Shdr sections[SECTION_COUNT];
    Elf64_Sym symbols[SYMBOL_COUNT];
    char names[40];
};

static char path[] = "/tmp/framelab-test-XXXXXX";

static struct image make_image(void)
{
    struct image image = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
                               __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB},
                   .e_shoff = offsetof(struct image, sections),
                   .e_shentsize = sizeof(Elf64_Shdr),
                   .e_shnum = SECTION_COUNT},
        .sections = {[SECTION_TEXT] =
                         {.sh_type = SHT_PROGBITS, .sh_flags = SHF_EXECINSTR, .sh_addr = 0x1000, .sh_size = 0x1000},
                     [SECTION_SYMBOLS] = {.sh_type = SHT_SYMTAB,
                                          .sh_link = SECTION_NAMES,
                                          .sh_offset = offsetof(struct image, symbols),
                                          .sh_size = SYMBOL_COUNT * sizeof(Elf64_Sym)},
                     [SECTION_NAMES] = {.sh_offset = offsetof(struct image, names), .sh_size = 40}},
        .symbols = {[1] = {.st_name = 1, .st_value = 0x1000, .st_info = STT_NOTYPE},
                    [2] = {.st_name = 7, .st_value = 0x1100, .st_size = 0x80, .st_info = STT_FUNC},
                    [3] = {.st_name = 12, .st_value = 0x1180, .st_size = 0x80, .st_info = STT_FUNC},
                    [4] = {.st_name = 17, .st_value = 0x1108, .st_info = STT_NOTYPE}},
        .names = "\0start\0take\0give\0$x",
    };
    return image;
}

static void write_file(const void *bytes, size_t count)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static void assert_name(const struct qemu_symbols *symbols, const char *line, const char *name)
{
    char out[128] = "";
    assert_int_equal(qemu_symbols_name_line(symbols, line, out, sizeof out), name != NULL);
    if (name != NULL) {
        assert_string_equal(out, name);
    }
}

static void test_names(void **state)
{
    (void)state;
    const struct image image = make_image();
    write_file(&image, sizeof image);
    struct qemu_symbols *symbols = qemu_symbols_open(path);
    assert_non_null(symbols);
    assert_name(symbols, "panic:   at 0x1100", "take+0x0");
    assert_name(symbols, "panic:   at 0x110a", "take+0xa");
    assert_name(symbols, "panic:   called at 0x1180", "take+0x7f"); /* the call is before what it returns to */
    assert_name(symbols, "panic:   at 0x1180", "give+0x0");
    assert_name(symbols, "panic:   at 0x1040", "start+0x40"); /* a label of assembly code ends where the next begins */
    assert_name(symbols, "panic:   at 0x2000", NULL);
    assert_name(symbols, "panic:   at 0xfff", NULL);
    assert_name(symbols, "panic:   at 0x1100 or so", NULL);
    assert_name(symbols, "load access fault (cause 0x5) at address 0x1100", NULL);
    assert_name(NULL, "panic:   at 0x1100", NULL);
    qemu_symbols_close(symbols);
}

/* Opens what is there and asks for a name: whatever the answer, nothing outside the file is read. */
static void probe(void)
{
    char out[128];
    struct qemu_symbols *symbols = qemu_symbols_open(path);
    (void)qemu_symbols_name_line(symbols, "at 0x1300", out, sizeof out);
    qemu_symbols_close(symbols);
}

static void test_cut(void **state)
{
    (void)state;
    const struct image image = make_image();
    for (size_t bytes = 1; bytes < sizeof image; bytes++) {
        write_file(&image, bytes);
        probe();
    }
}

static void test_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < offsetof(struct image, names); i++) {
        struct image image = make_image();
        ((unsigned char *)&image)[i] = 0xff;
        write_file(&image, sizeof image);
        probe();
    }
    struct image image = make_image();
    memset(image.names, 'x', sizeof image.names);
    write_file(&image, sizeof image);
    assert_null(qemu_symbols_open(path));
    assert_null(qemu_symbols_open("/nonexistent"));
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    (void)unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_wrong),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
