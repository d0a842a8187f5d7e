/* SPDX-License-Identifier: MIT
 * What came out, for programs and for people. See paper_summary.h. */
#include "paper_summary.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flat.h"
#include "grid.h"
#include "paper_cache.h"
#include "paper_verdicts.h"

#define SUMMARY_BYTES (PAPER_PATH_BYTES + 16u)

/* ---- Entries ---------------------------------------------------------------------------------------------------- */

static json_t *run_json(const struct paper_run *run, const struct paper_result *result)
{
    char *text = paper_run_text(run);
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:f, s:s}", "id", run->id, "command", text != NULL ? text : "", "key", run->key,
                  "outcome", paper_outcome_name(result->outcome), "seconds", result->seconds, "why", result->why);
    free(text);
    return json;
}

/* The command that makes the figure again. */
static json_t *repeat_json(const struct paper_folder *folder, enum paper_level level)
{
    char text[PAPER_KEY_BYTES + 64];
    (void)snprintf(text, sizeof text, "framelab figures --only %s%s%s", folder->key,
                   level == PAPER_DEFAULT ? "" : " --", level == PAPER_DEFAULT ? "" : paper_level_name(level));
    return json_string(text);
}

static json_t *own_member(const struct paper_folder *folder, const char *key)
{
    json_t *value = json_object_get(folder->figure, key);
    return value != NULL ? json_incref(value) : json_null();
}

json_t *paper_entry_make(const struct paper_made *made)
{
    static const char *const keys[] = {"title", "citation", "links", "shows", "differs", "panels"};
    double seconds = 0;
    json_t *runs = json_array();
    for (size_t i = 0; i < made->plan->count; i++) {
        json_array_append_new(runs, run_json(&made->plan->runs[i], &made->results[i]));
        seconds += made->results[i].seconds;
    }
    json_t *claims = made->verdicts != NULL ? json_incref(made->verdicts) : json_array();
    json_t *entry =
        json_pack("{s:s, s:s, s:s, s:s, s:f, s:o, s:o, s:o}", "key", made->folder->key, "status", made->status, "why",
                  strcmp(made->status, "made") == 0 ? "" : made->why, "level", paper_level_name(made->level), "seconds",
                  seconds, "repeat", repeat_json(made->folder, made->level), "runs", runs, "claims", claims);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_object_set_new(entry, keys[i], own_member(made->folder, keys[i]));
    }
    return entry;
}

/* ---- The file --------------------------------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
    return strcmp(flat_text(*(json_t *const *)a, "key"), flat_text(*(json_t *const *)b, "key"));
}

/* New entries and those of the file that they do not replace, by key. */
static json_t *merge(const json_t *entries, const json_t *old)
{
    json_t *all[2 * PAPERS_MAX];
    size_t i, same, count = 0;
    json_t *entry;
    json_array_foreach((json_t *)entries, i, entry)
    {
        all[count++] = entry;
    }
    json_array_foreach((json_t *)old, i, entry)
    {
        if (count < sizeof all / sizeof *all && paper_item(entries, "key", flat_text(entry, "key"), &same) == NULL) {
            all[count++] = entry;
        }
    }
    qsort((void *)all, count, sizeof all[0], compare_keys);
    json_t *merged = json_array();
    for (i = 0; i < count; i++) {
        json_array_append(merged, all[i]);
    }
    return merged;
}

json_t *paper_summary_write(const json_t *entries, const char *directory)
{
    char path[SUMMARY_BYTES];
    (void)snprintf(path, sizeof path, "%s/summary.json", directory);
    json_error_t error;
    json_t *old = json_load_file(path, 0, &error);
    if (old == NULL && access(path, F_OK) == 0) {
        (void)fprintf(stderr, "framelab figures: %s: line %d: %s: what it had of other figures is lost\n", path,
                      error.line, error.text);
    }
    json_t *summary = json_pack("{s:o}", "figures", merge(entries, json_object_get(old, "figures")));
    json_decref(old);
    if (!paper_write_json(summary, path, JSON_INDENT(2) | JSON_REAL_PRECISION(9))) {
        json_decref(summary);
        return NULL;
    }
    return summary;
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static enum grid_tone tone_of(const json_t *claim)
{
    const char *verdict = flat_text(claim, "verdict");
    return strcmp(verdict, "holds") == 0 ? GRID_GOOD : strcmp(verdict, "cannot be judged") == 0 ? GRID_FAINT : GRID_BAD;
}

/* "10 of 10, 2 of 2": how often the verdict came out, over each of what was varied. */
static void stable_text(const json_t *claim, char *text, size_t bytes)
{
    size_t i, at = 0;
    const json_t *stable;
    text[0] = '\0';
    json_array_foreach(json_object_get(claim, "stable"), i, stable)
    {
        at += (size_t)snprintf(text + at, bytes - at, "%s%d of %d", i > 0 ? ", " : "",
                               (int)json_integer_value(json_object_get(stable, "held")),
                               (int)json_integer_value(json_object_get(stable, "of")));
        at = at < bytes ? at : bytes - 1;
    }
}

static void add_number(struct grid *grid, const json_t *number, const char *unit)
{
    double value = json_number_value(number);
    if (json_is_number(number)) {
        grid_cell(grid, GRID_PLAIN, fabs(value) >= 100 ? "%.0f%s%s" : "%.3g%s%s", value, *unit != '\0' ? " " : "",
                  unit);
    } else {
        grid_cell(grid, GRID_PLAIN, "%s", "");
    }
}

/* A row a quantity: what is said of the claim stands in the first. */
static void add_quantity(struct grid *grid, const json_t *quantity, bool judged)
{
    const char *of = flat_text(quantity, "of"), *unit = flat_text(quantity, "unit");
    enum grid_tone tone = !judged ? GRID_FAINT : json_is_true(json_object_get(quantity, "in")) ? GRID_GOOD : GRID_BAD;
    const json_t *factor = json_object_get(quantity, "factor");
    grid_cell(grid, GRID_PLAIN, "%s%s%s%s", flat_text(quantity, "name"), *of != '\0' ? " (" : "", of,
              *of != '\0' ? ")" : "");
    add_number(grid, json_object_get(quantity, "published"), unit);
    add_number(grid, json_object_get(quantity, "measured"), unit);
    if (json_is_number(factor)) {
        grid_cell(grid, tone, "%.3g", json_number_value(factor));
    } else {
        grid_cell(grid, tone, "%s", "");
    }
    grid_cell(grid, GRID_PLAIN, "%.3g to %.3g", json_number_value(json_object_get(quantity, "low")),
              json_number_value(json_object_get(quantity, "high")));
}

static void add_claim(struct grid *grid, const json_t *claim, const char *key)
{
    size_t i;
    char stable[64];
    const json_t *quantity;
    bool judged = strcmp(flat_text(claim, "verdict"), "cannot be judged") != 0;
    stable_text(claim, stable, sizeof stable);
    json_array_foreach(json_object_get(claim, "quantities"), i, quantity)
    {
        grid_cell(grid, GRID_PLAIN, "%s", i == 0 ? key : "");
        grid_cell(grid, GRID_PLAIN, "%s", i == 0 ? flat_text(claim, "id") : "");
        grid_cell(grid, GRID_PLAIN, "%s", i == 0 ? flat_text(claim, "kind") : "");
        grid_cell(grid, tone_of(claim), "%s", i == 0 ? flat_text(claim, "verdict") : "");
        grid_cell(grid, GRID_PLAIN, "%s", i == 0 ? flat_text(claim, "platform") : "");
        grid_cell(grid, GRID_PLAIN, "%s", i == 0 ? stable : "");
        add_quantity(grid, quantity, judged);
    }
}

static void add_claims(struct grid *grid, const json_t *entry)
{
    size_t i;
    const json_t *claim;
    json_array_foreach(json_object_get(entry, "claims"), i, claim)
    {
        add_claim(grid, claim, i == 0 ? flat_text(entry, "key") : "");
    }
    grid_rule(grid);
}

static bool print_table(const json_t *entries, FILE *out)
{
    static const char *const titles[] = {"figure",   "claim",     "kind",     "verdict", "by",      "stable",
                                         "quantity", "published", "measured", "factor",  "interval"};
    struct grid *grid = grid_new();
    size_t i;
    const json_t *entry;
    if (grid == NULL) {
        return false;
    }
    for (i = 0; i < sizeof titles / sizeof *titles; i++) {
        grid_column(grid, i == 0 ? "" : "claims", titles[i], GRID_LEFT);
    }
    json_array_foreach((json_t *)entries, i, entry)
    {
        add_claims(grid, entry);
    }
    return grid_print(grid, false, out);
}

static void print_notes(const json_t *entry, FILE *out)
{
    size_t i;
    const json_t *claim;
    const char *key = flat_text(entry, "key");
    json_array_foreach(json_object_get(entry, "claims"), i, claim)
    {
        const char *verdict = flat_text(claim, "verdict");
        const char *deviation = flat_text(claim, "deviation");
        bool holds = strcmp(verdict, "holds") == 0;
        if (!holds) {
            (void)fprintf(out, "%s %s %s: %s. It says: %s. Judged by: %s.\n", key, flat_text(claim, "id"), verdict,
                          flat_text(claim, "why"), flat_text(claim, "text"), flat_text(claim, "check"));
        }
        if (*deviation != '\0') {
            (void)fprintf(out, "%s %s: %s: %s\n", key, flat_text(claim, "id"),
                          holds ? "holds, though a deviation is known" : "known deviation", deviation);
        }
    }
}

static void print_figure(const json_t *entry, const char *directory, FILE *out)
{
    const char *status = flat_text(entry, "status");
    const char *key = flat_text(entry, "key");
    if (strcmp(status, "made") == 0) {
        (void)fprintf(out, "%s: %s/%s/figure.svg, %s, measured in %.0f s\n", key, directory, key,
                      flat_text(entry, "level"), json_number_value(json_object_get(entry, "seconds")));
    } else {
        (void)fprintf(out, "%s: %s: %s\n", key, status, flat_text(entry, "why"));
    }
    print_notes(entry, out);
}

bool paper_summary_print(const json_t *entries, const char *directory, FILE *out)
{
    struct paper_tally tally = {0};
    size_t i;
    const json_t *entry;
    if (!print_table(entries, out)) {
        return false;
    }
    (void)fputc('\n', out);
    json_array_foreach((json_t *)entries, i, entry)
    {
        print_figure(entry, directory, out);
        paper_verdicts_count(json_object_get(entry, "claims"), &tally);
    }
    (void)fputc('\n', out);
    paper_tally_print(&tally, "\n", out);
    (void)fprintf(out, "of those that do not hold %u were not known not to\n", tally.unexpected);
    return fflush(out) == 0;
}
