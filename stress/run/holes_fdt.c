/* SPDX-License-Identifier: MIT
 * A device tree with holes. See holes_fdt.h.
 *
 * The last piece is half of the memory and has no reservation in it: room for what boots first and for what is plugged
 * in later. The others share the rest. Gaps are from the size of a frame to 4 MiB, which an arena may span; one gap is
 * so large that no arena spans it. */
#include "holes_fdt.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "random.h"

#define PIECES 6u
#define RAM_BASE UINT64_C(0x40000000)
#define FAR_GAP_BYTES (UINT64_C(768) << 20)

struct piece {
    uint64_t start, size;
    uint64_t reserved_start, reserved_size; /* inside; size 0: none */
};

/* Where the pieces lie. Edges are on no boundary in particular. */
static void lay_out(struct piece *pieces, uint64_t memory_bytes, struct random *random)
{
    uint64_t at = RAM_BASE;
    for (uint32_t i = 0; i < PIECES; i++) {
        struct piece *piece = &pieces[i];
        piece->start = at;
        piece->size = i == PIECES - 1 ? memory_bytes / 2 : memory_bytes / 2 / (PIECES - 1);
        if (i < PIECES - 1) {
            piece->reserved_size = random_between(random, 1, 40 * FRAME_SIZE);
            piece->reserved_start = piece->start + random_below(random, piece->size - piece->reserved_size);
        }
        uint64_t gap = random_one_in(random, 2) ? random_between(random, FRAME_SIZE, 16 * FRAME_SIZE)
                                                : random_between(random, FRAME_SIZE, UINT64_C(4) << 20);
        at += piece->size + (i == 2 ? FAR_GAP_BYTES : gap);
    }
}

/* Each of the writers returns true if it failed: `||` goes on only as long as nothing has. */

static bool write_cells(void *fdt, uint32_t address, uint32_t size)
{
    return fdt_property_u32(fdt, "#address-cells", address) || fdt_property_u32(fdt, "#size-cells", size);
}

static bool write_device_type(void *fdt, const char *type)
{
    return fdt_property(fdt, "device_type", type, (int)strlen(type) + 1);
}

static bool write_node(void *fdt, const char *stem, uint64_t start, uint64_t size)
{
    char name[40];
    (void)snprintf(name, sizeof name, "%s@%llx", stem, (unsigned long long)start);
    const fdt64_t reg[2] = {cpu_to_fdt64(start), cpu_to_fdt64(size)};
    return fdt_begin_node(fdt, name) || write_device_type(fdt, stem) ||
           fdt_property(fdt, "reg", reg, (int)sizeof reg) || fdt_end_node(fdt);
}

static bool write_hart(void *fdt, uint32_t hart)
{
    char name[16];
    (void)snprintf(name, sizeof name, "cpu@%x", hart);
    return fdt_begin_node(fdt, name) || write_device_type(fdt, "cpu") || fdt_property_u32(fdt, "reg", hart) ||
           fdt_end_node(fdt);
}

static bool write_harts(void *fdt, uint32_t harts)
{
    bool failed = fdt_begin_node(fdt, "cpus") || write_cells(fdt, 1, 0);
    for (uint32_t i = 0; i < harts; i++) {
        failed = failed || write_hart(fdt, i);
    }
    return failed || fdt_end_node(fdt);
}

/* Reservations of even pieces are nodes, of odd ones entries of the header's block. */
static bool write_reservation_nodes(void *fdt, const struct piece *pieces)
{
    bool failed =
        fdt_begin_node(fdt, "reserved-memory") || write_cells(fdt, 2, 2) || fdt_property(fdt, "ranges", NULL, 0);
    for (uint32_t i = 0; i < PIECES - 1; i += 2) {
        failed = failed || write_node(fdt, "kept", pieces[i].reserved_start, pieces[i].reserved_size);
    }
    return failed || fdt_end_node(fdt);
}

static bool write_reservation_block(void *fdt, const struct piece *pieces)
{
    bool failed = false;
    for (uint32_t i = 1; i < PIECES - 1; i += 2) {
        failed = failed || fdt_add_reservemap_entry(fdt, pieces[i].reserved_start, pieces[i].reserved_size);
    }
    return failed || fdt_finish_reservemap(fdt);
}

bool holes_fdt_write(void *buffer, size_t bytes, uint64_t memory_bytes, uint32_t harts, uint64_t seed)
{
    struct piece pieces[PIECES] = {0};
    struct random random = random_stream(seed, UINT64_MAX);
    lay_out(pieces, memory_bytes, &random);
    bool failed = fdt_create(buffer, (int)bytes) || write_reservation_block(buffer, pieces) ||
                  fdt_begin_node(buffer, "") || write_cells(buffer, 2, 2) || write_harts(buffer, harts) ||
                  write_reservation_nodes(buffer, pieces);
    for (uint32_t i = 0; i < PIECES; i++) {
        failed = failed || write_node(buffer, "memory", pieces[i].start, pieces[i].size);
    }
    return !(failed || fdt_end_node(buffer) || fdt_finish(buffer));
}
