/* SPDX-License-Identifier: MIT
 * The stress test (stress/trial) on the kernel's harts, told as KTAP: one test a property. See kernel_options.h. */
#include <string.h>

#include "kernel_options.h"
#include "record_text.h"
#include "trial.h"

/* That the allocator is given unless the boot arguments say otherwise. */
#define FRAMES_PER_HART UINT64_C(256)

static void tell(const struct trial *trial)
{
    const struct verdict *verdict = &trial->verdict;
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        const enum property property = (enum property)i;
        bool violated = !verdict_holds(verdict) && verdict->property == property;
        const char *skip = trial_tested(trial, property) || violated ? "" : " # SKIP had no chance to be violated";
        console_line("%s %lu %s %s%s", violated ? "not ok" : "ok", (unsigned long)i, property_name(property),
                     property_text(property), skip);
        if (violated) {
            console_line("# %s; frame 0x%llx, hart %ld", verdict->text, (unsigned long long)verdict->frame,
                         (long)(int32_t)verdict->hart);
        }
    }
}

static void tell_interrupts(const struct trial *trial)
{
    static struct trial_interrupts sum;
    trial_sum_interrupts(trial, &sum);
    console_line("# interrupts: %llu, %llu inside an operation; %llu allocations refused inside",
                 (unsigned long long)sum.all, (unsigned long long)sum.inside, (unsigned long long)sum.refused);
    for (uint32_t i = 0; i < LANDINGS_MAX && sum.landings[i].doing != NULL; i++) {
        console_line("#   inside, %s: %llu", sum.landings[i].doing, (unsigned long long)sum.landings[i].inside);
    }
}

static void write_record(const struct kernel_options *options, const struct frame_allocator_config *config,
                         const struct trial *trial, uint32_t harts)
{
    bool holds = verdict_holds(&trial->verdict);
    record_begin("stress", options, config, harts);
    console_print(",\"operations\":%llu,\"violations\":%d,\"seconds\":0,\"property\":",
                  (unsigned long long)trial_operations(trial), holds ? 0 : 1);
    console_print(holds ? "null" : "\"%s\"", property_name(trial->verdict.property));
    record_end(trial->config.allocator, NULL);
}

int kernel_stress(const struct kernel_options *options)
{
    static struct trial trial;
    struct frame_allocator_config config;
    uint32_t harts = (uint32_t)options->harts.values[0];
    struct trial_config trial_config = {.map = &kernel_map,
                                        .harts = harts,
                                        .seed = options->seed,
                                        .operations = options->operations,
                                        .interrupts = options->interrupts != 0};
    uint64_t frames = options->frames != 0 ? options->frames : harts * FRAMES_PER_HART;
    trial_config.hotplug = kernel_withhold(frames, &trial_config.hotplug_node);
    void *memory = boot_alloc_zeroed(&kernel_boot, trial_bytes(&kernel_map, harts), CACHE_PAIR);
    if (memory == NULL) {
        console_line("Bail out! no memory for the oracle");
        return KERNEL_USAGE;
    }
    kernel_keep_frames(frames / kernel_map.node_count);
    trial_config.allocator = kernel_allocator(options, harts, &config);
    if (trial_config.allocator == NULL) {
        return KERNEL_USAGE;
    }
    trial_config.magazine = config.magazine;
    trial_config.batch = config.batch != 0 ? config.batch : config.magazine;
    console_line("KTAP version 1");
    console_line("1..%lu", (unsigned long)PROPERTY_COUNT - 1);
    console_line("# stress: %s, %lu harts, seed %llu", options->variant, (unsigned long)harts,
                 (unsigned long long)options->seed);
    trial_init(&trial, &trial_config, memory);
    (void)trial_run(&trial);
    tell(&trial);
    if (options->interrupts != 0) {
        tell_interrupts(&trial);
    }
    write_record(options, &config, &trial, harts);
    return verdict_holds(&trial.verdict) ? KERNEL_HOLDS : KERNEL_VIOLATED;
}
