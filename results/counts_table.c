/* SPDX-License-Identifier: MIT
 * The table of counts. See counts_table.h. A machine's table has the numbers that its records have.
 *
 * A number is the median over repeats. Columns are variants, rows are (workload, frames, harts), both in the order in
 * which the file has them. Files have some hundred tallies: they are searched one by one. */
#include "counts_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flat.h"
#include "series.h"
#include "statistics.h"

static const struct {
    const char *title, *key;
    double per; /* operations that the number is for */
} kinds[TALLY_KIND_COUNT] = {
    [TALLY_INSTRUCTIONS] = {"instr", "instructions", 1},
    [TALLY_TRANSFERS] = {"lines", "transfers", 1},
    [TALLY_INVALIDATIONS] = {"inval", "invalidations", 1},
    [TALLY_CAS_FAILURES] = {"failed", "cas_failures", 1},
    [TALLY_FENCES] = {"fences", "fences", 1},
    [TALLY_WAIT_NS] = {"wait ns", "wait_ns", 1},
    [TALLY_L1_MISSES] = {"l1", "l1_misses", 1},
    [TALLY_L2_MISSES] = {"l2", "l2_misses", 1},
    [TALLY_MISSES] = {"memory", "misses", 1},
    [TALLY_CAS_RETRIES] = {"retries", "cas_retries", 1000},
    [TALLY_LOCK_WAITS] = {"waits", "lock_waits", 1000},
    [TALLY_GLOBAL_ACCESSES] = {"global", "global_accesses", 1000},
    [TALLY_GRACE_PERIODS] = {"grace", "grace_periods", 1000},
    [TALLY_ZONE_PAGES] = {"zone", "zone_pages", 1000},
    [TALLY_ZONE_WAITS] = {"waits", "zone_waits", 1000},
};

const char *counts_key(enum tally_kind kind)
{
    return kinds[kind].key;
}

/* A table in the making. */
struct table {
    const struct record_file *file;
    const struct table_look *look;
    const char *machine;
    const struct tally_row **columns; /* the first of each variant */
    size_t column_count;
    bool known[TALLY_KIND_COUNT]; /* what this machine's tallies have */
    double *scratch;              /* as many as there are tallies */
};

static bool same_row(const struct tally_row *a, const struct tally_row *b)
{
    return a->machine == b->machine && a->workload == b->workload && a->frames == b->frames && a->harts == b->harts;
}

static bool same_column(const struct tally_row *a, const struct tally_row *b)
{
    return a->variant == b->variant && a->knobs == b->knobs;
}

static bool same_column_here(const struct tally_row *a, const struct tally_row *b)
{
    return a->machine == b->machine && same_column(a, b);
}

static bool same_machine(const struct tally_row *a, const struct tally_row *b)
{
    return a->machine == b->machine;
}

static bool same_series(const struct tally_row *a, const struct tally_row *b)
{
    return same_row(a, b) && same_column(a, b);
}

/* Whether a tally is the file's first of those that are the same. */
static bool is_first(const struct record_file *file, const struct tally_row *row,
                     bool (*same)(const struct tally_row *a, const struct tally_row *b))
{
    const struct tally_row *earlier = file->tallies;
    while (earlier < row && !same(earlier, row)) {
        earlier++;
    }
    return earlier == row;
}

/* The repeats of a measurement that know the number, into table->scratch, sorted; returns how many. */
static size_t find_repeats(const struct table *table, const struct tally_row *row, const struct tally_row *column,
                           enum tally_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < table->file->tally_count; i++) {
        const struct tally_row *tally = &table->file->tallies[i];
        if (same_row(tally, row) && same_column(tally, column) && !isnan(tally->per_operation[kind])) {
            table->scratch[count++] = tally->per_operation[kind];
        }
    }
    statistics_sort(table->scratch, count);
    return count;
}

/* NAN if there is none. */
static double median_of(const struct table *table, const struct tally_row *row, const struct tally_row *column,
                        enum tally_kind kind)
{
    return statistics_median(table->scratch, find_repeats(table, row, column, kind));
}

/* Whether any of a column's tallies has the number. */
static bool column_has(const struct table *table, const struct tally_row *column, enum tally_kind kind)
{
    for (size_t i = 0; table->known[kind] && i < table->file->tally_count; i++) {
        const struct tally_row *tally = &table->file->tallies[i];
        if (same_column_here(tally, column) && !isnan(tally->per_operation[kind])) {
            return true;
        }
    }
    return false;
}

/* ---- For people ----------------------------------------------------------------------------------------------- */

static void add_number(struct grid *grid, double number)
{
    if (isnan(number)) {
        grid_cell(grid, GRID_FAINT, "–");
    } else if (number <= 0) {
        grid_cell(grid, GRID_FAINT, "0");
    } else {
        grid_cell(grid, GRID_PLAIN, "%.*f", number < 9.995 ? 2 : number < 999.5 ? 1 : 0, number);
    }
}

/* The median; of what differs from boot to boot, and is never all that could be, the range. */
static void add_cell(struct grid *grid, const struct table *table, const struct tally_row *row,
                     const struct tally_row *column, enum tally_kind kind)
{
    size_t count = find_repeats(table, row, column, kind);
    double least = kinds[kind].per * (count > 0 ? table->scratch[0] : NAN);
    double most = kinds[kind].per * (count > 0 ? table->scratch[count - 1] : NAN);
    if (kind == TALLY_ZONE_WAITS && most > least) {
        grid_cell(grid, GRID_PLAIN, "%.1f–%.1f", least, most);
    } else {
        add_number(grid, kinds[kind].per * statistics_median(table->scratch, count));
    }
}

/* The instructions of the column of that name, or NAN. */
static double instructions_of(const struct table *table, const struct tally_row *row, const char *variant)
{
    for (size_t c = 0; c < table->column_count; c++) {
        if (strcmp(table->columns[c]->variant, variant) == 0) {
            return median_of(table, row, table->columns[c], TALLY_INSTRUCTIONS);
        }
    }
    return NAN;
}

/* What the last column sets over look->fast: Linux where it stands in place of look->slow. */
static const char *slow_of(const struct table *table)
{
    const char *linux_own = NULL;
    for (size_t c = 0; c < table->column_count; c++) {
        const char *variant = table->columns[c]->variant;
        if (strcmp(variant, table->look->slow) == 0) {
            return variant;
        }
        linux_own = linux_own == NULL && strncmp(variant, "linux:", 6) == 0 ? variant : linux_own;
    }
    return linux_own != NULL ? linux_own : table->look->slow;
}

static void add_columns(struct grid *grid, const struct table *table)
{
    grid_column(grid, "", "workload", GRID_LEFT);
    grid_column(grid, "", "order", GRID_RIGHT);
    grid_column(grid, "", "harts", GRID_RIGHT);
    for (size_t c = 0; c < table->column_count; c++) {
        for (uint32_t k = 0; k < TALLY_KIND_COUNT; k++) {
            if (column_has(table, table->columns[c], (enum tally_kind)k)) {
                grid_column(grid, table->columns[c]->variant, kinds[k].title, GRID_RIGHT);
            }
        }
    }
    if (table->known[TALLY_INSTRUCTIONS]) {
        char ratio[2 * RECORD_NAME_MAX + 4];
        (void)snprintf(ratio, sizeof ratio, "%s/%s", slow_of(table), table->look->fast);
        grid_column(grid, ratio, "instr", GRID_RIGHT);
    }
}

static void add_row(struct grid *grid, const struct table *table, const struct tally_row *row, const char *workload)
{
    char size[32];
    grid_cell(grid, GRID_PLAIN, "%s", workload);
    grid_cell(grid, GRID_PLAIN, "%s", series_order_text(row->frames, size, sizeof size));
    grid_cell(grid, GRID_PLAIN, "%u", row->harts);
    for (size_t c = 0; c < table->column_count; c++) {
        for (uint32_t k = 0; k < TALLY_KIND_COUNT; k++) {
            if (column_has(table, table->columns[c], (enum tally_kind)k)) {
                add_cell(grid, table, row, table->columns[c], (enum tally_kind)k);
            }
        }
    }
    if (!table->known[TALLY_INSTRUCTIONS]) {
        return;
    }
    double ratio = instructions_of(table, row, slow_of(table)) / instructions_of(table, row, table->look->fast);
    if (isnan(ratio)) {
        grid_cell(grid, GRID_FAINT, "–");
    } else {
        grid_cell(grid, GRID_PLAIN, "%.2fx", ratio);
    }
}

static struct grid *make_grid(const struct table *table)
{
    struct grid *grid = grid_new();
    if (grid == NULL) {
        return NULL;
    }
    const char *workload = NULL;
    add_columns(grid, table);
    for (size_t i = 0; i < table->file->tally_count; i++) {
        const struct tally_row *row = &table->file->tallies[i];
        if (row->machine == table->machine && is_first(table->file, row, same_row)) {
            if (row->workload != workload) {
                grid_rule(grid);
            }
            add_row(grid, table, row, row->workload != workload || table->look->markdown ? row->workload : "");
            workload = row->workload;
        }
    }
    return grid;
}

/* Variants, and which of the numbers this machine has. */
static void find_columns(struct table *table)
{
    table->column_count = 0;
    memset(table->known, 0, sizeof table->known);
    for (size_t i = 0; i < table->file->tally_count; i++) {
        const struct tally_row *tally = &table->file->tallies[i];
        if (tally->machine == table->machine && is_first(table->file, tally, same_column_here)) {
            table->columns[table->column_count++] = tally;
        }
        for (uint32_t k = 0; k < TALLY_KIND_COUNT && tally->machine == table->machine; k++) {
            table->known[k] |= !isnan(tally->per_operation[k]);
        }
    }
}

static bool is_simulated(const struct table *table)
{
    return table->known[TALLY_WAIT_NS];
}

static bool print_machine(const struct table *table, FILE *out)
{
    const char *bold = table->look->markdown ? "**" : "";
    fprintf(out, "\n%s%s: counted%s; of one operation, all phases together, median of the repeats%s\n\n", bold,
            table->machine, is_simulated(table) ? "" : ", not timed", bold);
    return grid_print(make_grid(table), table->look->markdown, out);
}

static void print_simulated_legend(const struct table *table, FILE *out)
{
    const char *item = table->look->markdown ? "- " : "";
    fprintf(out,
            "\n%slines: cache lines that came from another hart's cache; inval: copies in other caches that a write "
            "made worthless;\n  failed: compare-and-swaps that failed; wait ns: time in waiting loops, summed over "
            "harts. Of repeat as many\n  allocations before its pairs, and frees after them, are counted in.\n",
            item);
}

static void print_legend(const struct table *table, FILE *out)
{
    const struct table_look *look = table->look;
    const char *item = look->markdown ? "- " : "";
    fprintf(out,
            "\n%sinstr: instructions that a hart executes for an operation, its looks at a lock that it "
            "waits for too;\n  the last column is %s over %s.\n",
            item, slow_of(table), look->fast);
    fprintf(
        out,
        "%sFor 1000 operations: retries: compare-and-swaps that failed; waits: acquisitions of the lock that had to "
        "wait;\n  global: accesses of hart caches to the global allocator; grace: grace periods. Of repeat\n"
        "  as many allocations before its pairs, and frees after them, are counted in.\n",
        item);
    if (table->known[TALLY_TRANSFERS]) {
        fprintf(out,
                "%slines: cache lines that came from another hart's cache; inval: copies there that a write made "
                "worthless;\n  l1, l2: accesses that the hart's own cache of that level could not serve; memory: lines "
                "that came from there.\n  Counted by QEMU's plugin, in no time.\n",
                item);
    }
    fprintf(out, "%sNone of it is time. Who is interrupted where is drawn from the seed.\n", item);
}

static void print_linux_legend(const struct table_look *look, FILE *out)
{
    fprintf(out,
            "%sOf linux, for 1000 operations: zone: pages that passed a zone, past the lists of CPUs; waits: "
            "acquisitions of a\n  zone's lock that had to wait, least to most of the boots, whose schedules no seed "
            "draws: a lower bound.\n  null: our harness in Linux by itself, which is part of its instr. They are no "
            "like for like: Linux's path also does\n  watermarks, policies, groups, migrate types and hardening "
            "(papers/linux-instructions).\n",
            look->markdown ? "- " : "");
}

bool counts_table_print(const struct record_file *file, const struct table_look *look, FILE *out)
{
    struct table table = {.file = file,
                          .look = look,
                          .columns = calloc(file->tally_count + 1, sizeof *table.columns),
                          .scratch = calloc(file->tally_count + 1, sizeof *table.scratch)};
    bool good = table.columns != NULL && table.scratch != NULL;
    for (size_t i = 0; good && i < file->tally_count; i++) {
        if (is_first(file, &file->tallies[i], same_machine)) {
            table.machine = file->tallies[i].machine;
            find_columns(&table);
            good = print_machine(&table, out);
            if (good) {
                is_simulated(&table) ? print_simulated_legend(&table, out) : print_legend(&table, out);
                if (table.known[TALLY_ZONE_PAGES]) {
                    print_linux_legend(look, out);
                }
            }
        }
    }
    free(table.columns);
    free(table.scratch);
    return good && ferror(out) == 0;
}

/* ---- For machines --------------------------------------------------------------------------------------------- */

/* What only some records without times have: of QEMU's plugin, and of Linux. */
static bool is_of_some(uint32_t kind)
{
    return kind == TALLY_TRANSFERS || kind == TALLY_INVALIDATIONS || kind == TALLY_ZONE_PAGES ||
           kind == TALLY_ZONE_WAITS || (kind >= TALLY_L1_MISSES && kind <= TALLY_MISSES);
}

static json_t *series_json(const struct table *table, const struct tally_row *row)
{
    const int order = series_order(row->frames);
    const bool timed = !isnan(row->per_operation[TALLY_WAIT_NS]);
    const bool ours = !isnan(row->per_operation[TALLY_CAS_RETRIES]);
    size_t repeats = find_repeats(table, row, row,
                                  timed  ? TALLY_TRANSFERS
                                  : ours ? TALLY_CAS_RETRIES
                                         : TALLY_ZONE_PAGES);
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:I}", "machine", row->machine, "variant",
                               row->variant, "knobs", row->knobs, "workload", row->workload, "frames",
                               (json_int_t)row->frames, "order", order >= 0 ? json_integer(order) : json_null(),
                               "harts", (json_int_t)row->harts, "repeats", (json_int_t)repeats);
    for (uint32_t k = 0; k < TALLY_KIND_COUNT; k++) {
        double median = median_of(table, row, row, (enum tally_kind)k);
        bool of_simulator = k >= TALLY_TRANSFERS && k <= TALLY_WAIT_NS;
        if (timed ? of_simulator : is_of_some(k) ? !isnan(median) : !of_simulator) {
            json_object_set_new(object, kinds[k].key, flat_real(median));
        }
    }
    return object;
}

json_t *counts_table_json(const struct record_file *file)
{
    struct table table = {.file = file, .scratch = calloc(file->tally_count + 1, sizeof *table.scratch)};
    json_t *rows = json_array();
    bool good = rows != NULL && table.scratch != NULL;
    for (size_t i = 0; good && i < file->tally_count; i++) {
        if (is_first(file, &file->tallies[i], same_series)) {
            good = json_array_append_new(rows, series_json(&table, &file->tallies[i])) == 0;
        }
    }
    free(table.scratch);
    if (!good) {
        json_decref(rows);
        return NULL;
    }
    return rows;
}
