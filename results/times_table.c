/* SPDX-License-Identifier: MIT
 * Tables of times. See times_table.h.
 *
 * A section is printed as up to three grids, which differ in their view: what columns a variant has, what stands in
 * them, and which rows are shown. */
#include "times_table.h"

#include <math.h>
#include <string.h>

#include "comparison.h"
#include "flat.h"

/* A section of the layout, as it is printed. */
struct section {
    const struct layout *layout;
    const struct table_look *look;
    const struct comparison *comparison; /* of the look's two columns */
    size_t from, end;
};

#define VIEW_COLUMNS_MAX 4u
#define NONE "–"

struct view {
    const char *titles[VIEW_COLUMNS_MAX]; /* of a variant's columns */
    bool (*has)(const struct series *series);
    /* All cells of a variant, which has what is shown; and that of the harness alone, NULL: it has no column. */
    void (*add)(struct grid *grid, const struct series *series, double cas_ns);
    void (*add_null)(struct grid *grid, const struct series *null);
    const char *null_title;
    bool sizes;  /* rows differ in their sizes, and are grouped by phases */
    bool ratios; /* at the end stands the ratio of two variants */
    bool all;    /* a row is shown even if no variant has what is shown */
};

/* ---- Cells ------------------------------------------------------------------------------------------------------ */

static void add_none(struct grid *grid, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        grid_cell(grid, GRID_FAINT, NONE);
    }
}

/* Whether most of what a series is made of was disturbed. */
static bool is_doubtful(const struct series *series)
{
    return 2 * (series->disturbed - series->left_out) > series->count;
}

static bool has_times(const struct series *series)
{
    return series->count > 0;
}

static void add_times(struct grid *grid, const struct series *series, double cas_ns)
{
    grid_number(grid, GRID_PLAIN, series->median, is_doubtful(series) ? "~" : "");
    if (series->count > 1 && series->median > 0) {
        grid_cell(grid, GRID_FAINT, "%.0f%%", 100 * (series->q3 - series->q1) / series->median);
    } else {
        add_none(grid, 1);
    }
    if (cas_ns > 0) {
        grid_number(grid, GRID_PLAIN, series->median / cas_ns, "");
    }
}

static void add_null_time(struct grid *grid, const struct series *null)
{
    grid_number(grid, GRID_FAINT, null->median, "");
}

/* What a ratio proves. */
enum proof { PROOF_WINS, PROOF_LOSES, PROOF_EVEN, PROOF_OPEN, PROOF_DISTURBED, PROOF_NONE };

/* A change of less either way is even, if that much is known. */
#define EVEN 0.05
/* Of each row by itself; the other half of a comparison's alpha is for geometric means, which no table shows. */
#define ROW_ALPHA 0.05

/* Of simulated harts the times themselves; else what the comparison of the two columns says. */
static enum proof prove(const struct comparison *comparison, const struct series *slow, const struct series *fast)
{
    if (series_is_exact(slow)) {
        return fast->median > slow->median ? PROOF_LOSES : fast->median < slow->median ? PROOF_WINS : PROOF_EVEN;
    }
    for (size_t i = 0; i < comparison->pair_count; i++) {
        const struct pair *pair = &comparison->pairs[i];
        if (pair->a != slow || pair->b != fast || pair->measure != MEASURE_TIME) {
            continue;
        }
        if (pair->verdict > VERDICT_REGRESSION) {
            return pair->verdict == VERDICT_DISTURBED ? PROOF_DISTURBED : PROOF_NONE;
        }
        const struct interval *interval = &pair->change.interval;
        bool proven = pair->verdict == VERDICT_FASTER || pair->verdict == VERDICT_REGRESSION;
        bool even = !proven && interval->low >= -EVEN && interval->high <= EVEN;
        return even ? PROOF_EVEN : !proven ? PROOF_OPEN : (pair->verdict == VERDICT_FASTER ? PROOF_WINS : PROOF_LOSES);
    }
    return PROOF_NONE;
}

/* The ratio, and a word unless the variant that should be the faster one is proven to be. */
static void add_ratio(struct grid *grid, const struct comparison *comparison, const struct series *slow,
                      const struct series *fast)
{
    static const char *const words[] = {"", "loses", "even", "undecided", "disturbed", "too few"};
    double ratio = series_ratio(slow, fast);
    if (ratio <= 0) {
        add_none(grid, 1);
        grid_cell(grid, GRID_PLAIN, "%s", "");
        return;
    }
    enum proof proof = prove(comparison, slow, fast);
    bool loses = proof == PROOF_LOSES;
    grid_cell(grid, loses ? GRID_BAD : proof == PROOF_WINS ? GRID_GOOD : GRID_PLAIN, "%.2fx", ratio);
    grid_cell(grid, loses ? GRID_BAD : GRID_PLAIN, "%s%s%s", loses ? fast->column : "", loses ? " " : "", words[proof]);
}

static bool has_latency(const struct series *series)
{
    return series->latency.samples > 0;
}

/* Nanoseconds in at most five characters. */
static void add_nanoseconds(struct grid *grid, uint64_t ns)
{
    if (ns < 10000) {
        grid_cell(grid, GRID_PLAIN, "%llu", (unsigned long long)ns);
    } else {
        bool thousands = ns < 10000000;
        grid_cell(grid, GRID_PLAIN, thousands ? "%.0fk" : "%.0fM", (double)ns / (thousands ? 1e3 : 1e6));
    }
}

static void add_latency(struct grid *grid, const struct series *series, double cas_ns)
{
    (void)cas_ns;
    add_nanoseconds(grid, series->latency.p50_ns);
    add_nanoseconds(grid, series->latency.p99_ns);
    add_nanoseconds(grid, series->latency.p999_ns);
    add_nanoseconds(grid, series->latency.max_ns);
}

static void add_null_latency(struct grid *grid, const struct series *null)
{
    add_nanoseconds(grid, null->latency.p50_ns);
}

static bool has_shares(const struct series *series)
{
    return series->shared_out;
}

static void add_shares(struct grid *grid, const struct series *series, double cas_ns)
{
    (void)cas_ns;
    grid_cell(grid, GRID_PLAIN, "%.1f%%", 100 * series->share_first);
    grid_cell(grid, GRID_PLAIN, "%.1f%%", 100 * series->share_last);
}

static const struct view times_view = {.titles = {"ns", "IQR", "CAS"},
                                       .has = has_times,
                                       .add = add_times,
                                       .add_null = add_null_time,
                                       .null_title = "ns",
                                       .sizes = true,
                                       .ratios = true,
                                       .all = true};
static const struct view latency_view = {.titles = {"p50", "p99", "p99.9", "max"},
                                         .has = has_latency,
                                         .add = add_latency,
                                         .add_null = add_null_latency,
                                         .null_title = "p50",
                                         .sizes = true,
                                         .all = true};
static const struct view shares_view = {.titles = {"first", "last"}, .has = has_shares, .add = add_shares};

/* ---- A section -------------------------------------------------------------------------------------------------- */

/* Without a CAS unit there is no such column. */
static size_t view_columns(const struct view *view, const struct section *section)
{
    size_t count = 0;
    while (count < VIEW_COLUMNS_MAX && view->titles[count] != NULL) {
        count++;
    }
    return count - (view->ratios && !(section->layout->list->cas_ns > 0));
}

static bool column_used(const struct section *section, size_t column)
{
    return layout_column_used(section->layout, section->from, section->end, section->layout->columns[column]);
}

static bool row_has(const struct section *section, const struct view *view, size_t i)
{
    const struct layout *layout = section->layout;
    bool any = false;
    for (size_t c = 0; c < layout->column_count && !any; c++) {
        const struct series *series = layout_find(layout, &layout->rows[i], layout->columns[c]);
        any = series != NULL && view->has(series);
    }
    return any;
}

static bool section_has(const struct section *section, const struct view *view)
{
    bool any = false;
    for (size_t i = section->from; i < section->end && !any; i++) {
        any = row_has(section, view, i);
    }
    return any;
}

static void add_columns(struct grid *grid, const struct section *section, const struct view *view)
{
    const struct layout *layout = section->layout;
    grid_column(grid, "", "workload", GRID_LEFT);
    if (view->sizes) {
        grid_column(grid, "", "order", GRID_RIGHT);
    }
    grid_column(grid, "", "harts", GRID_RIGHT);
    if (view->ratios) {
        grid_column(grid, "", "ops", GRID_RIGHT);
    }
    if (view->add_null != NULL) {
        grid_column(grid, "null", view->null_title, GRID_RIGHT);
    }
    for (size_t c = 0; c < layout->column_count; c++) {
        for (size_t k = 0; k < view_columns(view, section) && column_used(section, c); k++) {
            grid_column(grid, layout->columns[c], view->titles[k], GRID_RIGHT);
        }
    }
    if (view->ratios) {
        char ratio[2 * RECORD_NAME_MAX + 4];
        snprintf(ratio, sizeof ratio, "%s/%s", section->look->slow, section->look->fast);
        grid_column(grid, ratio, "ratio", GRID_RIGHT);
        grid_column(grid, ratio, "", GRID_LEFT);
    }
}

/* Of a hart: it is part of what was measured, for the cost of an operation may depend on how many there are. */
static uint64_t row_operations(const struct section *section, size_t i)
{
    const struct layout *layout = section->layout;
    for (size_t c = 0; c < layout->column_count; c++) {
        const struct series *series = layout_find(layout, &layout->rows[i], layout->columns[c]);
        if (series != NULL && series->row_count > 0) {
            return series->rows[0]->operations;
        }
    }
    return 0;
}

static void add_operations(struct grid *grid, uint64_t operations)
{
    bool thousands = operations >= 100000;
    grid_cell(grid, GRID_FAINT, "%llu%s", (unsigned long long)(thousands ? operations / 1000 : operations),
              thousands ? "k" : "");
}

static void add_key(struct grid *grid, const struct section *section, const struct view *view, size_t i)
{
    const struct row_key *row = &section->layout->rows[i];
    if (view->sizes) {
        char size[32];
        bool first = i == section->from || !row_same_phase(row, row - 1);
        bool named = first || section->look->markdown;
        if (first) {
            grid_rule(grid);
        }
        grid_cell(grid, GRID_PLAIN, "%s %s", named ? row->workload : "", named ? row->phase : "");
        grid_cell(grid, GRID_PLAIN, "%s", series_order_text(row->frames, size, sizeof size));
    } else {
        grid_cell(grid, GRID_PLAIN, "%s", row->workload);
    }
    grid_cell(grid, GRID_PLAIN, "%u%s", row->harts, row->harts > row->cores ? "*" : " ");
    if (view->ratios) {
        add_operations(grid, row_operations(section, i));
    }
}

static void add_row(struct grid *grid, const struct section *section, const struct view *view, size_t i)
{
    const struct layout *layout = section->layout;
    const struct row_key *row = &layout->rows[i];
    const struct series *null = layout_null(layout, row);
    add_key(grid, section, view, i);
    if (view->add_null != NULL && null != NULL && view->has(null)) {
        view->add_null(grid, null);
    } else {
        add_none(grid, view->add_null != NULL);
    }
    for (size_t c = 0; c < layout->column_count; c++) {
        const struct series *series = layout_find(layout, row, layout->columns[c]);
        if (series != NULL && view->has(series)) {
            view->add(grid, series, layout->list->cas_ns);
        } else if (column_used(section, c)) {
            add_none(grid, view_columns(view, section));
        }
    }
    if (view->ratios) {
        add_ratio(grid, section->comparison, layout_find(layout, row, section->look->slow),
                  layout_find(layout, row, section->look->fast));
    }
}

static bool print_view(const struct section *section, const struct view *view, FILE *out)
{
    struct grid *grid = grid_new();
    if (grid == NULL) {
        return false;
    }
    add_columns(grid, section, view);
    for (size_t i = section->from; i < section->end; i++) {
        if (view->all || row_has(section, view, i)) {
            add_row(grid, section, view, i);
        }
    }
    return grid_print(grid, section->look->markdown, out);
}

/* What a platform's times are worth. */
static const char *clock_text(const char *platform)
{
    if (strcmp(platform, "host") == 0) {
        return "nanoseconds";
    }
    if (strcmp(platform, "sim") == 0) {
        return "simulated nanoseconds, of a machine model, not of a machine";
    }
    return "this platform's clock, not to be compared with the host's nanoseconds";
}

static void repeats_text(const struct section *section, char *text, size_t text_bytes)
{
    const struct layout *layout = section->layout;
    size_t least = SIZE_MAX;
    size_t most = 0;
    for (size_t i = section->from; i < section->end; i++) {
        for (size_t c = 0; c < layout->column_count; c++) {
            const struct series *series = layout_find(layout, &layout->rows[i], layout->columns[c]);
            if (series != NULL && series->count > 0) {
                least = series->count < least ? series->count : least;
                most = series->count > most ? series->count : most;
            }
        }
    }
    if (least >= most) {
        snprintf(text, text_bytes, "%zu repeat%s", most, most == 1 ? "" : "s");
    } else {
        snprintf(text, text_bytes, "%zu to %zu repeats", least, most);
    }
}

static bool print_section(const struct section *section, FILE *out)
{
    const struct row_key *row = &section->layout->rows[section->from];
    const char *bold = section->look->markdown ? "**" : "";
    const char *clock = clock_text(row->platform);
    const char *setting = setting_text(row->setting);
    char repeats[64];
    repeats_text(section, repeats, sizeof repeats);
    fprintf(out, "\n%s%s, %s: time of one operation, median of %s, %s%s\n\n", bold, row->platform, setting, repeats,
            clock, bold);
    bool good = print_view(section, &times_view, out);
    if (good && section_has(section, &latency_view)) {
        fprintf(out, "\n%s%s, %s: latency of one operation, with that of reading the clock, %s%s\n\n", bold,
                row->platform, setting, clock, bold);
        good = print_view(section, &latency_view, out);
    }
    if (good && section_has(section, &shares_view)) {
        fprintf(out, "\n%s%s, %s: share of memory in free whole chunks, after the first and the last round%s\n\n", bold,
                row->platform, setting, bold);
        good = print_view(section, &shares_view, out);
    }
    return good;
}

/* ---- The legend ------------------------------------------------------------------------------------------------- */

static void print_disturbed(const struct series_list *list, const char *item, FILE *out)
{
    size_t measured = 0, disturbed = 0, left_out = 0;
    bool doubtful = false;
    for (size_t i = 0; i < list->count; i++) {
        measured += list->items[i].count + list->items[i].left_out;
        disturbed += list->items[i].disturbed;
        left_out += list->items[i].left_out;
        doubtful |= is_doubtful(&list->items[i]);
    }
    if (list->core_ns > 0) {
        fprintf(out, "%scores: in %zu of %zu samples the harts shared their cores with others; %zu are left out%s.\n",
                item, disturbed, measured, left_out, doubtful ? "; ~ is mostly made of such" : "");
    }
}

static void print_legend(const struct layout *layout, const struct table_look *look, FILE *out)
{
    const char *item = look->markdown ? "- " : "", *indent = look->markdown ? "" : "  ";
    fprintf(
        out,
        "\n%sratio: time of %s over time of %s; above 1 %s is faster. No word: that is proven (p < %g, each row by\n"
        "%s  itself); even: within %g %%; undecided: neither; disturbed, too few: not judged (framelab compare\n"
        "%s  --variants %s/%s tells more).\n",
        item, look->slow, look->fast, look->fast, ROW_ALPHA, indent, 100 * EVEN, indent, look->slow, look->fast);
    fprintf(out, "%sIQR: the spread of the repeats, from quartile to quartile, in percent of the median.\n", item);
    if (layout->list->cas_ns > 0) {
        fprintf(out, "%sCAS: in units of one uncontended compare-and-swap, here %.2f ns.\n", item,
                layout->list->cas_ns);
    } else {
        fprintf(out, "%sThe file has no `cas` control, so there are no CAS units.\n", item);
    }
    fprintf(out, "%sops: operations a hart.\n", item);
    print_disturbed(layout->list, item, out);
    fprintf(out, "%snull: the harness alone, with no allocator; it is part of every other number.\n", item);
    for (size_t i = 0; i < layout->row_count; i++) {
        if (layout->rows[i].harts > layout->rows[i].cores) {
            fprintf(out, "%s%s oversubscribed: more harts than the %u core%s they could run on.\n", item,
                    look->markdown ? "\\*" : "*", layout->rows[i].cores, layout->rows[i].cores == 1 ? "" : "s");
            return;
        }
    }
}

bool times_table_print(const struct layout *layout, const struct table_look *look, FILE *out)
{
    const struct comparison_rules rules = {
        .threshold = 0, .alpha = 2 * ROW_ALPHA, .family = FAMILY_ROW, .same_machine = true};
    const struct comparison_side sides[2] = {{layout->list, NULL, look->slow}, {layout->list, NULL, look->fast}};
    struct comparison comparison;
    bool good = comparison_make(&comparison, &rules, &sides[0], &sides[1]);
    for (size_t from = 0; good && from < layout->row_count;) {
        struct section section = {layout, look, &comparison, from, layout_section_end(layout, from)};
        good = print_section(&section, out);
        from = section.end;
    }
    if (layout->row_count > 0) {
        print_legend(layout, look, out);
    }
    comparison_free(&comparison);
    return good && ferror(out) == 0;
}

/* ---- For machines ----------------------------------------------------------------------------------------------- */

static void set_count(json_t *object, const char *key, bool known, uint64_t value)
{
    json_object_set_new(object, key, known ? json_integer((json_int_t)value) : json_null());
}

static void set_times(json_t *object, const struct series *series, double cas_ns, double ratio)
{
    bool timed = series->count > 0;
    const struct {
        const char *key;
        double value;
    } times[] = {
        {"median_ns", timed ? series->median : NAN},
        {"q1_ns", timed ? series->q1 : NAN},
        {"q3_ns", timed ? series->q3 : NAN},
        {"min_ns", timed ? series->samples[0] : NAN},
        {"max_ns", timed ? series->samples[series->count - 1] : NAN},
        {"median_cas", timed && cas_ns > 0 ? series->median / cas_ns : NAN},
        {"throughput_mops", timed ? series_throughput(series->harts, series->cores, series->median) : NAN},
        {"ratio", ratio > 0 ? ratio : NAN},
    };
    set_count(object, "repeats", true, series->count);
    set_count(object, "disturbed", true, series->disturbed);
    set_count(object, "left_out", true, series->left_out);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        json_object_set_new(object, times[i].key, flat_real(times[i].value));
    }
}

static void set_latencies(json_t *object, const struct latency_summary *latency)
{
    bool measured = latency->samples > 0;
    set_count(object, "latency_samples", true, latency->samples);
    set_count(object, "p50_ns", measured, latency->p50_ns);
    set_count(object, "p99_ns", measured, latency->p99_ns);
    set_count(object, "p99.9_ns", measured, latency->p999_ns);
    set_count(object, "latency_max_ns", measured, latency->max_ns);
}

static json_t *series_json(const struct layout *layout, const struct series *series, const char *slow)
{
    struct row_key row = {series->platform, series->setting, series->workload, series->phase,
                          series->frames,   series->harts,   series->cores};
    int order = series_order(series->frames);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:I, s:I, s:b}", "platform", series->platform,
                  "variant", series->variant, "column", series->column, "setting", series->setting, "knobs",
                  series->knobs, "workload", series->workload, "phase", series->phase, "frames",
                  (json_int_t)series->frames, "order", order >= 0 ? json_integer(order) : json_null(), "harts",
                  (json_int_t)series->harts, "operations", (json_int_t)series->rows[0]->operations, "cores",
                  (json_int_t)series->cores, "oversubscribed", series->harts > series->cores);
    set_times(object, series, layout->list->cas_ns,
              series->control ? 0 : series_ratio(layout_find(layout, &row, slow), series));
    set_latencies(object, &series->latency);
    return object;
}

json_t *times_table_json(const struct layout *layout, const char *slow)
{
    json_t *rows = json_array();
    bool good = rows != NULL;
    for (size_t i = 0; good && i < layout->list->count; i++) {
        good = json_array_append_new(rows, series_json(layout, &layout->list->items[i], slow)) == 0;
    }
    if (!good) {
        json_decref(rows);
        return NULL;
    }
    return rows;
}
