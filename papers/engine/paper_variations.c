/* SPDX-License-Identifier: MIT
 * Verdicts over seeds and machines. See paper_variations.h. */
#include "paper_variations.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "flat.h"
#include "paper_verdicts.h"

#define FILE_BYTES (PAPER_PATH_BYTES + 64u)

const struct paper_variation paper_variations[PAPER_VARIATIONS] = {
    {0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1}, {8, 1}, {9, 1}, {0, 0.7}, {0, 1.3},
};

static const struct {
    size_t first, count;
    const char *over;
} groups[] = {{0, 10, "seeds 1-10"}, {10, 2, "costs 0.7, 1.3"}};

/* The records of a variation, and of what is not varied. */
static bool collect(const struct paper_cache *cache, const struct paper_plan *base, const struct paper_plan *plan,
                    const char *path)
{
    FILE *file = fopen(path, "we");
    bool good = file != NULL;
    for (size_t i = 0; good && i < plan->count; i++) {
        good = paper_cache_copy(cache, &plan->runs[i], file);
    }
    for (size_t i = 0; good && i < base->count; i++) {
        if (!base->runs[i].simulated && paper_cache_has(cache, &base->runs[i], stderr)) {
            good = paper_cache_copy(cache, &base->runs[i], file);
        }
    }
    return file != NULL && fclose(file) == 0 && good;
}

static json_t *judge(const struct paper_making *making, const struct paper_cache *cache, const struct paper_plan *base,
                     const struct paper_plan *plan, char *why)
{
    char records[FILE_BYTES];
    struct paper_making varied = *making;
    (void)snprintf(records, sizeof records, "%s/varied.jsonl", making->directory);
    varied.records = records;
    bool good = collect(cache, base, plan, records);
    if (!good) {
        (void)snprintf(why, PAPER_WHY_BYTES, "%.400s: %s", records, strerror(errno));
    }
    json_t *verdicts = good ? paper_judge(&varied, "varied.json", why) : NULL;
    (void)unlink(records);
    (void)snprintf(records, sizeof records, "%s/varied.json", making->directory);
    (void)unlink(records);
    return verdicts;
}

/* A claim that no simulated harts judge came out once, and so do all where nothing is varied. */
static void came_out_once(json_t *verdicts, bool all)
{
    size_t i;
    json_t *claim;
    json_array_foreach(verdicts, i, claim)
    {
        if ((all || !paper_has_word(json_object_get(claim, "platforms"), "sim")) &&
            strcmp(flat_text(claim, "verdict"), "cannot be judged") != 0) {
            json_object_set_new(claim, "stable",
                                json_pack("[{s:i, s:i, s:s}]", "held", 1, "of", 1, "over", "this run"));
        }
    }
}

bool paper_vary(const struct paper_making *making, const struct paper_cache *cache, const struct paper_plan *base,
                const struct paper_plan *plans, json_t *verdicts, char why[PAPER_WHY_BYTES])
{
    json_t *others[PAPER_VARIATIONS] = {NULL};
    bool good = true;
    for (size_t i = 0; plans != NULL && good && i < PAPER_VARIATIONS; i++) {
        others[i] = judge(making, cache, base, &plans[i], why);
        good = others[i] != NULL;
    }
    for (size_t i = 0; plans != NULL && good && i < sizeof groups / sizeof *groups; i++) {
        paper_verdicts_stable(verdicts, (const json_t *const *)&others[groups[i].first], groups[i].count,
                              groups[i].over);
    }
    came_out_once(verdicts, plans == NULL);
    for (size_t i = 0; i < PAPER_VARIATIONS; i++) {
        json_decref(others[i]);
    }
    return good;
}
