/* SPDX-License-Identifier: MIT
 * framelab.h: a machine, booted once. */
#include "framelab.h"

#include "machine.h"

#define WHY_BYTES 256

static struct host_machine machine;

static struct frame_allocator *machine_start(const char *variant, const struct host_machine_options *options,
                                             uint32_t harts)
{
    char why[WHY_BYTES];
    struct frame_allocator_config config;
    if (!frame_allocator_config_parse(&config, framelab_variants, variant, harts, why, sizeof(why)) ||
        !host_machine_open(&machine, options, why, sizeof(why))) {
        platform_log("%s", why);
        return NULL;
    }
    if (!host_machine_boot(&machine, &config, 0, why, sizeof(why))) {
        platform_log("%s", why);
        host_machine_close(&machine);
        return NULL;
    }
    return machine.fa;
}

struct frame_allocator *framelab_open(const char *variant, uint64_t memory_bytes, uint32_t harts)
{
    const struct host_machine_options options = {.memory_bytes = memory_bytes, .harts = harts};
    return machine_start(variant, &options, harts);
}

struct frame_allocator *framelab_open_fdt(const char *variant, const void *fdt, size_t fdt_bytes, uint32_t harts)
{
    const struct host_machine_options options = {.fdt = fdt, .fdt_bytes = fdt_bytes};
    return machine_start(variant, &options, harts);
}

void framelab_close(struct frame_allocator *fa)
{
    if (fa != NULL) {
        host_machine_close(&machine);
    }
}
