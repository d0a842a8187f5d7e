/* SPDX-License-Identifier: MIT
 * What framelab figures does before it runs anything: folders that are refused, command lines, keys; and afterwards:
 * series and verdicts that are refused. That it runs, draws and judges: stress/check/figures-tests.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "flat.h"
#include "paper_check.h"
#include "paper_plan.h"
#include "paper_series.h"
#include "paper_things.h"
#include "paper_verdicts.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define WHY_BYTES 512u

static const char good_text[] =
    "{'key': 'small', 'title': 'T', 'citation': 'C', 'shows': 'S',"
    " 'links': [{'text': 'L', 'url': 'https://example.org/l'}, {'text': 'M', 'url': 'https://example.org/m'}],"
    " 'panels': [{'id': 'a', 'title': 'A', 'x': {'label': 'harts', 'log': true}, 'y': {'label': 'ns'}}],"
    " 'runs': [{'id': 'one', 'command': ['bench', '--harts={harts}', '--repeat', '{repeats}'],"
    "           'tiny': {'harts': '1', 'repeats': '2', 'seconds': 1},"
    "           'default': {'harts': '1,2', 'repeats': '9', 'seconds': 60}},"
    "          {'id': 'two', 'command': ['bench', '--platform', 'sim', '--seed', '7'], 'quick': {'seconds': 2.5}}],"
    " 'claims': [{'id': 'C1', 'text': 't', 'published': 'p', 'check': 'c', 'source': 's', 'platforms': ['sim'],"
    "             'kind': 'counted', 'quantities': [{'name': 'a', 'low': 0, 'high': 2, 'edit': '.'}],"
    "             'wrong': [{'name': 'w', 'edit': '[]'}]},"
    "            {'id': 'C2', 'text': 't', 'published': 'p', 'check': 'c', 'source': 's', 'platforms': ['host', 'sim'],"
    "             'kind': 'foretold', 'deviation': 'known', 'quantities': ["
    "              {'name': 'b', 'unit': 'ns', 'published': 10, 'low': 0.5, 'high': 2, 'above': 1, 'edit': '.'},"
    "              {'name': 'c', 'low': 1, 'high': 1, 'edit': '.'}]}]}";

/* JSON with ' in place of ". */
static json_t *parse(const char *text)
{
    char *copy = strdup(text);
    json_error_t error;
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    json_t *value = json_loads(copy, 0, &error);
    free(copy);
    if (value == NULL) {
        fail_msg("%s: %s", text, error.text);
    }
    return value;
}

static struct paper_folder small_folder(void)
{
    struct paper_folder folder = {.path = "papers/small", .key = "small", .figure = parse(good_text)};
    return folder;
}

/* ---- folders ---------------------------------------------------------------------------------------------------- */

/* What the check says of a figure, in one line; empty if nothing. */
static void check(const json_t *figure, char *said, size_t said_bytes)
{
    memset(said, 0, said_bytes);
    FILE *log = fmemopen(said, said_bytes, "w");
    bool good = paper_check(figure, "papers/small/figure.json", "small", log);
    fclose(log);
    assert_int_equal(good, *said == '\0');
}

static void a_good_figure_is_taken(void **state)
{
    (void)state;
    char said[WHY_BYTES];
    json_t *figure = parse(good_text);
    check(figure, said, sizeof said);
    assert_string_equal(said, "");
    json_decref(figure);
}

/* Each fault is one replacement in the good text, and is named by its key. */
static void a_bad_figure_is_refused_by_key(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *named;
    } faults[] = {
        {"'key': 'small'", "'key': 'other'", "key: must be the folder's name, 'small'"},
        {"'title': 'T', ", "", "title: is missing"},
        {"'title': 'T'", "'title': 5", "title: must be a text"},
        {"'shows'", "'show'", "shows: is missing"},
        {"'shows': 'S'", "'shows': 'S', 'extra': 1", "extra: is not a key of this object"},
        {"'text': 'M', ", "", "links[1].text: is missing"},
        {"'https://example.org/m'", "'javascript:alert(1)'", "links[1].url: must be an address"},
        {"'https://example.org/m'", "'https://'", "links[1].url: must be an address"},
        {"'https://example.org/m'", "'https://example.org/<m>'", "links[1].url: must be an address"},
        {"'https://example.org/m'", "'https://example.org/m m'", "links[1].url: must be an address"},
        {"'log': true", "'log': 1", "panels[0].x.log: must be true or false"},
        {"'y': {'label': 'ns'}", "'y': {}", "panels[0].y.label: is missing"},
        {"['bench', '--harts={harts}'", "[1, '--harts={harts}'", "runs[0].command: must be an array of words"},
        {"['bench', '--platform', 'sim', '--seed', '7']", "[]", "runs[1].command: must be an array of words"},
        {"'repeats': '9', ", "", "runs[0].default: has no text 'repeats', which the command names"},
        {"'repeats': '9'", "'repeats': 9", "runs[0].default: has no text 'repeats', which the command names"},
        {"'seconds': 2.5", "'second': 2.5", "runs[1].quick: has no number 'seconds'"},
        {"'quick'", "'quack'", "runs[1].quack: is not a key of this object"},
        {", 'quick': {'seconds': 2.5}", "", "runs[1].: is of no level"},
        {"'id': 'two'", "'id': 'one'", "runs: 'one' is there twice"},
        {"'id': 'two'", "'id': 'T/2'", "runs[1].id: must be a name"},
        {"'id': 'C2'", "'id': 'C1'", "claims: 'C1' is there twice"},
        {"'platforms': ['sim']", "'platforms': 'sim'", "claims[0].platforms: must be an array of words"},
        {"'deviation': 'known'", "'deviation': ''", "claims[1].deviation: must be a text"},
        {"'kind': 'counted'", "'kind': 'guessed'", "claims[0].kind: is 'counted'"},
        {"'kind': 'counted', ", "", "claims[0].kind: is missing"},
        {"[{'name': 'a', 'low': 0, 'high': 2, 'edit': '.'}]", "[]", "claims[0].quantities: is empty"},
        {"'low': 0, 'high': 2", "'low': 0", "claims[0].quantities[0].high: is missing"},
        {"'low': 0, 'high': 2", "'low': '0', 'high': 2", "claims[0].quantities[0].low: must be a number"},
        {"'low': 0, 'high': 2", "'low': 3, 'high': 2", "claims[0].quantities[0].: low is above high"},
        {"'published': 10", "'published': 0", "claims[1].quantities[0].: has a factor only of a published number"},
        {"'low': 0.5", "'low': 0", "claims[1].quantities[0].: has a factor only of a published number"},
        {"'name': 'c'", "'name': 'b'", "claims[1].quantities: 'b' is there twice"},
        {"[{'name': 'w', 'edit': '[]'}]", "[{'name': 'w'}]", "claims[0].wrong[0].edit: is missing"},
    };
    for (size_t i = 0; i < COUNT(faults); i++) {
        char text[sizeof good_text + 64], said[WHY_BYTES];
        const char *at = strstr(good_text, faults[i].from);
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good_text), good_text, faults[i].to,
                 at + strlen(faults[i].from));
        json_t *figure = parse(text);
        check(figure, said, sizeof said);
        if (strstr(said, faults[i].named) == NULL ||
            strncmp(said, "framelab figures: papers/small/figure.json: ", 44) != 0 ||
            strchr(said, '\n') != said + strlen(said) - 1) {
            fail_msg("wanted '%s' in one line, got '%s'", faults[i].named, said);
        }
        json_decref(figure);
    }
}

/* ---- plans ------------------------------------------------------------------------------------------------------ */

static void assert_planned(enum paper_level level, size_t at, size_t count, const char *text, double seconds)
{
    const struct paper_identity identity = {1, 2, 3};
    struct paper_folder folder = small_folder();
    struct paper_plan plan;
    assert_true(paper_plan_make(&plan, &folder, level, NULL, &identity));
    assert_int_equal(plan.count, count);
    char *got = paper_run_text(&plan.runs[at]);
    assert_string_equal(got, text);
    assert_true(plan.runs[at].seconds == seconds);
    free(got);
    paper_plan_free(&plan);
    paper_folder_free(&folder);
}

static void levels_fall_back_but_never_to_tiny(void **state)
{
    (void)state;
    assert_planned(PAPER_TINY, 0, 1, "framelab bench --harts=1 --repeat 2 --seed 1", 1);
    assert_planned(PAPER_QUICK, 0, 1, "framelab bench --platform sim --seed 7", 2.5);
    assert_planned(PAPER_DEFAULT, 0, 2, "framelab bench --harts=1,2 --repeat 9 --seed 1", 60);
    assert_planned(PAPER_DEFAULT, 1, 2, "framelab bench --platform sim --seed 7", 2.5);
    assert_planned(PAPER_FULL, 0, 2, "framelab bench --harts=1,2 --repeat 9 --seed 1", 60);
}

static void variations_are_of_simulated_runs(void **state)
{
    (void)state;
    static const struct {
        struct paper_variation variation;
        const char *from, *to, *text;
    } cases[] = {
        {{0, 1}, "", "", "framelab bench --platform sim --seed 7"},
        {{3, 1}, "", "", "framelab bench --platform sim --seed 10"},
        {{0, 0.7}, "", "", "framelab bench --platform sim --seed 7 --costs 0.7"},
        {{1, 1.3}, "'sim', '--seed', '7'", "'sim'", "framelab bench --platform sim --seed 2 --costs 1.3"},
        {{0, 1},
         "'sim', '--seed', '7'], 'quick'",
         "'sim', '{n}'], 'varied': {'n': '5', 'seconds': 1}, 'quick'",
         "framelab bench --platform sim 5 --seed 1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct paper_identity identity = {1, 2, 3};
        char text[sizeof good_text + 64];
        const char *at = strstr(good_text, cases[i].from);
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good_text), good_text, cases[i].to,
                 at + strlen(cases[i].from));
        struct paper_folder folder = {.key = "small", .figure = parse(text)};
        struct paper_plan plan;
        assert_true(paper_plan_make(&plan, &folder, PAPER_DEFAULT, &cases[i].variation, &identity));
        assert_int_equal(plan.count, 1);
        char *got = paper_run_text(&plan.runs[0]);
        assert_string_equal(got, cases[i].text);
        free(got);
        paper_plan_free(&plan);
        paper_folder_free(&folder);
    }
}

/* The key of a run at default level: 0 is on the host, 1 simulated. */
static void make_key(size_t run, struct paper_identity identity, const char *from, const char *to, char *key)
{
    char text[sizeof good_text + 64];
    const char *at = strstr(good_text, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good_text), good_text, to, at + strlen(from));
    struct paper_folder folder = {.key = "small", .figure = parse(text)};
    struct paper_plan plan;
    assert_true(paper_plan_make(&plan, &folder, PAPER_DEFAULT, NULL, &identity));
    memcpy(key, plan.runs[run].key, PAPER_RUN_KEY_BYTES);
    paper_plan_free(&plan);
    paper_folder_free(&folder);
}

static void a_key_is_of_what_the_run_depends_on(void **state)
{
    (void)state;
    static const struct {
        size_t run;
        struct paper_identity identity;
        const char *from, *to;
        bool same;
    } cases[] = {
        {0, {1, 2, 3}, "'title': 'T'", "'title': 'U'", true}, /* what it is called is not what it is */
        {0, {1, 2, 3}, "'id': 'one'", "'id': 'three'", true},
        {0, {1, 2, 3}, "'harts': '1,2'", "'harts': '1,3'", false},
        {0, {1, 2, 3}, "'shows': 'S'", "'shows': 'S', 'seed': 2", false},
        {1, {1, 2, 3}, "'shows': 'S'", "'shows': 'S', 'seed': 2", true}, /* it has a seed of its own */
        {0, {9, 2, 3}, "", "", false},                                   /* another build */
        {1, {9, 2, 3}, "", "", false},
        {0, {1, 2, 9}, "", "", false}, /* another machine: of the host only */
        {1, {1, 2, 9}, "", "", true},
        {0, {1, 9, 3}, "", "", true}, /* another kernel: of QEMU only */
        {1, {1, 9, 3}, "", "", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char base[PAPER_RUN_KEY_BYTES], key[PAPER_RUN_KEY_BYTES];
        make_key(cases[i].run, (struct paper_identity){1, 2, 3}, "", "", base);
        make_key(cases[i].run, cases[i].identity, cases[i].from, cases[i].to, key);
        assert_int_equal(strlen(key), PAPER_RUN_KEY_BYTES - 1);
        if ((strcmp(base, key) == 0) != cases[i].same) {
            fail_msg("case %zu: %s and %s", i, base, key);
        }
    }
}

static void the_kernels_count_for_qemu(void **state)
{
    (void)state;
    char base[PAPER_RUN_KEY_BYTES], key[PAPER_RUN_KEY_BYTES];
    make_key(1, (struct paper_identity){1, 2, 3}, "'--platform', 'sim'", "'--platform=qemu'", base);
    make_key(1, (struct paper_identity){1, 9, 3}, "'--platform', 'sim'", "'--platform=qemu'", key);
    assert_string_not_equal(base, key);
}

static void this_build_is_identified(void **state)
{
    (void)state;
    struct paper_identity identity;
    assert_true(paper_identify(&identity));
    assert_int_not_equal(identity.command, 0);
    assert_int_not_equal(identity.processor, 0);
}

/* ---- series and verdicts ---------------------------------------------------------------------------------------- */

static void series_are_checked(void **state)
{
    (void)state;
#define POINT "'panel': 'a', 'kind': 'measured', 'x': [1, 2], 'y': [3, 4]"
    static const struct {
        const char *text, *named; /* "": it is good */
    } cases[] = {
        {"{'series': [{'name': 's', " POINT "}], 'tables': []}", ""},
        {"{'series': [{'name': 's', " POINT ", 'low': [1, 2], 'high': [5, 6]}], 'tables': []}", ""},
        {"{'series': []}", "no object with arrays"},
        {"{'series': [{" POINT "}], 'tables': []}", "without a name"},
        {"{'series': [{'name': 's', 'panel': 'b', 'kind': 'model', 'x': [], 'y': []}], 'tables': []}", "no panel 'b'"},
        {"{'series': [{'name': 's', 'panel': 'a', 'kind': 'seen', 'x': [], 'y': []}], 'tables': []}", "kind is"},
        {"{'series': [{'name': 's', 'panel': 'a', 'kind': 'model', 'x': [1], 'y': []}], 'tables': []}", "y is not"},
        {"{'series': [{'name': 's', 'panel': 'a', 'kind': 'model', 'x': [1], 'y': [null]}], 'tables': []}", "y is not"},
        {"{'series': [{'name': 's', " POINT ", 'low': [1]}], 'tables': []}", "low is not"},
        {"{'series': [{'name': 'a', " POINT "}, {'name': 'a', " POINT "}], 'tables': []}", "panel 'a' has it twice"},
        {"{'series': [{'name': 'ab', " POINT "}, {'name': 'a', " POINT "}], 'tables': []}", ""},
        {"{'things': [{'id': 't'}], 'series': [{'name': 'a', 'thing': 't', " POINT "}], 'tables': []}", ""},
        {"{'things': [{'id': 't'}], 'series': [{'name': 'a', 'thing': 'u', " POINT "}], 'tables': []}", "no thing 'u'"},
        {"{'series': [{'name': 'a', 'thing': 't', " POINT "}], 'tables': []}", "no thing 't'"},
        {"{'series': [{'name': 'a', 'platform': 'sim', " POINT "}], 'tables': []}", ""},
        {"{'series': [{'name': 'a', 'platform': 'moon', " POINT "}], 'tables': []}", "platform is"},
        {"{'series': [], 'tables': [{'title': 't', 'columns': ['a', 'b'], 'rows': [[1, 2], [3]]}]}", "row 1 has not 2"},
        {"{'series': [], 'tables': [{'columns': ['a'], 'rows': []}]}", "needs title"},
    };
    struct paper_folder folder = small_folder();
    for (size_t i = 0; i < COUNT(cases); i++) {
        char why[WHY_BYTES] = "";
        json_t *made = parse(cases[i].text);
        bool good = paper_series_check(made, folder.figure, why, sizeof why);
        if (good != (*cases[i].named == '\0') || strstr(why, cases[i].named) == NULL) {
            fail_msg("wanted '%s', got '%s'", cases[i].named, why);
        }
        json_decref(made);
    }
    paper_folder_free(&folder);
}

#define THING(id, color, marker) "{'id': '" id "', 'color': '" color "', 'marker': '" marker "', 'name': 'n'}"

/* What pictures show is told apart by colour and marker together, and each has one of both. */
static void things_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *text, *named; /* "": it is good */
    } cases[] = {
        {"{'things': []}", ""},
        {"{'things': [" THING("a", "#000000", "square") ", " THING("b", "#000000", "circle") "]}", ""},
        {"{'things': [" THING("a", "#000000", "square") ", " THING("b", "#000000", "square") "]}",
         "things[1]: 'b': another thing has its colour and its marker"},
        {"{'things': [" THING("a", "#000000", "square") ", " THING("a", "#000000", "circle") "]}",
         "'a': is there twice"},
        {"{'things': [" THING("a", "black", "square") "]}", "'a': its color must be"},
        {"{'things': [" THING("a", "#000000", "heart") "]}", "'a': its color must be"},
        {"{'things': [" THING("A", "#000000", "square") "]}", "'A': must be a name"},
        {"{}", "things: must be an array"},
        {"{'things': [", "things.json: line 1"},
    };
    char directory[] = "/tmp/framelab-things-XXXXXX", path[sizeof directory + 16];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/things.json", directory);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char why[WHY_BYTES] = "";
        FILE *file = fopen(path, "w");
        for (const char *c = cases[i].text; *c != '\0'; c++) {
            fputc(*c == '\'' ? '"' : *c, file);
        }
        fclose(file);
        json_t *things = paper_things_read(directory, why, sizeof why);
        if ((things != NULL) != (*cases[i].named == '\0') || strstr(why, cases[i].named) == NULL) {
            fail_msg("wanted '%s', got '%s'", cases[i].named, why);
        }
        json_decref(things);
    }
    unlink(path);
    rmdir(directory);
}

/* What claims.jq says of both claims: the number, or null, of each quantity. */
#define JUDGED(a, b, c)                                                                                                \
    "[{'id': 'C2', 'platform': 'host', 'quantities': [{'name': 'b', 'measured': " b "}, {'name': 'c', 'measured': " c  \
    "}]}, {'id': 'C1', 'platform': 'sim', 'quantities': [{'name': 'a', 'measured': " a "}]}]"

static json_t *merge(const char *text, struct paper_folder *folder)
{
    char why[WHY_BYTES] = "";
    json_t *judged = parse(text), *merged = paper_verdicts_merge(judged, folder, why, sizeof why);
    json_decref(judged);
    if (merged == NULL) {
        fail_msg("%s: %s", text, why);
    }
    return merged;
}

static void what_is_no_judgement_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *named;
    } cases[] = {
        {"[{'id': 'C1'}]", "'C2': it must be judged exactly once"},
        {"[{'id': 'C1'}, {'id': 'C1'}, {'id': 'C2'}]", "'C1': it must be judged exactly once"},
        {"[{'id': 'C1'}, {'id': 'C2'}, {'id': 'C3'}]", "judges claims that figure.json does not have"},
        {"[{'id': 'C1', 'platform': 'host', 'quantities': [{'name': 'a', 'measured': 1}]}, {'id': 'C2'}]",
         "'C1': the platform is not one"},
        {"[{'id': 'C1', 'platform': 'sim', 'quantities': [{'name': 'd', 'measured': 1}]}, {'id': 'C2'}]",
         "'C1': it has a quantity that figure.json does not have"},
    };
    struct paper_folder folder = small_folder();
    for (size_t i = 0; i < COUNT(cases); i++) {
        char why[WHY_BYTES] = "";
        json_t *judged = parse(cases[i].text);
        assert_null(paper_verdicts_merge(judged, &folder, why, sizeof why));
        if (strstr(why, cases[i].named) == NULL) {
            fail_msg("wanted '%s', got '%s'", cases[i].named, why);
        }
        json_decref(judged);
    }
    paper_folder_free(&folder);
}

/* C1 is judged by a value from 0 to 2; C2 by a factor of 10 from 0.5 to 2, which must be above 1, and by a value. */
static void verdicts_come_from_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first, *second, *why; /* of C2 */
    } cases[] = {
        {JUDGED("0", "5", "1"), "holds", "holds", ""},
        {JUDGED("2", "20", "1"), "holds", "holds", ""},
        {JUDGED("2.01", "20.2", "1"), "does not hold", "direction only",
         "b 20.2 ns, 2.02 of the published: not 0.5 to 2"},
        {JUDGED("-0.1", "4.9", "1"), "does not hold", "direction only",
         "b 4.9 ns, 0.49 of the published: not 0.5 to 2"},
        {JUDGED("1", "1", "1"), "holds", "does not hold", "b 1 ns, 0.1 of the published: not above 1"},
        {JUDGED("1", "10", "1.5"), "holds", "does not hold", "c 1.5: not 1 to 1"},
        {JUDGED("1", "30", "0"), "holds", "does not hold", "c 0: not 1 to 1"},
        {JUDGED("null", "10", "1"), "cannot be judged", "holds", ""},
        {JUDGED("1", "null", "0"), "holds", "cannot be judged", "b: no record tells it"},
        {"[{'id': 'C1', 'missing': 'm'}, {'id': 'C2', 'missing': 'm'}]", "cannot be judged", "cannot be judged",
         "b: m; c: m"},
        {"[{'id': 'C1', 'quantities': 5}, {'id': 'C2', 'quantities': [{'name': 'b', 'missing': 'w'}]}]",
         "cannot be judged", "cannot be judged", "b: w; c: no record tells it"},
    };
    struct paper_folder folder = small_folder();
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *merged = merge(cases[i].text, &folder);
        assert_string_equal(flat_text(json_array_get(merged, 0), "verdict"), cases[i].first);
        assert_string_equal(flat_text(json_array_get(merged, 1), "verdict"), cases[i].second);
        assert_string_equal(flat_text(json_array_get(merged, 1), "why"), cases[i].why);
        json_decref(merged);
    }
    paper_folder_free(&folder);
}

/* Of several values of one quantity each is judged, and the kind is that of the platform. */
static void each_value_is_judged(void **state)
{
    (void)state;
    struct paper_folder folder = small_folder();
    json_t *merged = merge("[{'id': 'C1', 'platform': 'sim', 'quantities': [{'name': 'a', 'of': 'x', 'measured': 1},"
                           " {'name': 'a', 'of': 'y', 'measured': 3}]}, {'id': 'C2', 'platform': 'host', 'quantities':"
                           " [{'name': 'b', 'measured': 15}, {'name': 'c', 'measured': 1}]}]",
                           &folder);
    const json_t *first = json_array_get(merged, 0), *second = json_array_get(merged, 1);
    const json_t *quantity = json_array_get(json_object_get(second, "quantities"), 0);
    assert_string_equal(flat_text(first, "verdict"), "does not hold");
    assert_string_equal(flat_text(first, "why"), "a (y) 3: not 0 to 2");
    assert_string_equal(flat_text(first, "measured"), "a (x) 1; a (y) 3");
    assert_string_equal(flat_text(first, "kind"), "counted");
    assert_string_equal(flat_text(second, "kind"), "measured");
    assert_true(json_number_value(json_object_get(quantity, "factor")) == 1.5);
    assert_true(json_is_true(json_object_get(quantity, "in")));
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(first, "quantities"), 0), "factor")));
    assert_null(json_object_get(first, "wrong"));
    json_decref(merged);
    paper_folder_free(&folder);
}

/* The kinds are not added up; that the second does not hold is known. */
static void kinds_are_counted_apart(void **state)
{
    (void)state;
    struct paper_tally tally = {0};
    struct paper_folder folder = small_folder();
    json_t *merged = merge(JUDGED("3", "1", "1"), &folder), *none = paper_verdicts_none(&folder, "nothing was run");
    assert_true(json_is_false(json_object_get(json_array_get(merged, 0), "expected")));
    assert_true(json_is_true(json_object_get(json_array_get(merged, 1), "expected")));
    assert_string_equal(flat_text(json_array_get(none, 0), "why"), "a: nothing was run");
    paper_verdicts_count(merged, &tally);
    paper_verdicts_count(none, &tally);
    assert_int_equal(tally.count[PAPER_COUNTED][PAPER_FAILS], 1);
    assert_int_equal(tally.count[PAPER_MEASURED][PAPER_FAILS], 1);
    assert_int_equal(tally.count[PAPER_COUNTED][PAPER_CANNOT], 1);
    assert_int_equal(tally.count[PAPER_FORETOLD][PAPER_CANNOT], 1);
    assert_int_equal(tally.count[PAPER_FORETOLD][PAPER_FAILS], 0);
    assert_int_equal(tally.unexpected, 1);
    json_decref(merged);
    json_decref(none);
    paper_folder_free(&folder);
}

static void a_verdict_says_how_often_it_came_out(void **state)
{
    (void)state;
    struct paper_folder folder = small_folder();
    json_t *base = merge(JUDGED("1", "null", "1"), &folder), *other = merge(JUDGED("3", "10", "1"), &folder);
    const json_t *const others[] = {base, other, base};
    paper_verdicts_stable(base, others, 3, "seeds 1 to 3");
    const json_t *stable = json_array_get(json_object_get(json_array_get(base, 0), "stable"), 0);
    assert_int_equal(json_integer_value(json_object_get(stable, "held")), 2);
    assert_int_equal(json_integer_value(json_object_get(stable, "of")), 3);
    assert_string_equal(flat_text(stable, "over"), "seeds 1 to 3");
    assert_int_equal(json_array_size(json_object_get(json_array_get(base, 1), "stable")), 0);
    json_decref(base);
    json_decref(other);
    paper_folder_free(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_figure_is_taken),
        cmocka_unit_test(a_bad_figure_is_refused_by_key),
        cmocka_unit_test(levels_fall_back_but_never_to_tiny),
        cmocka_unit_test(variations_are_of_simulated_runs),
        cmocka_unit_test(a_key_is_of_what_the_run_depends_on),
        cmocka_unit_test(the_kernels_count_for_qemu),
        cmocka_unit_test(this_build_is_identified),
        cmocka_unit_test(series_are_checked),
        cmocka_unit_test(things_are_checked),
        cmocka_unit_test(what_is_no_judgement_is_refused),
        cmocka_unit_test(verdicts_come_from_bounds),
        cmocka_unit_test(each_value_is_judged),
        cmocka_unit_test(kinds_are_counted_apart),
        cmocka_unit_test(a_verdict_says_how_often_it_came_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
