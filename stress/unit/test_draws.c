/* SPDX-License-Identifier: MIT
 * What a comparison says, held against what is so: draws from samples that were kept of one binary measured in turn
 * with itself, on a machine on which others were busy (results/reference/README.md). Of the two sides of a draw nothing
 * differs but what the test multiplies one by. So it is known which verdicts are false and which should be found, and
 * how often: no more than alpha of the draws may have a false verdict, and of the changes that a row says it would have
 * found it must have found at least 1 - alpha.
 *
 * All of it is seeded: a draw that passes once passes always. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "random.h"

#define SAMPLES "results/reference/in-turn.jsonl.gz"
#define BLOCKS 64u
#define DRAWS 200u
#define DRAWS_OF_NOTHING 2500u /* a rate below 5 % takes more of them */
#define ALPHA 0.05

static struct record_file kept;

/* Which blocks are in a draw, and in which of them the sides change places. */
struct draw {
    bool in[BLOCKS], swapped[BLOCKS];
    bool apart;    /* no blocks: side A's processes are these, side B's are others */
    double factor; /* of lockfree on side B */
};

static struct draw draw_make(struct random *random, unsigned blocks, bool apart, double factor)
{
    struct draw draw = {.apart = apart, .factor = factor};
    for (unsigned in = 0; in < (apart ? 2 : 1) * blocks;) {
        uint64_t block = random_below(random, BLOCKS);
        if (!draw.in[block]) {
            draw.in[block] = true;
            draw.swapped[block] = apart ? in % 2 == 1 : random_below(random, 2) == 1;
            in++;
        }
    }
    return draw;
}

/* A draw's rows as a file of its own. What is drawn apart is of one side as it was measured, and of no common block. */
static struct record_file draw_rows(const struct draw *draw)
{
    struct record_file file = kept;
    file.rows = calloc(kept.row_count, sizeof *file.rows);
    file.row_count = 0;
    for (size_t i = 0; i < kept.row_count; i++) {
        struct result_row row = kept.rows[i];
        unsigned long block = strtoul(strchr(row.block, '/') + 1, NULL, 10);
        if (!draw->in[block] || (draw->apart && strcmp(row.side, "A") != 0)) {
            continue;
        }
        bool b = (strcmp(row.side, "B") == 0) != draw->swapped[block];
        row.side = record_file_name(&kept, b ? "B" : "A");
        row.block = draw->apart ? row.process : row.block;
        row.ns_per_operation *= b && strcmp(row.variant, "lockfree") == 0 ? draw->factor : 1;
        file.rows[file.row_count++] = row;
    }
    return file;
}

/* What came of the draws. */
struct tally {
    unsigned draws, with_false, regressions, told; /* draws */
    unsigned rows, judged, within;                 /* rows of lockfree */
    unsigned promised, found;                      /* of them, whose change they say they would find; and did */
};

static void count_row(struct tally *tally, const struct pair *pair, double factor, bool *is_false)
{
    bool lockfree = strcmp(pair->a->variant, "lockfree") == 0;
    bool judged = pair->verdict <= VERDICT_REGRESSION;
    bool slower = pair->verdict == VERDICT_REGRESSION;
    *is_false |= pair->verdict == VERDICT_FASTER || (slower && (!lockfree || factor <= 1));
    if (!lockfree) {
        return;
    }
    bool promised = judged && factor - 1 > pair->change.detectable;
    tally->rows++;
    tally->judged += judged;
    tally->within += pair->verdict == VERDICT_WITHIN;
    tally->promised += promised;
    tally->found += promised && slower;
}

static void count_draw(struct tally *tally, const struct draw *draw, double threshold)
{
    struct record_file file = draw_rows(draw);
    struct series_list list;
    assert_true(series_build(&list, &file));
    const struct comparison_rules rules = {.threshold = threshold, .alpha = ALPHA, .same_machine = true};
    const struct comparison_side sides[2] = {{&list, "A", NULL}, {&list, "B", NULL}};
    struct comparison comparison;
    assert_true(comparison_make(&comparison, &rules, &sides[0], &sides[1]));
    bool is_false = false;
    for (size_t i = 0; i < comparison.pair_count; i++) {
        if (!comparison.pairs[i].a->control) {
            count_row(tally, &comparison.pairs[i], draw->factor, &is_false);
        }
    }
    for (size_t i = 0; i < comparison.mean_count; i++) {
        const struct geometric_mean *mean = &comparison.means[i];
        bool lockfree = strcmp(mean->variant, "lockfree") == 0;
        is_false |= mean->verdict == VERDICT_FASTER ||
                    (mean->verdict == VERDICT_REGRESSION && (!lockfree || draw->factor <= 1));
    }
    tally->draws++;
    tally->with_false += is_false;
    tally->regressions += comparison_outcome(&comparison) == COMPARISON_REGRESSION;
    tally->told += comparison_outcome(&comparison) != COMPARISON_NOT_JUDGED;
    comparison_free(&comparison);
    series_free(&list);
    free(file.rows);
}

static struct tally draw_many(unsigned draws, unsigned blocks, bool apart, double factor, double threshold)
{
    struct random random = random_stream(19, 0);
    struct tally tally = {0};
    for (unsigned i = 0; i < draws; i++) {
        struct draw draw = draw_make(&random, blocks, apart, factor);
        count_draw(&tally, &draw, threshold);
    }
    print_message(
        "%s, %u processes a side, times %.2f: %u of %u draws with a false verdict, %u a regression; of %u rows "
        "%u judged, %u within %g %%; %u of %u promised found\n",
        apart ? "apart" : "in turn", blocks, factor, tally.with_false, tally.draws, tally.regressions, tally.rows,
        tally.judged, tally.within, 100 * threshold, tally.found, tally.promised);
    return tally;
}

static void of_one_binary_nothing_is_said_to_have_changed(void **state)
{
    (void)state;
    for (unsigned apart = 0; apart < 2; apart++) {
        struct tally tally = draw_many(DRAWS_OF_NOTHING, apart != 0 ? 12 : 24, apart != 0, 1, 0);
        assert_true(tally.with_false <= ALPHA * tally.draws);
        assert_true(tally.judged > tally.rows / 4);
    }
}

static void what_is_promised_to_be_found_is_found(void **state)
{
    (void)state;
    static const double factors[] = {1.02, 1.05, 1.1, 1.3, 2};
    unsigned promised = 0;
    for (unsigned apart = 0; apart < 2; apart++) {
        for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
            struct tally tally = draw_many(DRAWS, apart != 0 ? 12 : 24, apart != 0, factors[i], 0);
            assert_true(tally.with_false <= ALPHA * tally.draws);
            assert_true(tally.found >= (1 - ALPHA) * tally.promised);
            promised += tally.promised;
        }
    }
    assert_true(promised > 1000); /* else nothing was shown */
}

/* "Within" is never said of what is not: here of a tenth more, or more, within a twentieth. */
static void a_change_is_never_called_none(void **state)
{
    (void)state;
    static const double factors[] = {1.1, 1.3};
    for (unsigned apart = 0; apart < 2; apart++) {
        for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
            struct tally tally = draw_many(DRAWS, apart != 0 ? 12 : 24, apart != 0, factors[i], 0.05);
            assert_true(tally.within <= ALPHA / 2 * tally.rows);
        }
    }
}

static int read_kept(void **state)
{
    (void)state;
    return record_file_read(&kept, SAMPLES, stderr) == RECORDS_OK ? 0 : -1;
}

static int free_kept(void **state)
{
    (void)state;
    record_file_free(&kept);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_one_binary_nothing_is_said_to_have_changed),
        cmocka_unit_test(what_is_promised_to_be_found_is_found),
        cmocka_unit_test(a_change_is_never_called_none),
    };
    return cmocka_run_group_tests_name("draws", tests, read_kept, free_kept);
}
