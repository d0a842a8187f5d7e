/* SPDX-License-Identifier: MIT
 * What came out, for programs and for people. See paper_summary.h. */
#include "paper_summary.h"

#include <errno.h>
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
    if (!paper_write_json(summary, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6))) {
        json_decref(summary);
        return NULL;
    }
    return summary;
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static enum grid_tone tone_of(const json_t *claim)
{
    const char *verdict = flat_text(claim, "verdict");
    return strcmp(verdict, "holds") == 0 ? GRID_GOOD : strcmp(verdict, "does not hold") == 0 ? GRID_BAD : GRID_FAINT;
}

static void add_claims(struct grid *grid, const json_t *entry)
{
    size_t i;
    const json_t *claim;
    json_array_foreach(json_object_get(entry, "claims"), i, claim)
    {
        grid_cell(grid, GRID_PLAIN, "%s", i == 0 ? flat_text(entry, "key") : "");
        grid_cell(grid, GRID_PLAIN, "%s", flat_text(claim, "id"));
        grid_cell(grid, tone_of(claim), "%s", flat_text(claim, "verdict"));
        grid_cell(grid, GRID_PLAIN, "%s", flat_text(claim, "platform"));
        grid_cell(grid, GRID_PLAIN, "%s", flat_text(claim, "measured"));
        grid_cell(grid, GRID_PLAIN, "%s", flat_text(claim, "published"));
    }
    grid_rule(grid);
}

static bool print_table(const json_t *entries, FILE *out)
{
    static const char *const titles[] = {"figure", "claim", "verdict", "by", "measured", "published"};
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
    (void)fprintf(out, "\n%u claims hold, %u do not hold, of which %u were not known to, %u cannot be judged\n",
                  tally.hold, tally.fail, tally.unexpected, tally.cannot);
    return fflush(out) == 0;
}
