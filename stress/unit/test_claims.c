/* SPDX-License-Identifier: MIT
 * Whether the claims of papers/ can fail. Each quantity of a figure.json has an edit that gives records its value $x:
 * inside of its interval it must be found there, just outside not, and then the claim does not hold. Where a claim
 * names what it comes from, records without that must turn the verdict. And what has no evidence cannot be judged:
 * no records, one of each kind, records that lack a key.
 *
 * The records are those of the reference run. They are read by one jq a figure, which applies all edits. */
#include <math.h>
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
#include "paper_folder.h"
#include "paper_tool.h"
#include "paper_verdicts.h"
#include "subprocess.h"

#define PAPERS "papers"
#define KEPT "results/reference/figures"
#define NEAR 0.02 /* just outside */
#define FILE_BYTES (PAPER_PATH_BYTES + 64u)

static struct paper_list list;
static char scratch[] = "/tmp/framelab-claims-XXXXXX";

/* A line of a figure's program: an edit, what it is applied to, and what is then asked. */
struct question {
    const json_t *claim;
    const char *quantity; /* NULL: the edit takes away what the claim comes from */
    int place;            /* -1 just below the interval, 0 in it, 1 just above */
    bool published;       /* there is a number for it: then both sides can be made */
    double x;
};

#define QUESTIONS_MAX 256u

/* Verdicts from the best to the worst. */
enum { HOLDS, DIRECTION, FAILS, CANNOT };

/* ---- jq --------------------------------------------------------------------------------------------------------- */

static void path_of(char path[FILE_BYTES], const char *directory, const char *name)
{
    (void)snprintf(path, FILE_BYTES, "%s/%s", directory, name);
}

/* claims.jq as a function of records, behind what the figure's program defines. */
static void write_claims(FILE *program, const struct paper_folder *folder)
{
    char path[FILE_BYTES], line[8192];
    path_of(path, folder->path, "claims.jq");
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    (void)fputs("include \"lib\";\ndef judged:\n", program);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "include", strlen("include")) != 0) {
            (void)fputs(line, program);
        }
    }
    (void)fputs(";\n", program);
    fclose(file);
}

/* Runs the program that was written to DIRECTORY/program.jq over the records: what it makes. */
static json_t *run_program(const struct paper_folder *folder, const char *records)
{
    char program[FILE_BYTES], out[FILE_BYTES], published[FILE_BYTES], why[PAPER_WHY_BYTES];
    path_of(program, scratch, "program.jq");
    path_of(out, scratch, "out.json");
    path_of(published, folder->path, "published.csv");
    char *argv[] = {"jq",    "--slurp", "-c",    "-L", PAPERS,  "--rawfile",     "published", published,
                    "--arg", "level",   "quick", "-f", program, (char *)records, NULL};
    json_error_t error;
    if (!paper_tool_run(argv, out, why)) {
        fail_msg("%s: %s", folder->key, why);
    }
    json_t *made = json_load_file(out, 0, &error);
    if (made == NULL) {
        fail_msg("%s: %s", folder->key, error.text);
    }
    return made;
}

/* The kept records of a figure, unpacked. */
static void unpack(const struct paper_folder *folder, char path[FILE_BYTES])
{
    char packed[FILE_BYTES], why[PAPER_WHY_BYTES];
    (void)snprintf(packed, sizeof packed, KEPT "/%s/records.jsonl.gz", folder->key);
    path_of(path, scratch, "records.jsonl");
    char *argv[] = {"gunzip", "-c", packed, NULL};
    if (!paper_tool_run(argv, path, why)) {
        fail_msg("%s: %s", packed, why);
    }
}

static json_t *merged(const struct paper_folder *folder, const json_t *judged)
{
    char why[PAPER_WHY_BYTES];
    json_t *verdicts = paper_verdicts_merge(judged, folder, why, sizeof why);
    if (verdicts == NULL) {
        fail_msg("%s: %s", folder->key, why);
    }
    return verdicts;
}

/* ---- Edits ------------------------------------------------------------------------------------------------------ */

static double real(const json_t *object, const char *key, double otherwise)
{
    const json_t *number = json_object_get(object, key);
    return number != NULL ? json_number_value(number) : otherwise;
}

/* What the quantity must be to lie in the middle, just above, just below; NAN: there is no such value. */
static double value_at(const json_t *quantity, int place)
{
    double low = real(quantity, "low", NAN), high = real(quantity, "high", NAN);
    double published = real(quantity, "published", NAN),
           middle = isnan(published) ? (low + high) / 2 : sqrt(low * high);
    double value = place == 0  ? middle
                   : place > 0 ? (high > 0 ? high * (1 + NEAR) : 1)
                   : low > 0   ? low * (1 - NEAR)
                               : NAN;
    return isnan(published) ? value : published * value;
}

static size_t add_question(FILE *program, struct question *questions, size_t count, struct question question,
                           const char *edit)
{
    assert_true(count < QUESTIONS_MAX);
    (void)fprintf(program, "%s((%.17g) as $x | try (%s | judged) catch null)\n", count > 0 ? ", " : "", question.x,
                  edit);
    questions[count] = question;
    return count + 1;
}

static size_t ask_claim(FILE *program, struct question *questions, size_t count, const json_t *claim)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(claim, "quantities"), i, item)
    {
        for (int place = -1; place <= 1; place++) {
            double x = value_at(item, place);
            if (!isnan(x)) {
                count = add_question(program, questions, count,
                                     (struct question){claim, flat_text(item, "name"), place,
                                                       json_object_get(item, "published") != NULL, x},
                                     flat_text(item, "edit"));
            }
        }
    }
    json_array_foreach(json_object_get(claim, "wrong"), i, item)
    {
        count = add_question(program, questions, count, (struct question){.claim = claim}, flat_text(item, "edit"));
    }
    return count;
}

static bool is_in(const json_t *verdict, const char *name)
{
    size_t i;
    const json_t *quantity;
    json_array_foreach(json_object_get(verdict, "quantities"), i, quantity)
    {
        if (strcmp(flat_text(quantity, "name"), name) == 0 && !json_is_true(json_object_get(quantity, "in"))) {
            return false;
        }
    }
    return true;
}

static int rank(const json_t *verdict)
{
    static const char *const names[] = {
        [HOLDS] = "holds", [DIRECTION] = "direction only", [FAILS] = "does not hold", [CANNOT] = "cannot be judged"};
    int i = 0;
    while (strcmp(names[i], flat_text(verdict, "verdict")) != 0) {
        i++;
    }
    return i;
}

static void print_quantities(const json_t *verdict)
{
    size_t i;
    const json_t *quantity;
    json_array_foreach(json_object_get(verdict, "quantities"), i, quantity)
    {
        print_message("#   %s (%s): %.6g\n", flat_text(quantity, "name"), flat_text(quantity, "of"),
                      json_number_value(json_object_get(quantity, "measured")));
    }
}

/* Whether the answer is what it must be. */
static bool is_right(const struct question *question, const json_t *before, const json_t *after)
{
    if (after == NULL || rank(after) == CANNOT) {
        return false;
    }
    if (question->quantity == NULL) {
        return rank(after) > rank(before) || (rank(before) == FAILS && rank(after) == FAILS);
    }
    return is_in(after, question->quantity) == (question->place == 0) && (question->place == 0 || rank(after) > HOLDS);
}

static void explain(const struct question *question, const json_t *after)
{
    print_message("# %s: ", flat_text(question->claim, "id"));
    if (question->quantity != NULL) {
        print_message("%s made %g: ", question->quantity, question->x);
    } else {
        print_message("what it comes from taken away: ");
    }
    print_message("%s\n", after != NULL ? flat_text(after, "verdict") : "the edit cannot be done");
    print_quantities(after);
}

static const json_t *find(const json_t *verdicts, const json_t *claim)
{
    size_t count;
    return verdicts != NULL ? paper_item(verdicts, "id", flat_text(claim, "id"), &count) : NULL;
}

/* Whether there is a value on the other side of the interval, and that one is right: a share above 1, or a ratio of the
 * most to the least below 1, cannot be made, and is no fault where nothing was published. */
static bool other_side(const struct question *questions, const bool *right, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (right[i] && questions[i].place == -questions[at].place && questions[i].claim == questions[at].claim &&
            questions[i].quantity == questions[at].quantity && !questions[i].published) {
            return questions[at].place != 0;
        }
    }
    return false;
}

static unsigned count_wrong(const struct paper_folder *folder, const struct question *questions, size_t count,
                            const json_t *answers)
{
    unsigned wrong = 0;
    bool right[QUESTIONS_MAX];
    json_t *before = merged(folder, json_array_get(answers, 0)), *after[QUESTIONS_MAX];
    for (size_t i = 0; i < count; i++) {
        const json_t *answer = json_array_get(answers, i + 1);
        after[i] = json_is_array(answer) ? merged(folder, answer) : NULL;
        right[i] = is_right(&questions[i], find(before, questions[i].claim), find(after[i], questions[i].claim));
    }
    for (size_t i = 0; i < count; i++) {
        if (!right[i] && !other_side(questions, right, count, i)) {
            explain(&questions[i], find(after[i], questions[i].claim));
            wrong++;
        }
        json_decref(after[i]);
    }
    json_decref(before);
    return wrong;
}

static void edits_turn_verdicts(void **state)
{
    const struct paper_folder *folder = *state;
    char path[FILE_BYTES], records[FILE_BYTES];
    struct question questions[QUESTIONS_MAX];
    size_t i, count = 0;
    const json_t *claim;
    path_of(path, scratch, "program.jq");
    FILE *program = fopen(path, "we");
    assert_non_null(program);
    write_claims(program, folder);
    (void)fputs("[judged, (\n", program);
    json_array_foreach(json_object_get(folder->figure, "claims"), i, claim)
    {
        count = ask_claim(program, questions, count, claim);
    }
    (void)fputs(")]\n", program);
    fclose(program);
    unpack(folder, records);
    json_t *answers = run_program(folder, records);
    assert_int_equal(json_array_size(answers), count + 1);
    assert_int_equal(count_wrong(folder, questions, count, answers), 0);
    json_decref(answers);
}

/* ---- No evidence ------------------------------------------------------------------------------------------------ */

static void nothing_is_said_without_evidence(void **state)
{
    static const char *const edits[] = {
        "[]",
        /* one record of each run, variant and workload */
        "group_by([.run, .variant, .workload]) | map(.[0] | .harts = 1) | unique_by(.run)",
        "map(del(.functions, .phases, .counts, .events, .coherence, .outcomes, .stopped, .left, .rounds, .migrations))",
        "map(.counts = {} | .events = {} | .coherence = {} | .outcomes = {} | .phases = [] | del(.functions, .stopped, "
        ".left, .rounds, .migrations))",
        "map((.counts[]?, .events[]?, .coherence[]?, .phases[]?) = null | del(.functions, .outcomes, .stopped, .left, "
        ".rounds, .migrations))",
        "map({type, run})",
    };
    const struct paper_folder *folder = *state;
    char path[FILE_BYTES], records[FILE_BYTES];
    path_of(path, scratch, "program.jq");
    FILE *program = fopen(path, "we");
    assert_non_null(program);
    write_claims(program, folder);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        (void)fprintf(program, "%s(%s | judged)\n", i > 0 ? ", " : "[", edits[i]);
    }
    (void)fputs("]\n", program);
    fclose(program);
    unpack(folder, records);
    json_t *answers = run_program(folder, records);
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        size_t k;
        const json_t *verdict;
        json_t *verdicts = merged(folder, json_array_get(answers, i));
        json_array_foreach(verdicts, k, verdict)
        {
            if (rank(verdict) != CANNOT || *flat_text(verdict, "why") == '\0') {
                print_message("# %s of records by %s: %s\n", flat_text(verdict, "id"), edits[i],
                              flat_text(verdict, "verdict"));
                print_quantities(verdict);
                wrong++;
            }
        }
        json_decref(verdicts);
    }
    json_decref(answers);
    assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[2 * PAPERS_MAX];
    size_t count = 0;
    char why[PAPER_WHY_BYTES], command[64];
    if (!paper_tools_there(why, sizeof why)) {
        (void)fprintf(stderr, "test_claims: skipped: %s\n", why);
        return 77;
    }
    (void)snprintf(list.path, sizeof list.path, "%s", PAPERS);
    if (!paper_list_read(&list, argc > 1 ? argv[1] : NULL, stderr) || mkdtemp(scratch) == NULL) {
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (json_array_size(json_object_get(list.folders[i].figure, "claims")) == 0) {
            continue; /* it shows, and claims nothing */
        }
        const struct CMUnitTest turn = {list.folders[i].key, edits_turn_verdicts, NULL, NULL, &list.folders[i]};
        const struct CMUnitTest none = {list.folders[i].key, nothing_is_said_without_evidence, NULL, NULL,
                                        &list.folders[i]};
        tests[count++] = turn;
        tests[count++] = none;
    }
    int failed = _cmocka_run_group_tests("claims", tests, count, NULL, NULL);
    (void)snprintf(command, sizeof command, "%s", scratch);
    char *remove[] = {"rm", "-rf", command, NULL};
    (void)paper_tool_run(remove, NULL, why);
    paper_list_free(&list);
    return failed;
}
