/* SPDX-License-Identifier: MIT
 * The allocator before the allocator; boot_allocator.h says what it promises.
 *
 * Small requests gather: each is cut from the end of the highest free region that holds it, so the next lies just
 * below. What an alignment leaves above a request stays free, as a region of its own, for a later small one. */
#include "boot_allocator.h"

#include <string.h>

#include "platform.h"
#include "region.h"

void boot_allocator_init(struct boot_allocator *boot, const struct memory_map *map)
{
    memcpy(boot->free, map->free, map->free_count * sizeof(map->free[0]));
    boot->free_count = map->free_count;
    boot->taken_bytes = 0;
}

/* The highest aligned place for `size` bytes in the region, if it holds them. */
static bool find_place(struct phys_range region, uint64_t size, uint64_t align, uint64_t *start)
{
    if (size > region.size) {
        return false;
    }
    *start = align_down_u64(phys_range_end(region) - size, align);
    return *start >= region.start.value;
}

bool boot_alloc(struct boot_allocator *boot, uint64_t size, uint64_t align, phys_addr_t *out)
{
    struct region_list free = {boot->free, boot->free_count, REGION_MAX};
    FRAME_ASSERT(align != 0 && (align & (align - 1)) == 0);

    for (uint32_t i = free.count; i-- > 0 && size != 0;) {
        uint64_t start;
        uint64_t end = phys_range_end(free.items[i].range);
        if (!find_place(free.items[i].range, size, align, &start)) {
            continue;
        }
        struct phys_range taken = phys_range(start, start + size);
        if (!regions_subtract(&free, taken)) { /* no room to note the rest above it: that goes too */
            taken = phys_range(start, end);
            bool cut = regions_subtract(&free, taken);
            FRAME_ASSERT(cut);
        }
        boot->free_count = free.count;
        boot->taken_bytes += taken.size;
        out->value = start;
        return true;
    }
    return false;
}

void *boot_alloc_zeroed(struct boot_allocator *boot, uint64_t size, uint64_t align)
{
    phys_addr_t addr;
    if (!boot_alloc(boot, size, align, &addr)) {
        return NULL;
    }
    void *memory = platform_phys_to_virt(addr);
    return platform_ram_is_zero() ? memory : memset(memory, 0, size);
}

uint32_t boot_allocator_finish(struct boot_allocator *boot, struct ram_region *out)
{
    struct region_list free = {boot->free, boot->free_count, REGION_MAX};

    regions_cut_to_frames(&free);
    memcpy(out, free.items, free.count * sizeof(*out));
    boot->free_count = 0;
    return free.count;
}
