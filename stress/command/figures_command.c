/* SPDX-License-Identifier: MIT
 * `framelab figures`: plans all figures, runs what is missing, then has each drawn and judged. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "flat.h"
#include "harts.h"
#include "interrupt.h"
#include "options.h"
#include "paper_make.h"
#include "paper_redraw.h"
#include "paper_summary.h"
#include "paper_things.h"
#include "paper_variations.h"
#include "paper_verdicts.h"
#include "progress.h"

#define NAME "framelab figures"
#define DIRECTORY "results/latest-figures"
/* Seconds that drawing and judging a figure take, about: for the estimate. */
#define MAKE_SECONDS 1.0

enum {
    OPTION_LIST_THEM = 256,
    OPTION_ONLY,
    OPTION_TINY,
    OPTION_QUICK,
    OPTION_FULL,
    OPTION_REDRAW,
    OPTION_VARIED,
    OPTION_PAPERS,
    OPTION_PROGRESS
};

struct arguments {
    const char *only, *directory, *papers, *redraw;
    enum paper_level level;
    enum output_format format;
    uint32_t jobs; /* simulated runs at once */
    bool list, progress, varied;
    struct options_given given;
};

struct campaign {
    const struct arguments *arguments;
    struct paper_list list;
    struct paper_plan plans[PAPERS_MAX], varied[PAPERS_MAX][PAPER_VARIATIONS];
    struct paper_cache cache;
    json_t *things;
    double done, all; /* seconds, by estimate */
    json_t *entries;
    bool failed, made, was_interrupted;
};

/* ---- One figure ------------------------------------------------------------------------------------------------- */

/* Of the varied plans only; where nothing is varied there are none. */
static const struct paper_plan *varied_plans(const struct campaign *campaign, size_t figure)
{
    return campaign->arguments->varied ? campaign->varied[figure] : NULL;
}

static size_t all_runs(const struct campaign *campaign, size_t figure)
{
    size_t count = campaign->plans[figure].count;
    for (size_t i = 0; campaign->arguments->varied && i < PAPER_VARIATIONS; i++) {
        count += campaign->varied[figure][i].count;
    }
    return count;
}

/* The runs of a figure: its own first, then varied ones. What is not simulated comes last: it runs alone. */
static size_t list_runs(const struct campaign *campaign, size_t figure, const struct paper_run **runs)
{
    const struct paper_plan *plans = varied_plans(campaign, figure), *own = &campaign->plans[figure];
    size_t count = 0;
    for (size_t i = 0; i < own->count; i++) {
        runs[count] = &own->runs[i];
        count += own->runs[i].simulated;
    }
    for (size_t i = 0; plans != NULL && i < PAPER_VARIATIONS; i++) {
        for (size_t k = 0; k < plans[i].count; k++) {
            runs[count++] = &plans[i].runs[k];
        }
    }
    for (size_t i = 0; i < own->count; i++) {
        runs[count] = &own->runs[i];
        count += !own->runs[i].simulated;
    }
    return count;
}

/* What became of each of the figure's own runs, in their order. */
static void own_results(const struct paper_plan *plan, const struct paper_run *const *runs, size_t count,
                        const struct paper_result *all, struct paper_result *results)
{
    for (size_t i = 0; i < plan->count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (runs[k] == &plan->runs[i]) {
                results[i] = all[k];
            }
        }
    }
}

/* Runs what the figure needs. False if one of its runs failed or was interrupted; `why` says which. */
static bool run_all(struct campaign *campaign, size_t figure, struct paper_result *results, char *why)
{
    size_t count = all_runs(campaign, figure);
    const struct paper_run **runs = calloc(count + 1, sizeof *runs);
    struct paper_result *all = calloc(count + 1, sizeof *all);
    bool good = runs != NULL && all != NULL;
    (void)snprintf(why, PAPER_WHY_BYTES, "%s", strerror(ENOMEM));
    if (good) {
        const struct paper_batch batch = {.runs = runs,
                                          .results = all,
                                          .count = list_runs(campaign, figure, runs),
                                          .cache = &campaign->cache,
                                          .jobs = campaign->arguments->jobs,
                                          .name = campaign->list.folders[figure].key,
                                          .done = &campaign->done,
                                          .all = campaign->all};
        paper_run(&batch);
        own_results(&campaign->plans[figure], runs, count, all, results);
    }
    campaign->was_interrupted = atomic_load_explicit(&interrupted, memory_order_relaxed);
    for (size_t i = 0; good && i < count; i++) {
        if (all[i].outcome == PAPER_RUN_FAILED || campaign->was_interrupted) {
            (void)snprintf(why, PAPER_WHY_BYTES, "run %s: %.400s", runs[i]->id, all[i].why);
            good = false;
        }
    }
    free((void *)runs);
    free(all);
    return good;
}

/* Brings the records of all runs together in `file`, which is closed. `*count` says of how many; false with errno. */
static bool collect(const struct campaign *campaign, const struct paper_plan *plan, const struct paper_result *results,
                    FILE *file, size_t *count)
{
    bool good = true;
    *count = 0;
    for (size_t i = 0; good && i < plan->count; i++) {
        if (results[i].outcome != PAPER_RUN_SKIPPED) {
            good = paper_cache_copy(&campaign->cache, &plan->runs[i], file);
            ++*count;
        }
    }
    return fclose(file) == 0 && good;
}

/* Draws and judges what was run. Returns the figure's status; made->why and made->verdicts are set as it wants. */
static const char *make_figure(const struct campaign *campaign, size_t figure, struct paper_made *made)
{
    char directory[PAPER_PATH_BYTES], records[PAPER_PATH_BYTES + 16];
    size_t count = 0;
    (void)snprintf(directory, sizeof directory, "%s/%s", campaign->arguments->directory, made->folder->key);
    (void)snprintf(records, sizeof records, "%s/records.jsonl", directory);
    FILE *file = paper_make_directory(directory) ? fopen(records, "we") : NULL;
    if (file == NULL || !collect(campaign, made->plan, made->results, file, &count)) {
        (void)snprintf(made->why, PAPER_WHY_BYTES, "%.400s: %s", directory, strerror(errno));
        return "failed";
    }
    if (count == 0) {
        (void)snprintf(made->why, PAPER_WHY_BYTES, "%s",
                       made->plan->count > 0 ? made->results[0].why : "it has no runs at this level");
        made->verdicts = paper_verdicts_none(made->folder, made->why);
        return "skipped";
    }
    const struct paper_making making = {made->folder, campaign->list.path, campaign->things,
                                        records,      directory,           made->level};
    made->verdicts = paper_make(&making, made->why);
    bool good =
        made->verdicts != NULL &&
        paper_vary(&making, &campaign->cache, made->plan, varied_plans(campaign, figure), made->verdicts, made->why) &&
        paper_verdicts_save(&making, made->verdicts, made->why);
    return good ? "made" : "failed";
}

/* False if it was interrupted: then there is no entry of this figure. */
static bool do_figure(struct campaign *campaign, size_t i)
{
    const struct paper_plan *plan = &campaign->plans[i];
    struct paper_result *results = calloc(plan->count + 1, sizeof *results);
    if (results == NULL) {
        campaign->failed = true;
        return false;
    }
    struct paper_made made = {
        .folder = &campaign->list.folders[i], .plan = plan, .results = results, .level = campaign->arguments->level};
    made.status = run_all(campaign, i, results, made.why) ? make_figure(campaign, i, &made) : "failed";
    campaign->done += MAKE_SECONDS;
    campaign->made = campaign->made || strcmp(made.status, "made") == 0;
    campaign->failed = campaign->failed || strcmp(made.status, "failed") == 0;
    if (!campaign->was_interrupted) {
        json_array_append_new(campaign->entries, paper_entry_make(&made));
    }
    json_decref(made.verdicts);
    free(results);
    return !campaign->was_interrupted;
}

/* ---- All figures ------------------------------------------------------------------------------------------------ */

static double seconds_to_run(const struct campaign *campaign, const struct paper_plan *plan)
{
    double seconds = 0;
    for (size_t i = 0; i < plan->count; i++) {
        bool alone = !plan->runs[i].simulated || campaign->arguments->jobs < 2;
        bool cached = paper_cache_has(&campaign->cache, &plan->runs[i], stderr);
        seconds += cached ? 0 : plan->runs[i].seconds / (alone ? 1 : campaign->arguments->jobs);
    }
    return seconds;
}

static bool plan_figure(struct campaign *campaign, size_t i, const struct paper_identity *identity)
{
    const struct arguments *arguments = campaign->arguments;
    const struct paper_folder *folder = &campaign->list.folders[i];
    bool good = paper_plan_make(&campaign->plans[i], folder, arguments->level, NULL, identity);
    campaign->all += MAKE_SECONDS + seconds_to_run(campaign, &campaign->plans[i]);
    for (size_t k = 0; arguments->varied && good && k < PAPER_VARIATIONS; k++) {
        struct paper_plan *plan = &campaign->varied[i][k];
        good = paper_plan_make(plan, folder, arguments->level, &paper_variations[k], identity);
        campaign->all += seconds_to_run(campaign, plan);
    }
    return good;
}

static bool plan_all(struct campaign *campaign)
{
    struct paper_identity identity;
    bool good = paper_identify(&identity);
    for (size_t i = 0; good && i < campaign->list.count; i++) {
        good = plan_figure(campaign, i, &identity);
    }
    return good;
}

static int print(const struct campaign *campaign)
{
    const struct arguments *arguments = campaign->arguments;
    json_t *summary = paper_summary_write(campaign->entries, arguments->directory);
    if (summary == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: %s", arguments->directory, strerror(errno));
    }
    bool good = arguments->format == FORMAT_JSON ? flat_print_json(summary, stdout)
                                                 : paper_summary_print(campaign->entries, arguments->directory, stdout);
    json_decref(summary);
    return good ? EXIT_STATUS_HOLDS : status_lost(NAME, stdout);
}

static int verdict_of(const struct campaign *campaign)
{
    struct paper_tally tally = {0};
    size_t i;
    const json_t *entry;
    json_array_foreach(campaign->entries, i, entry)
    {
        paper_verdicts_count(json_object_get(entry, "claims"), &tally);
    }
    if (campaign->was_interrupted) {
        return status_say(NAME, EXIT_STATUS_INTERRUPTED, "interrupted; runs that had ended are kept");
    }
    if (campaign->failed || tally.unexpected > 0) {
        return EXIT_STATUS_VIOLATED;
    }
    return campaign->made ? EXIT_STATUS_HOLDS
                          : status_say(NAME, EXIT_STATUS_SKIPPED, "skipped: no figure could be made");
}

static int run_campaign(struct campaign *campaign)
{
    const struct arguments *arguments = campaign->arguments;
    if (!paper_cache_open(&campaign->cache, arguments->directory)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: %s", arguments->directory, strerror(errno));
    }
    if (!plan_all(campaign)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s", strerror(ENOMEM));
    }
    interrupt_catch();
    progress_begin(arguments->progress);
    for (size_t i = 0; i < campaign->list.count && do_figure(campaign, i); i++) {
    }
    progress_end();
    int status = print(campaign);
    return status == EXIT_STATUS_HOLDS ? verdict_of(campaign) : status;
}

/* Of records that were kept. */
static int redraw(const struct campaign *campaign)
{
    const struct arguments *arguments = campaign->arguments;
    char why[PAPER_WHY_BYTES];
    json_t *drawn = paper_redraw(&campaign->list, campaign->things, arguments->redraw, arguments->directory, why);
    if (drawn == NULL) {
        return status_say(NAME, EXIT_STATUS_VIOLATED, "%s", why);
    }
    json_t *summary = paper_summary_write(drawn, arguments->directory);
    size_t i;
    const json_t *entry;
    json_array_foreach(drawn, i, entry)
    {
        (void)printf("%s/%s/figure.svg\n", arguments->directory, flat_text(entry, "key"));
    }
    bool nothing = json_array_size(drawn) == 0, good = summary != NULL;
    json_decref(summary);
    json_decref(drawn);
    if (nothing) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: none of these figures was made there", arguments->redraw);
    }
    return good ? EXIT_STATUS_HOLDS
                : status_say(NAME, EXIT_STATUS_USAGE, "%s: %s", arguments->directory, strerror(errno));
}

/* ---- The command ------------------------------------------------------------------------------------------------ */

static json_t *list_entry(const struct paper_folder *folder, const struct paper_plan *plan, enum paper_level level)
{
    double seconds = 0;
    for (size_t i = 0; i < plan->count; i++) {
        seconds += plan->runs[i].seconds;
    }
    return json_pack("{s:s, s:s, s:s, s:f, s:I}", "key", folder->key, "title", flat_text(folder->figure, "title"),
                     "level", paper_level_name(level), "seconds", seconds, "claims",
                     (json_int_t)json_array_size(json_object_get(folder->figure, "claims")));
}

static bool print_figures(const json_t *figures, FILE *out)
{
    size_t i;
    const json_t *figure;
    json_array_foreach((json_t *)figures, i, figure)
    {
        (void)fprintf(out, "%-20s %2lld claims %6.0f s  %s\n", flat_text(figure, "key"),
                      (long long)json_integer_value(json_object_get(figure, "claims")),
                      json_number_value(json_object_get(figure, "seconds")), flat_text(figure, "title"));
    }
    return ferror(out) == 0;
}

static int print_list(const struct campaign *campaign)
{
    const struct arguments *arguments = campaign->arguments;
    const struct paper_identity none = {0};
    json_t *figures = json_array();
    for (size_t i = 0; i < campaign->list.count; i++) {
        struct paper_plan plan;
        if (paper_plan_make(&plan, &campaign->list.folders[i], arguments->level, NULL, &none)) {
            json_array_append_new(figures, list_entry(&campaign->list.folders[i], &plan, arguments->level));
        }
        paper_plan_free(&plan);
    }
    bool good = arguments->format == FORMAT_JSON ? flat_print_json(figures, stdout) : print_figures(figures, stdout);
    json_decref(figures);
    return good ? EXIT_STATUS_HOLDS : status_lost(NAME, stdout);
}

static int start(struct campaign *campaign)
{
    const struct arguments *arguments = campaign->arguments;
    char why[PAPER_WHY_BYTES];
    if (!paper_find(arguments->papers, campaign->list.path)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: no such directory of figures", campaign->list.path);
    }
    if (!paper_list_read(&campaign->list, arguments->only, stderr)) {
        return EXIT_STATUS_USAGE;
    }
    if (arguments->list) {
        return print_list(campaign);
    }
    campaign->things = paper_things_read(campaign->list.path, why, sizeof why);
    if (campaign->things == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s", why);
    }
    if (!paper_tools_there(why, sizeof why)) {
        return status_say(NAME, EXIT_STATUS_SKIPPED, "skipped: %s", why);
    }
    return arguments->redraw != NULL ? redraw(campaign) : run_campaign(campaign);
}

static int run(const struct arguments *arguments)
{
    struct campaign *campaign = calloc(1, sizeof *campaign);
    if (campaign == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s", strerror(ENOMEM));
    }
    campaign->arguments = arguments;
    campaign->entries = json_array();
    int status = start(campaign);
    json_decref(campaign->entries);
    json_decref(campaign->things);
    for (size_t i = 0; i < PAPERS_MAX; i++) {
        paper_plan_free(&campaign->plans[i]);
        for (size_t k = 0; k < PAPER_VARIATIONS; k++) {
            paper_plan_free(&campaign->varied[i][k]);
        }
    }
    paper_list_free(&campaign->list);
    free(campaign);
    return status;
}

static const struct argp_option options[] = {
    {"list", OPTION_LIST_THEM, NULL, 0, "Name the figures, and about how long each takes", 1},
    {"only", OPTION_ONLY, "KEY[,KEY]", 0, "These figures alone (default: all)", 1},
    {"quick", OPTION_QUICK, NULL, 0, "Fewer harts and repeats: all in minutes", 2},
    {"full", OPTION_FULL, NULL, 0, "All harts, many repeats, and --varied", 2},
    {"tiny", OPTION_TINY, NULL, 0, "What needs no time to be measured, in seconds: for tests", 2},
    {"redraw", OPTION_REDRAW, "DIR", 0,
     "Run and judge nothing: draw again what was kept in DIR, in --out (default: DIR itself)", 2},
    {"varied", OPTION_VARIED, NULL, 0,
     "Simulated runs over ten seeds, and on machines whose costs are 30 % lower and higher, too: each verdict says how "
     "often it came out",
     2},
    {"jobs", 'j', "N", 0, "Simulated runs at once (default: as many as there are cores)", 2},
    {"out", 'o', "DIR", 0, "Records, pictures and verdicts go there (default: " DIRECTORY ")", 3},
    {"format", 'f', "FORMAT", 0, "text: a table of claims; json: DIR/summary.json (default: text)", 3},
    {"progress", OPTION_PROGRESS, NULL, 0, "Show progress even if stderr is not a terminal", 3},
    {"papers", OPTION_PAPERS, "DIR", 0, "Folders of figures (default: those that came with framelab)", 4},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char *const figures_formats[] = {[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", NULL};

static const struct option_value values[] = {
    OPTION_PLAIN(OPTION_LIST_THEM, VALUE_FLAG, struct arguments, list),
    OPTION_PLAIN(OPTION_ONLY, VALUE_TEXT, struct arguments, only),
    OPTION_PLAIN(OPTION_REDRAW, VALUE_TEXT, struct arguments, redraw),
    OPTION_PLAIN(OPTION_VARIED, VALUE_FLAG, struct arguments, varied),
    OPTION_NUMBER('j', struct arguments, jobs, 1, PAPER_JOBS_MAX),
    OPTION_PLAIN('o', VALUE_TEXT, struct arguments, directory),
    OPTION_WORD('f', struct arguments, format, figures_formats),
    OPTION_PLAIN(OPTION_PROGRESS, VALUE_FLAG, struct arguments, progress),
    OPTION_PLAIN(OPTION_PAPERS, VALUE_TEXT, struct arguments, papers),
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    static const int pairs[][2] = {
        {OPTION_QUICK, OPTION_FULL},  {OPTION_TINY, OPTION_FULL},          {OPTION_TINY, OPTION_QUICK},
        {OPTION_LIST_THEM, 'o'},      {OPTION_LIST_THEM, OPTION_PROGRESS}, {OPTION_REDRAW, OPTION_LIST_THEM},
        {OPTION_REDRAW, OPTION_TINY}, {OPTION_REDRAW, OPTION_QUICK},       {OPTION_REDRAW, OPTION_FULL},
        {OPTION_REDRAW, 'f'},         {OPTION_REDRAW, OPTION_PROGRESS},    {0, 0}};
    struct arguments *arguments = state->input;
    option_given(&arguments->given, key);
    switch (key) {
    case ARGP_KEY_END:
        options_apart(state, options, &arguments->given, pairs);
        if (arguments->directory == NULL) {
            arguments->directory = arguments->redraw != NULL ? arguments->redraw : DIRECTORY;
        }
        return 0;
    case OPTION_TINY:
        arguments->level = PAPER_TINY;
        return 0;
    case OPTION_QUICK:
        arguments->level = PAPER_QUICK;
        return 0;
    case OPTION_FULL:
        arguments->level = PAPER_FULL;
        arguments->varied = true;
        return 0;
    default:
        return option_set(state, options, values, key, text);
    }
}

int figures_command(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Runs the figures of papers again on these allocators, draws each beside the published points, and "
               "judges the papers' claims. What was run before by the same build is kept, so a run that was stopped "
               "goes on where it was."
               "\vExit status: 0 if every claim holds, or cannot be judged here, or is known not to hold (figure.json "
               "says why); 1 if another does not hold, or something failed; 2 usage, or a folder that is not what it "
               "must be; 77 without jq or gnuplot; 130 interrupted."};
    struct arguments arguments = {.level = PAPER_DEFAULT, .jobs = harts_cores()};
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    return run(&arguments);
}
