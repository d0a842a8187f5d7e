/* SPDX-License-Identifier: MIT
 * Records as text. See record_text.h. Variants' names and knobs have nothing that JSON would have to escape. */
#include "record_text.h"

#include "stat_fields.h"

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
    struct frame_stats stats;
    frame_allocator_stats(allocator, &stats);
    if (before != NULL) {
        stats_since(&stats, before);
    }
    for (uint32_t i = 0; i < STAT_FIELD_COUNT; i++) {
        console_print("%s\"%s\":%llu", i == 0 ? ",\"counts\":{" : ",", stat_field_name(i),
                      (unsigned long long)stat_field_value(&stats, i));
    }
    console_print("}}\n");
}
