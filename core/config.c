/* SPDX-License-Identifier: MIT
 * What allocator to build, from text: `name[:preset][,knob=value]...`. */
#include <stdio.h>
#include <string.h>

#include "frame_allocator.h"
#include "variant.h"

/* The knobs that core itself has; every variant takes them. */
enum core_knob {
    KNOB_MAGAZINE,
    KNOB_BATCH,
    KNOB_MAGAZINES,
    KNOB_RUN_MAGAZINE,
    KNOB_HOLE_LIMIT,
    KNOB_DRAIN,
    CORE_KNOB_COUNT
};

static const char *const off_on[] = {"off", "on", NULL};

static const struct knob core_knobs[CORE_KNOB_COUNT] = {
    [KNOB_MAGAZINE] = {.name = "magazine",
                       .summary = "frames per magazine, two a hart; 0 turns the hart caches off",
                       .max = MAGAZINE_MAX,
                       .initial = MAGAZINE_DEFAULT},
    [KNOB_BATCH] = {.name = "batch",
                    .summary = "frames that a refill or spill moves; 0: a whole magazine",
                    .max = MAGAZINE_MAX},
    [KNOB_MAGAZINES] = {.name = "magazines",
                        .summary = "that a hart has of frames, and of each order of runs; 1 is for ablation",
                        .min = 1,
                        .max = MAGAZINES_MAX,
                        .initial = MAGAZINES_MAX},
    [KNOB_RUN_MAGAZINE] = {.name = "run-magazine",
                           .summary = "runs per magazine, two per order and hart, all in an eighth of memory; 0: none",
                           .max = RUN_MAGAZINE_MAX,
                           .initial = RUN_MAGAZINE_DEFAULT},
    [KNOB_HOLE_LIMIT] = {.name = "hole-limit",
                         .summary = "KiB of metadata that may be spent on the holes inside one arena",
                         .max = UINT64_C(1) << 30,
                         .initial = HOLE_METADATA_BYTES_DEFAULT >> 10},
    [KNOB_DRAIN] = {.name = "drain",
                    .summary = "empty all caches before an allocation fails; off strands memory, to see how much",
                    .choices = off_on,
                    .max = 1,
                    .initial = 1},
};

/* As many runs as frames, but a few do. */
static uint32_t run_magazine_default(uint32_t magazine_default)
{
    return magazine_default < RUN_MAGAZINE_DEFAULT ? magazine_default : RUN_MAGAZINE_DEFAULT;
}

void frame_allocator_config_init(struct frame_allocator_config *config, const struct variant *variant,
                                 uint32_t hart_count)
{
    *config = (struct frame_allocator_config){
        .variant = variant,
        .magazine = variant->magazine_default,
        .batch = variant->batch_default,
        .magazines = MAGAZINES_MAX,
        .run_magazine = run_magazine_default(variant->magazine_default),
        .hole_metadata_limit_bytes = HOLE_METADATA_BYTES_DEFAULT,
        .drain = true,
        .hart_count = hart_count,
    };
    knobs_reset(variant->knobs, variant->knob_count, config->knobs);
}

uint32_t frame_allocator_config_knobs(const struct frame_allocator_config *config, struct knob *knobs, uint64_t *values)
{
    const struct variant *variant = config->variant;
    memcpy(knobs, core_knobs, sizeof core_knobs);
    values[KNOB_MAGAZINE] = config->magazine;
    values[KNOB_BATCH] = config->batch;
    values[KNOB_MAGAZINES] = config->magazines;
    values[KNOB_RUN_MAGAZINE] = config->run_magazine;
    values[KNOB_HOLE_LIMIT] = config->hole_metadata_limit_bytes >> 10;
    values[KNOB_DRAIN] = config->drain;
    if (variant->knob_count > 0) {
        memcpy(knobs + CORE_KNOB_COUNT, variant->knobs, variant->knob_count * sizeof *knobs);
        memcpy(values + CORE_KNOB_COUNT, config->knobs, variant->knob_count * sizeof *values);
    }
    return CORE_KNOB_COUNT + variant->knob_count;
}

static void knobs_scatter(struct frame_allocator_config *config, const uint64_t *values)
{
    config->magazine = (uint32_t)values[KNOB_MAGAZINE];
    config->batch = (uint32_t)values[KNOB_BATCH];
    config->magazines = (uint32_t)values[KNOB_MAGAZINES];
    config->run_magazine = (uint32_t)values[KNOB_RUN_MAGAZINE];
    config->hole_metadata_limit_bytes = values[KNOB_HOLE_LIMIT] << 10;
    config->drain = values[KNOB_DRAIN] != 0;
    memcpy(config->knobs, values + CORE_KNOB_COUNT, config->variant->knob_count * sizeof *values);
}

bool frame_allocator_config_parse(struct frame_allocator_config *config, const struct variant *const *variants,
                                  const char *text, uint32_t hart_count, char *why, size_t why_bytes)
{
    size_t length = strcspn(text, ",");
    const struct variant *const *found = variants;
    while (*found != NULL && (strlen((*found)->name) != length || strncmp((*found)->name, text, length) != 0)) {
        found++;
    }
    if (*found == NULL) {
        int at = snprintf(why, why_bytes, "there is no variant '%.*s'; there are", (int)length, text);
        for (found = variants; *found != NULL && at > 0 && (size_t)at < why_bytes; found++) {
            at += snprintf(why + at, why_bytes - (size_t)at, "%s %s", found > variants ? "," : "", (*found)->name);
        }
        return false;
    }
    if (text[strlen(text) - 1] == ',') { /* not empty: it named a variant */
        snprintf(why, why_bytes, "'%s' ends with a comma", text);
        return false;
    }
    if ((*found)->knob_count > KNOB_MAX - CORE_KNOB_COUNT) {
        snprintf(why, why_bytes, "variant %s has more than %u knobs", (*found)->name, KNOB_MAX - CORE_KNOB_COUNT);
        return false;
    }
    frame_allocator_config_init(config, *found, hart_count);
    struct knob knobs[KNOB_MAX];
    uint64_t values[KNOB_MAX];
    uint32_t count = frame_allocator_config_knobs(config, knobs, values);
    values[KNOB_RUN_MAGAZINE] = UINT64_MAX; /* the text says nothing of it */
    if (!knobs_parse(knobs, count, values, text[length] == ',' ? text + length + 1 : "", why, why_bytes)) {
        return false;
    }
    if (values[KNOB_RUN_MAGAZINE] == UINT64_MAX) {
        values[KNOB_RUN_MAGAZINE] = values[KNOB_MAGAZINE] == 0 ? 0 : config->run_magazine;
    }
    knobs_scatter(config, values);
    if (config->batch > config->magazine) {
        snprintf(why, why_bytes, "knob batch: %u is more than the magazine's %u frames", config->batch,
                 config->magazine);
        return false;
    }
    return true;
}

size_t frame_allocator_config_format(const struct frame_allocator_config *config, char *out, size_t out_bytes)
{
    struct knob knobs[KNOB_MAX];
    uint64_t values[KNOB_MAX];
    uint32_t count = frame_allocator_config_knobs(config, knobs, values);
    return knobs_format(knobs, count, values, out, out_bytes);
}
