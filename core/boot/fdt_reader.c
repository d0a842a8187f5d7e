/* SPDX-License-Identifier: MIT
 * Reading a device tree that nobody vouches for; fdt_reader.h says what may be relied on. */
#include "fdt_reader.h"

#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CELL_BYTES 4u
#define CELLS_MAX 4u
#define PATH_BYTES 96u
#define FDT_VERSION_MIN 16u

static void why_print(const struct fdt_reader *reader, const char *where, const char *format, va_list args)
{
    if (reader->why == NULL || reader->why_bytes == 0) {
        return;
    }
    int length = snprintf(reader->why, reader->why_bytes, "%s%s", where, where[0] != '\0' ? ": " : "");
    if (length >= 0 && (size_t)length < reader->why_bytes) {
        (void)vsnprintf(reader->why + length, reader->why_bytes - (size_t)length, format, args);
    }
    for (char *c = reader->why; *c != '\0'; c++) { /* a name in a hostile tree may hold anything */
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
}

enum memory_map_status fdt_reader_fail(const struct fdt_reader *reader, enum memory_map_status status,
                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    why_print(reader, "", format, args);
    va_end(args);
    return status;
}

enum memory_map_status fdt_reader_fail_at(const struct fdt_reader *reader, enum memory_map_status status, int node,
                                          const char *format, ...)
{
    char path[PATH_BYTES];
    int error = fdt_get_path(reader->blob, node, path, (int)sizeof(path));
    va_list args;
    va_start(args, format);
    why_print(reader, error == 0 ? path : "a deep node", format, args);
    va_end(args);
    return status;
}

enum memory_map_status fdt_reader_open(struct fdt_reader *reader, const void *blob, size_t blob_bytes, char *why,
                                       size_t why_bytes)
{
    reader->blob = blob;
    reader->why = why;
    reader->why_bytes = why_bytes;

    if (blob == NULL || blob_bytes == 0) {
        return fdt_reader_fail(reader, MEMORY_MAP_BROKEN_FDT, "the tree is empty");
    }
    /* The packaged libfdt does not look at this, and a misaligned header traps on some machines. */
    if ((uintptr_t)blob % 8 != 0) {
        return fdt_reader_fail(reader, MEMORY_MAP_MISALIGNED, "the tree at %p is not 8-byte aligned", blob);
    }
    if (blob_bytes < FDT_V1_SIZE) {
        return fdt_reader_fail(reader, MEMORY_MAP_BROKEN_FDT, "%zu bytes are too few for a device tree's header",
                               blob_bytes);
    }
    /* Before version 16 nodes carry full paths. Nobody has written such a tree since 2005, and fdt_check_full of
     * libfdt 1.6 follows a null pointer when the root's lacks its slash. */
    if (fdt_magic(blob) == FDT_MAGIC && fdt_version(blob) < FDT_VERSION_MIN) {
        return fdt_reader_fail(reader, MEMORY_MAP_BROKEN_FDT, "version %u of the format, at least %u is needed",
                               fdt_version(blob), FDT_VERSION_MIN);
    }
    if (fdt_magic(blob) == FDT_MAGIC && fdt_totalsize(blob) > blob_bytes) {
        return fdt_reader_fail(reader, MEMORY_MAP_BROKEN_FDT, "cut off: the header says %u bytes, %zu are there",
                               fdt_totalsize(blob), blob_bytes);
    }
    int error = fdt_check_full(blob, blob_bytes);
    if (error != 0) {
        return fdt_reader_fail(reader, MEMORY_MAP_BROKEN_FDT, "not a sound device tree: %s", fdt_strerror(error));
    }
    /* Nor at this: the specification aligns the blocks, and libfdt reads the structure block word by word. */
    if (fdt_off_dt_struct(blob) % CELL_BYTES != 0 || fdt_off_mem_rsvmap(blob) % 8 != 0) {
        return fdt_reader_fail(reader, MEMORY_MAP_MISALIGNED,
                               "the structure block at offset %u or the reservation block at offset %u is misaligned",
                               fdt_off_dt_struct(blob), fdt_off_mem_rsvmap(blob));
    }
    if (fdt_get_name(blob, 0, NULL) == NULL) {
        return fdt_reader_fail(reader, MEMORY_MAP_BROKEN_FDT, "the structure block does not begin with a root node");
    }
    return MEMORY_MAP_OK;
}

enum memory_map_status fdt_reader_walk_end(const struct fdt_reader *reader, int result)
{
    if (result >= 0 || result == -FDT_ERR_NOTFOUND) {
        return MEMORY_MAP_OK;
    }
    return fdt_reader_fail(reader, MEMORY_MAP_BROKEN_FDT, "walking the tree failed: %s", fdt_strerror(result));
}

const uint8_t *fdt_reader_property(const struct fdt_reader *reader, int node, const char *name, uint32_t *bytes)
{
    int length = 0;
    const void *value = fdt_getprop(reader->blob, node, name, &length);
    *bytes = value != NULL && length > 0 ? (uint32_t)length : 0;
    return value;
}

bool fdt_cells_read(const uint8_t *data, uint32_t count, uint64_t *value)
{
    *value = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (*value >> 32 != 0) {
            return false;
        }
        *value = *value << 32 | (uint64_t)data[0] << 24 | (uint64_t)data[1] << 16 | (uint64_t)data[2] << 8 | data[3];
        data += CELL_BYTES;
    }
    return true;
}

static enum memory_map_status read_cell_count(const struct fdt_reader *reader, int node, const char *name,
                                              uint32_t when_absent, uint32_t *count)
{
    uint32_t bytes;
    uint64_t value;
    const uint8_t *data = fdt_reader_property(reader, node, name, &bytes);

    *count = when_absent;
    if (data == NULL) {
        return MEMORY_MAP_OK;
    }
    if (bytes != CELL_BYTES || !fdt_cells_read(data, 1, &value) || value > CELLS_MAX) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CELLS, node, "%s is not a cell of 0 to %u", name, CELLS_MAX);
    }
    *count = (uint32_t)value;
    return MEMORY_MAP_OK;
}

enum memory_map_status fdt_reader_cells(const struct fdt_reader *reader, int node, struct fdt_cells *cells)
{
    enum memory_map_status status = read_cell_count(reader, node, "#address-cells", 2, &cells->address);
    if (status != MEMORY_MAP_OK) {
        return status;
    }
    return read_cell_count(reader, node, "#size-cells", 1, &cells->size);
}

enum memory_map_status fdt_reader_ranges(const struct fdt_reader *reader, int node, const char *name,
                                         struct fdt_cells cells, struct fdt_reg *reg)
{
    uint32_t bytes;
    uint32_t entry_bytes = (cells.address + cells.size) * CELL_BYTES;
    const uint8_t *data = fdt_reader_property(reader, node, name, &bytes);

    *reg = (struct fdt_reg){name, data, 0, cells};
    if (bytes == 0) {
        return MEMORY_MAP_OK;
    }
    if (cells.address == 0 || bytes % entry_bytes != 0) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CELLS, node,
                                  "%s of %u bytes does not fit %u address and %u size cells", name, bytes,
                                  cells.address, cells.size);
    }
    reg->entries = bytes / entry_bytes;
    return MEMORY_MAP_OK;
}

enum memory_map_status fdt_reader_reg_next(const struct fdt_reader *reader, int node, struct fdt_reg *reg,
                                           uint64_t *address, uint64_t *size)
{
    const uint8_t *size_data = reg->next + reg->cells.address * (size_t)CELL_BYTES;

    if (!fdt_cells_read(reg->next, reg->cells.address, address) || !fdt_cells_read(size_data, reg->cells.size, size)) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CELLS, node, "%s has a number of more than 64 bits",
                                  reg->name);
    }
    reg->next = size_data + reg->cells.size * (size_t)CELL_BYTES;
    reg->entries--;
    return MEMORY_MAP_OK;
}

/* True if the value is exactly this string; a missing final NUL is forgiven. */
static bool value_is(const uint8_t *value, uint32_t bytes, const char *text)
{
    size_t length = strlen(text);
    return bytes >= length && memcmp(value, text, length) == 0 && (bytes == length || value[length] == '\0');
}

bool fdt_reader_is_enabled(const struct fdt_reader *reader, int node)
{
    uint32_t bytes;
    const uint8_t *value = fdt_reader_property(reader, node, "status", &bytes);
    return value == NULL || value_is(value, bytes, "okay") || value_is(value, bytes, "ok");
}

bool fdt_reader_is_disabled(const struct fdt_reader *reader, int node)
{
    uint32_t bytes;
    const uint8_t *value = fdt_reader_property(reader, node, "status", &bytes);
    return value != NULL && value_is(value, bytes, "disabled");
}

bool fdt_reader_is_kind(const struct fdt_reader *reader, int node, const char *kind)
{
    uint32_t bytes;
    const uint8_t *type = fdt_reader_property(reader, node, "device_type", &bytes);
    if (type != NULL) {
        return value_is(type, bytes, kind);
    }

    const char *name = fdt_get_name(reader->blob, node, NULL);
    size_t length = strlen(kind);
    return name != NULL && strncmp(name, kind, length) == 0 && (name[length] == '\0' || name[length] == '@');
}
