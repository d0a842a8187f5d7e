/* SPDX-License-Identifier: MIT
 * Who owns which frame. See kernel_audit.h. */
#include "kernel_audit.h"

#include "platform.h"

bool audit_begin(struct audit *audit, uint64_t frames)
{
    audit->plugged = kernel_withhold(frames, &audit->plugged_node);
    void *memory = boot_alloc_zeroed(&kernel_boot, oracle_bytes(&kernel_map), CACHE_PAIR);
    audit->collected =
        boot_alloc_zeroed(&kernel_boot, oracle_frames(&kernel_map) * sizeof *audit->collected, CACHE_PAIR);
    if (memory == NULL || audit->collected == NULL || audit->plugged.size == 0) {
        console_line("Bail out! no memory for the audit, or none to plug in");
        return false;
    }
    verdict_init(&audit->verdict);
    oracle_init(&audit->oracle, &audit->verdict, &kernel_map, memory);
    return true;
}

bool audit_open(struct audit *audit, const struct kernel_options *options, uint32_t harts, uint64_t frames)
{
    struct frame_allocator_config config;
    kernel_keep_frames(frames);
    audit->allocator = kernel_allocator(options, harts, &config);
    if (audit->allocator == NULL) {
        return false;
    }
    (void)oracle_learn_arenas(&audit->oracle, audit->allocator);
    oracle_plug(&audit->oracle, frame_run_inside(audit->plugged));
    return true;
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
