/* SPDX-License-Identifier: MIT
 * Matches numbers and counts which differ; see exact_comparison.h. Both sides are sorted by what makes numbers the
 * same, so that each is found by halving. */
#include "exact_comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "counts_table.h"
#include "grid.h"

/* A simulated machine is what its parameters are, whatever it is called. */
static const char *machine_of(const struct exact_item *item)
{
    return item->model[0] != '\0' ? item->model : item->machine;
}

static int compare_keys(const void *left, const void *right)
{
    const struct exact_item *a = left;
    const struct exact_item *b = right;
    const struct {
        const char *a, *b;
    } texts[] = {{a->variant, b->variant},   {machine_of(a), machine_of(b)}, {a->run, b->run},
                 {a->workload, b->workload}, {a->phase, b->phase},           {a->measure, b->measure},
                 {a->seed, b->seed}};
    const uint64_t numbers[][2] = {
        {a->frames, b->frames}, {a->harts, b->harts}, {a->operations, b->operations}, {a->repeat, b->repeat}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int difference = strcmp(texts[i].a, texts[i].b);
        if (difference != 0) {
            return difference;
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i][0] != numbers[i][1]) {
            return numbers[i][0] < numbers[i][1] ? -1 : 1;
        }
    }
    return 0;
}

static void add_time(struct exact_item *items, size_t *count, const struct result_row *row)
{
    const struct exact_item item = {
        row->variant, row->knobs, row->machine, row->model,      row->run,   row->workload, row->phase,
        "ns",         row->seed,  row->frames,  row->operations, row->harts, row->repeat,   row->ns_per_operation};
    if (row->timed && strcmp(row->platform, "sim") == 0) {
        items[(*count)++] = item;
    }
}

static void add_counts(struct exact_item *items, size_t *count, const struct tally_row *row)
{
    for (int kind = 0; kind < TALLY_KIND_COUNT && strstr(row->machine, "mttcg") == NULL; kind++) {
        if (!isnan(row->per_operation[kind])) {
            items[(*count)++] = (struct exact_item){row->variant,
                                                    row->knobs,
                                                    row->machine,
                                                    row->model,
                                                    row->run,
                                                    row->workload,
                                                    "",
                                                    counts_key((enum tally_kind)kind),
                                                    row->seed,
                                                    row->frames,
                                                    row->operations,
                                                    row->harts,
                                                    row->repeat,
                                                    row->per_operation[kind]};
        }
    }
}

static struct exact_item *take_items(const struct record_file *file, size_t *count)
{
    struct exact_item *items = calloc(file->row_count + TALLY_KIND_COUNT * file->tally_count + 1, sizeof *items);
    for (size_t i = 0; items != NULL && i < file->row_count; i++) {
        add_time(items, count, &file->rows[i]);
    }
    for (size_t i = 0; items != NULL && i < file->tally_count; i++) {
        add_counts(items, count, &file->tallies[i]);
    }
    if (items != NULL) {
        qsort(items, *count, sizeof *items, compare_keys);
    }
    return items;
}

static void tell_pair(struct exact_comparison *comparison, const struct exact_item *a, const struct exact_item *b)
{
    comparison->pairs[comparison->compared++] = (struct exact_pair){a, b};
    comparison->worse += b->value > a->value;
    comparison->better += b->value < a->value;
    comparison->equal += !(b->value > a->value) && !(b->value < a->value);
}

bool exact_comparison_make(struct exact_comparison *comparison, const struct record_file *a,
                           const struct record_file *b)
{
    const struct record_file *files[2] = {a, b};
    *comparison = (struct exact_comparison){.worse = 0};
    for (int side = 0; side < 2; side++) {
        comparison->items[side] = take_items(files[side], &comparison->item_count[side]);
    }
    comparison->pairs = calloc(comparison->item_count[0] + 1, sizeof *comparison->pairs);
    if (comparison->items[0] == NULL || comparison->items[1] == NULL || comparison->pairs == NULL) {
        return false;
    }
    for (size_t i = 0; i < comparison->item_count[0]; i++) {
        const struct exact_item *item = &comparison->items[0][i];
        const struct exact_item *match =
            bsearch(item, comparison->items[1], comparison->item_count[1], sizeof *item, compare_keys);
        if (match != NULL && knobs_agree(item->knobs, match->knobs)) {
            tell_pair(comparison, item, match);
        }
    }
    for (int side = 0; side < 2; side++) {
        comparison->only[side] = comparison->item_count[side] - comparison->compared;
    }
    return true;
}

void exact_comparison_free(struct exact_comparison *comparison)
{
    free(comparison->items[0]);
    free(comparison->items[1]);
    free(comparison->pairs);
}

static const char *pair_verdict(const struct exact_pair *pair)
{
    return pair->b->value > pair->a->value ? "WORSE" : pair->b->value < pair->a->value ? "better" : "equal";
}

static void print_pair(struct grid *grid, const struct exact_pair *pair)
{
    const struct exact_item *item = pair->a;
    char size[32];
    bool worse = pair->b->value > pair->a->value;
    grid_cell(grid, GRID_PLAIN, "%s", item->variant);
    grid_cell(grid, GRID_PLAIN, "%s%s%s%s%s", item->run, item->run[0] != '\0' ? ": " : "", item->workload,
              item->phase[0] != '\0' ? " " : "", item->phase);
    grid_cell(grid, GRID_PLAIN, "%s", series_size_text(item->frames, size, sizeof size));
    grid_cell(grid, GRID_PLAIN, "%u", item->harts);
    grid_cell(grid, GRID_FAINT, "%u", item->repeat);
    grid_cell(grid, GRID_PLAIN, "%s", item->measure);
    grid_cell(grid, GRID_PLAIN, "%.6g", item->value);
    grid_cell(grid, GRID_PLAIN, "%.6g", pair->b->value);
    grid_cell(grid, worse ? GRID_BAD : GRID_GOOD, "%s", pair_verdict(pair));
}

bool exact_comparison_print(const struct exact_comparison *comparison, FILE *out)
{
    if (comparison->item_count[0] + comparison->item_count[1] == 0) {
        return true;
    }
    struct grid *grid = grid_new();
    if (grid == NULL) {
        return false;
    }
    static const char *const titles[] = {"variant", "workload", "size", "harts", "repeat", "an operation"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        grid_column(grid, "", titles[i], i == 3 || i == 4 ? GRID_RIGHT : GRID_LEFT);
    }
    grid_column(grid, "", "A", GRID_RIGHT);
    grid_column(grid, "", "B", GRID_RIGHT);
    grid_column(grid, "", "verdict", GRID_LEFT);
    for (size_t i = 0; i < comparison->compared; i++) {
        const struct exact_pair *pair = &comparison->pairs[i];
        if (pair->b->value > pair->a->value || pair->b->value < pair->a->value) {
            print_pair(grid, pair);
        }
    }
    bool good = comparison->worse + comparison->better == 0 ? (grid_free(grid), true) : grid_print(grid, false, out);
    fprintf(out, "\nSimulated times and counts, compared exactly: %zu worse, %zu better, %zu equal", comparison->worse,
            comparison->better, comparison->equal);
    if (comparison->only[0] + comparison->only[1] > 0) {
        fprintf(out, "; %zu only in A, %zu only in B (another seed, machine, work or variant)", comparison->only[0],
                comparison->only[1]);
    }
    fputs("\n", out);
    return good && ferror(out) == 0;
}

json_t *exact_comparison_json(const struct exact_comparison *comparison)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < comparison->compared; i++) {
        const struct exact_pair *pair = &comparison->pairs[i];
        const struct exact_item *item = pair->a;
        json_array_append_new(
            rows, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:i, s:s, s:s, s:f, s:f, s:s}", "run", item->run,
                            "variant", item->variant, "knobs", item->knobs, "machine", item->machine, "workload",
                            item->workload, "phase", item->phase, "frames", (json_int_t)item->frames, "harts",
                            (json_int_t)item->harts, "repeat", (int)item->repeat, "seed", item->seed, "measure",
                            item->measure, "a", item->value, "b", pair->b->value, "verdict", pair_verdict(pair)));
    }
    return rows;
}
