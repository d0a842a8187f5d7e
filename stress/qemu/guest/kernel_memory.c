/* SPDX-License-Identifier: MIT
 * How much of the machine's memory an allocator is given: little of it is much contention. See kernel_options.h. */
#include "frame_limits.h"
#include "kernel_options.h"

/* Withheld at most, and no more than the allocator is given: more would leave harts nothing to contend for while it is
 * plugged in. */
#define HOTPLUG_BYTES (UINT64_C(4) << 20)
#define CHUNK_BYTES (CHUNK_FRAMES * FRAME_SIZE)

struct phys_range kernel_withhold(uint64_t frames, uint32_t *node)
{
    uint64_t bytes = frames < HOTPLUG_BYTES >> FRAME_SHIFT ? frames << FRAME_SHIFT : HOTPLUG_BYTES;
    struct ram_region tree[REGION_MAX];
    (void)memory_map_release_fdt(&kernel_map, tree, REGION_MAX);
    for (uint32_t i = kernel_boot.free_count; i-- > 0;) {
        struct ram_region *region = &kernel_boot.free[i];
        if (region->range.size > 4 * HOTPLUG_BYTES) {
            uint64_t end = region->range.start.value + region->range.size;
            uint64_t start = align_down_u64(end - bytes, bytes < CHUNK_BYTES ? FRAME_SIZE : CHUNK_BYTES);
            region->range.size -= end - start;
            kernel_boot.free_count = i + 1;
            *node = region->node;
            return (struct phys_range){{start}, end - start};
        }
    }
    return (struct phys_range){{0}, 0};
}

void kernel_keep_frames(uint64_t frames)
{
    uint64_t kept[NODE_MAX] = {0};
    for (uint32_t i = 0; i < kernel_boot.free_count; i++) {
        struct ram_region *region = &kernel_boot.free[i];
        uint64_t room = (frames - kept[region->node]) << FRAME_SHIFT;
        region->range.size = region->range.size < room ? region->range.size : room;
        kept[region->node] += region->range.size >> FRAME_SHIFT;
    }
}
