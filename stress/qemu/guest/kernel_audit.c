/* SPDX-License-Identifier: MIT
 * Who owns which frame. See kernel_audit.h. */
#include "kernel_audit.h"

#include "platform.h"

bool audit_begin(struct audit *audit)
{
    struct frame_run extent = frame_run_inside(memory_map_extent(&kernel_map));
    void *memory = boot_alloc_zeroed(&kernel_boot, oracle_bytes(extent), CACHE_PAIR);
    audit->collected = boot_alloc_zeroed(&kernel_boot, extent.count * sizeof *audit->collected, CACHE_PAIR);
    if (memory == NULL || audit->collected == NULL) {
        return false;
    }
    verdict_init(&audit->verdict);
    oracle_init(&audit->oracle, &audit->verdict, &kernel_map, memory);
    return true;
}

void audit_open(struct audit *audit, struct frame_allocator *allocator, struct phys_range plugged)
{
    audit->allocator = allocator;
    (void)oracle_learn_arenas(&audit->oracle, allocator);
    oracle_plug(&audit->oracle, frame_run_inside(plugged));
}

struct judge audit_judge(struct audit *audit, uint32_t hart)
{
    return (struct judge){.allocator = audit->allocator, .verdict = &audit->verdict, .hart = hart};
}

uint64_t audit_collect(struct audit *audit)
{
    struct judge judge = audit_judge(audit, platform_hart_id());
    return oracle_collect(&audit->oracle, &judge, audit->collected, schedule_progress);
}
