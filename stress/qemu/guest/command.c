/* SPDX-License-Identifier: MIT
 * Boot arguments, and the run that they ask for. See kernel_options.h. */
#include <stdio.h>
#include <string.h>

#include "kernel_options.h"
#include "variants.h"
#include "workload.h"

#define WHY_BYTES 256u

static bool fail(char *why, size_t why_bytes, const char *what, const char *word)
{
    (void)snprintf(why, why_bytes, "%s: '%s'", what, word);
    return false;
}

static bool parse_mode(enum schedule_mode *mode, const char *text)
{
    *mode = strcmp(text, "icount") == 0 ? SCHEDULE_SEEDED : SCHEDULE_FREE;
    return *mode == SCHEDULE_SEEDED || strcmp(text, "mttcg") == 0;
}

static bool parse_word(struct kernel_options *options, const char *key, const char *value)
{
    const struct {
        const char *key;
        const char **text;
        uint64_t *number;
        struct option_list *list;
        uint64_t most; /* of each number in the list */
    } words[] = {
        {"run", &options->run, NULL, NULL, 0},
        {"variant", &options->variant, NULL, NULL, 0},
        {"workload", &options->workloads, NULL, NULL, 0},
        {"stop", &options->stop, NULL, NULL, 0},
        {"seed", NULL, &options->seed, NULL, 0},
        {"operations", NULL, &options->operations, NULL, 0},
        {"requests", NULL, &options->requests, NULL, 0},
        {"usable", NULL, &options->usable, NULL, 0},
        {"interrupts", NULL, &options->interrupts, NULL, 0},
        {"repeat", NULL, &options->repeats, NULL, 0},
        {"hook", NULL, &options->hook, NULL, 0},
        {"frames", NULL, &options->frames, NULL, 0},
        {"harts", NULL, NULL, &options->harts, kernel_hart_count},
        {"order", NULL, NULL, &options->orders, WORKLOAD_ORDER_MOST},
    };
    if (strcmp(key, "mode") == 0) {
        return parse_mode(&options->mode, value);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(key, words[i].key) != 0) {
            continue;
        }
        if (words[i].text != NULL) {
            *words[i].text = value;
            return *value != '\0';
        }
        return words[i].list != NULL ? option_list(value, words[i].most, words[i].list)
                                     : option_number(value, words[i].number);
    }
    return false;
}

bool kernel_options_parse(struct kernel_options *options, char *bootargs, char *why, size_t why_bytes)
{
    *options = (struct kernel_options){.run = "stress",
                                       .variant = "lockfree",
                                       .workloads = "bulk",
                                       .stop = "leave",
                                       .mode = SCHEDULE_FREE,
                                       .operations = 1000,
                                       .repeats = 1,
                                       .harts = {.count = 1, .values = {kernel_hart_count}},
                                       .orders = {.count = 1}};
    for (char *word = strtok(bootargs, " "); word != NULL; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        if (value == NULL) {
            return fail(why, why_bytes, "a boot argument is key=value", word);
        }
        *value = '\0';
        bool good = parse_word(options, word, value + 1);
        *value = '=';
        if (!good) {
            return fail(why, why_bytes, "an invalid boot argument", word);
        }
    }
    for (uint32_t i = 0; i < options->harts.count; i++) {
        if (options->harts.values[i] == 0) {
            return fail(why, why_bytes, "nothing runs on so many harts", "0");
        }
    }
    return true;
}

struct frame_allocator *kernel_allocator(const struct kernel_options *options, uint32_t harts,
                                         struct frame_allocator_config *config)
{
    char why[WHY_BYTES];
    struct frame_allocator *fa;
    harts = harts > kernel_hart_count ? harts : kernel_hart_count; /* those that have no part could still call it */
    if (!frame_allocator_config_parse(config, framelab_variants, options->variant, harts, why, sizeof why)) {
        console_line("Bail out! %s", why);
        return NULL;
    }
    enum frame_status status = frame_allocator_init(&fa, config, &kernel_boot, &kernel_map);
    if (status != FRAME_OK) {
        console_line("Bail out! %s cannot be built: %s", options->variant, frame_status_text(status));
        return NULL;
    }
    return fa;
}

int command_run(char *bootargs)
{
    char why[WHY_BYTES];
    struct kernel_options options;
    if (!kernel_options_parse(&options, bootargs, why, sizeof why)) {
        console_line("Bail out! %s", why);
        return KERNEL_USAGE;
    }
    schedule_begin(options.mode, options.seed);
    static const struct {
        const char *name;
        int (*run)(const struct kernel_options *options);
    } runs[] = {{"stress", kernel_stress},  {"bench", kernel_bench}, {"fault", kernel_fault},
                {"fence", kernel_fence},    {"timer", kernel_timer}, {"life", kernel_life},
                {"map", kernel_map_tell},   {"share", kernel_share}, {"trap", kernel_trap},
                {"overrun", kernel_overrun}};
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        if (strcmp(options.run, runs[i].name) == 0) {
            return runs[i].run(&options);
        }
    }
    console_line("Bail out! there is no run '%s'", options.run);
    return KERNEL_USAGE;
}
