/* SPDX-License-Identifier: MIT
 * run=map: the memory map as the kernel read it, as one record, for comparison with what QEMU was told. See
 * kernel_options.h. */
#include "kernel_options.h"
#include "record_text.h"

static const char *comma(uint32_t i)
{
    return i > 0 ? "," : "";
}

int kernel_map_tell(const struct kernel_options *options)
{
    const struct memory_map *map = &kernel_map;
    (void)options;
    console_print("{\"type\":\"map\",\"arch\":\"%s\",\"harts\":%lu,\"ram\":[", ARCH_NAME,
                  (unsigned long)kernel_hart_count);
    for (uint32_t i = 0; i < map->ram_count; i++) {
        console_print("%s[%llu,%llu,%lu]", comma(i), (unsigned long long)map->ram[i].range.start.value,
                      (unsigned long long)map->ram[i].range.size, (unsigned long)map->ram[i].node);
    }
    console_print("],\"reserved\":[");
    for (uint32_t i = 0; i < map->reserved_count; i++) {
        console_print("%s[\"%s\",%llu,%llu]", comma(i), reservation_kind_name(map->reserved[i].kind),
                      (unsigned long long)map->reserved[i].range.start.value,
                      (unsigned long long)map->reserved[i].range.size);
    }
    console_print("],\"hart_nodes\":[");
    for (uint32_t i = 0; i < map->hart_count; i++) {
        console_print("%s%lu", comma(i), (unsigned long)map->hart_node[i]);
    }
    console_print("],\"distances\":[");
    for (uint32_t i = 0; i < map->node_count * map->node_count; i++) {
        console_print("%s%u", comma(i), map->distance[i / map->node_count][i % map->node_count]);
    }
    console_print("]}\n");
    return KERNEL_HOLDS;
}
