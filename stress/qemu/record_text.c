/* SPDX-License-Identifier: MIT
 * Records as text. See record_text.h. Variants' names and knobs have nothing that JSON would have to escape. */
#include "record_text.h"

#define KNOBS_BYTES 384u

void record_begin(const char *type, const struct kernel_options *options, const struct frame_allocator_config *config,
                  uint32_t harts)
{
    char knobs[KNOBS_BYTES];
    (void)frame_allocator_config_format(config, knobs, sizeof knobs);
    console_print("{\"type\":\"%s\",\"variant\":\"%s\",\"knobs\":\"", type, options->variant);
    console_print("%s", knobs);
    console_print(
        "\",\"platform\":\"qemu\",\"arch\":\"%s\",\"mode\":\"%s\",\"harts\":%lu,\"cores\":%lu,\"seed\":", ARCH_NAME,
        options->mode == SCHEDULE_SEEDED ? "icount" : "mttcg", (unsigned long)harts, (unsigned long)kernel_hart_count);
    /* As the host writes it: readers of JSON keep 63 bits, what is larger goes as text. */
    console_print(options->seed <= INT64_MAX ? "%llu" : "\"%llu\"", (unsigned long long)options->seed);
}

void record_end(const struct frame_allocator *allocator, const struct frame_stats *before)
{
    static const struct frame_stats nothing;
    struct frame_stats now;
    const struct frame_stats *then = before != NULL ? before : &nothing;
    frame_allocator_stats(allocator, &now);
    console_print(",\"counts\":{\"frames_total\":%llu,\"metadata_bytes\":%llu,\"limbo_peak\":%llu",
                  (unsigned long long)now.frames_total, (unsigned long long)now.metadata_bytes,
                  (unsigned long long)now.limbo_peak);
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {
        {"global_takes", now.global_takes - then->global_takes},
        {"global_gives", now.global_gives - then->global_gives},
        {"drains", now.drains - then->drains},
        {"drain_timeouts", now.drain_timeouts - then->drain_timeouts},
        {"bypasses", now.bypasses - then->bypasses},
        {"failures", now.failures - then->failures},
        {"cas_retries", now.cas_retries - then->cas_retries},
        {"lock_acquisitions", now.lock_acquisitions - then->lock_acquisitions},
        {"lock_waits", now.lock_waits - then->lock_waits},
        {"lock_wait_longest", now.lock_wait_longest},
        {"grace_periods", now.grace_periods - then->grace_periods},
        {"scans", now.scans - then->scans},
    };
    for (uint32_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        console_print(",\"%s\":%llu", counts[i].name, (unsigned long long)counts[i].count);
    }
    console_print("}}\n");
}
