/* SPDX-License-Identifier: MIT
 * Writes a device tree with libfdt's sequential interface. The first error sticks: every later step is a no-op, and
 * the caller sees it once, at the end. */
#include "default_fdt.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "region.h"

#define NAME_BYTES 48u
#define CHUNK_BYTES (CHUNK_FRAMES << FRAME_SHIFT)
#define DISTANCE_LOCAL 10u
#define DISTANCE_STEP 10u
#define DISTANCE_MOST 250u /* 255 means unreachable */

struct fdt_writer {
    void *fdt;
    int error;
};

static void begin_node(struct fdt_writer *writer, const char *name)
{
    writer->error = writer->error != 0 ? writer->error : fdt_begin_node(writer->fdt, name);
}

static void begin_node_at(struct fdt_writer *writer, const char *kind, uint64_t address)
{
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof(name), "%s@%llx", kind, (unsigned long long)address);
    begin_node(writer, name);
}

static void end_node(struct fdt_writer *writer)
{
    writer->error = writer->error != 0 ? writer->error : fdt_end_node(writer->fdt);
}

static void put_cell(struct fdt_writer *writer, const char *name, uint32_t value)
{
    writer->error = writer->error != 0 ? writer->error : fdt_property_u32(writer->fdt, name, value);
}

static void put_text(struct fdt_writer *writer, const char *name, const char *text)
{
    writer->error = writer->error != 0 ? writer->error : fdt_property(writer->fdt, name, text, (int)strlen(text) + 1);
}

static void put_empty(struct fdt_writer *writer, const char *name)
{
    writer->error = writer->error != 0 ? writer->error : fdt_property(writer->fdt, name, NULL, 0);
}

static void put_range(struct fdt_writer *writer, uint64_t start, uint64_t size)
{
    fdt64_t reg[2] = {cpu_to_fdt64(start), cpu_to_fdt64(size)};
    writer->error = writer->error != 0 ? writer->error : fdt_property(writer->fdt, "reg", reg, (int)sizeof(reg));
}

static void put_cell_counts(struct fdt_writer *writer, uint32_t address, uint32_t size)
{
    put_cell(writer, "#address-cells", address);
    put_cell(writer, "#size-cells", size);
}

static void write_memory(struct fdt_writer *writer, const struct default_fdt_options *options)
{
    uint64_t share = align_down_u64(options->memory_bytes / options->nodes, CHUNK_BYTES);
    uint64_t start = DEFAULT_FDT_RAM_BASE;

    for (uint32_t node = 0; node < options->nodes; node++) {
        uint64_t left = DEFAULT_FDT_RAM_BASE + options->memory_bytes - start;
        uint64_t size = node + 1 < options->nodes ? share : left;
        begin_node_at(writer, "memory", start);
        put_text(writer, "device_type", "memory");
        put_range(writer, start, size);
        put_cell(writer, "numa-node-id", node);
        end_node(writer);
        start += size;
    }
}

static void write_firmware(struct fdt_writer *writer)
{
    begin_node(writer, "reserved-memory");
    put_cell_counts(writer, 2, 2);
    put_empty(writer, "ranges");
    begin_node_at(writer, "firmware", DEFAULT_FDT_RAM_BASE);
    put_range(writer, DEFAULT_FDT_RAM_BASE, DEFAULT_FDT_FIRMWARE_BYTES);
    put_empty(writer, "no-map");
    end_node(writer);
    end_node(writer);
}

static void write_harts(struct fdt_writer *writer, const struct default_fdt_options *options)
{
    begin_node(writer, "cpus");
    put_cell_counts(writer, 1, 0);
    for (uint32_t hart = 0; hart < options->harts; hart++) {
        begin_node_at(writer, "cpu", hart);
        put_text(writer, "device_type", "cpu");
        put_cell(writer, "reg", hart);
        put_text(writer, "status", "okay");
        put_cell(writer, "numa-node-id", (uint32_t)((uint64_t)hart * options->nodes / options->harts));
        end_node(writer);
    }
    end_node(writer);
}

/* As if the nodes lay in a row: each step costs as much again. */
static uint32_t distance(uint32_t from, uint32_t to)
{
    uint32_t steps = from > to ? from - to : to - from;
    uint32_t far = DISTANCE_LOCAL + steps * DISTANCE_STEP;
    return far < DISTANCE_MOST ? far : DISTANCE_MOST;
}

static void write_distances(struct fdt_writer *writer, uint32_t nodes)
{
    void *matrix = NULL;
    size_t bytes = (size_t)nodes * nodes * 3 * sizeof(fdt32_t);

    begin_node(writer, "distance-map");
    put_text(writer, "compatible", "numa-distance-map-v1");
    if (writer->error == 0) {
        writer->error = fdt_property_placeholder(writer->fdt, "distance-matrix", (int)bytes, &matrix);
    }
    if (writer->error == 0) {
        fdt32_t *cell = matrix;
        for (uint32_t from = 0; from < nodes; from++) {
            for (uint32_t to = 0; to < nodes; to++) {
                *cell++ = cpu_to_fdt32(from);
                *cell++ = cpu_to_fdt32(to);
                *cell++ = cpu_to_fdt32(distance(from, to));
            }
        }
    }
    end_node(writer);
}

static bool options_can_be(const struct default_fdt_options *options)
{
    return options->harts >= 1 && options->harts <= HART_MAX && options->nodes >= 1 && options->nodes <= NODE_MAX &&
           options->memory_bytes / options->nodes >= CHUNK_BYTES &&
           options->memory_bytes <= PHYS_END - DEFAULT_FDT_RAM_BASE;
}

int default_fdt_write(void *buffer, size_t bytes, const struct default_fdt_options *options)
{
    struct fdt_writer writer = {buffer, 0};
    if (!options_can_be(options)) {
        return -FDT_ERR_BADVALUE;
    }

    writer.error = fdt_create(buffer, bytes < INT32_MAX ? (int)bytes : INT32_MAX);
    writer.error = writer.error != 0 ? writer.error : fdt_finish_reservemap(buffer);
    begin_node(&writer, "");
    put_cell_counts(&writer, 2, 2);
    put_text(&writer, "compatible", "framelab,host");
    put_text(&writer, "model", "framelab host");
    if (options->bootargs != NULL) {
        begin_node(&writer, "chosen");
        put_text(&writer, "bootargs", options->bootargs);
        end_node(&writer);
    }
    write_memory(&writer, options);
    write_firmware(&writer);
    write_harts(&writer, options);
    if (options->nodes > 1) {
        write_distances(&writer, options->nodes);
    }
    end_node(&writer);
    return writer.error != 0 ? writer.error : fdt_finish(buffer);
}
