/* SPDX-License-Identifier: MIT
 * Judges claims by what was measured and by the bounds in figure.json. See paper_verdicts.h. */
#include "paper_verdicts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flat.h"

enum fault { INSIDE, FACTOR_OUTSIDE, VALUE_OUTSIDE, WRONG_DIRECTION, NOT_MEASURED };

static const char *const verdict_names[] = {[PAPER_HOLDS] = "holds",
                                            [PAPER_DIRECTION] = "direction only",
                                            [PAPER_FAILS] = "does not hold",
                                            [PAPER_CANNOT] = "cannot be judged"};
static const char *const kind_names[] = {"counted", "measured", "foretold", "fitted", "by construction"};

/* ---- One quantity ----------------------------------------------------------------------------------------------- */

/* Three significant digits, or the whole number. */
static void print_short(FILE *out, double value)
{
    (void)fprintf(out, fabs(value) >= 100 ? "%.0f" : "%.3g", value);
}

static double real(const json_t *object, const char *key, double otherwise)
{
    const json_t *number = json_object_get(object, key);
    return json_is_number(number) ? json_number_value(number) : otherwise;
}

static bool is_measured(const json_t *found)
{
    return json_is_number(json_object_get(found, "measured"));
}

/* NAN where nothing was published. */
static double factor_of(const json_t *stated, double measured)
{
    return measured / real(stated, "published", NAN);
}

static bool is_inside(const json_t *stated, double value)
{
    return value >= real(stated, "low", NAN) && value <= real(stated, "high", NAN);
}

static enum fault fault_of(const json_t *stated, const json_t *found)
{
    double measured = real(found, "measured", NAN), factor = factor_of(stated, measured);
    if (!is_measured(found)) {
        return NOT_MEASURED;
    }
    if (measured <= real(stated, "above", -INFINITY) || measured >= real(stated, "below", INFINITY)) {
        return WRONG_DIRECTION;
    }
    if (isnan(factor)) {
        return is_inside(stated, measured) ? INSIDE : VALUE_OUTSIDE;
    }
    return is_inside(stated, factor) ? INSIDE : FACTOR_OUTSIDE;
}

static void print_name(FILE *out, const json_t *stated, const json_t *found)
{
    const char *of = flat_text(found, "of");
    (void)fprintf(out, "%s%s%s%s", flat_text(stated, "name"), *of != '\0' ? " (" : "", of, *of != '\0' ? ")" : "");
}

/* "growth (lockfree) 3.1 times, 0.9 of the published" */
static void print_measured(FILE *out, const json_t *stated, const json_t *found)
{
    double measured = real(found, "measured", NAN), factor = factor_of(stated, measured);
    const char *unit = flat_text(stated, "unit");
    print_name(out, stated, found);
    (void)fputc(' ', out);
    print_short(out, measured);
    (void)fprintf(out, "%s%s", *unit != '\0' ? " " : "", unit);
    if (!isnan(factor)) {
        (void)fputs(", ", out);
        print_short(out, factor);
        (void)fputs(" of the published", out);
    }
}

static void print_fault(FILE *out, const json_t *stated, const json_t *found)
{
    enum fault fault = fault_of(stated, found);
    const char *missing = flat_text(found, "missing");
    if (fault == NOT_MEASURED) {
        print_name(out, stated, found);
        (void)fprintf(out, ": %s", *missing != '\0' ? missing : "no record tells it");
        return;
    }
    print_measured(out, stated, found);
    if (fault == WRONG_DIRECTION) {
        bool above = real(found, "measured", NAN) <= real(stated, "above", -INFINITY);
        (void)fprintf(out, ": not %s ", above ? "above" : "below");
        print_short(out, real(stated, above ? "above" : "below", NAN));
    } else {
        (void)fputs(": not ", out);
        print_short(out, real(stated, "low", NAN));
        (void)fputs(" to ", out);
        print_short(out, real(stated, "high", NAN));
    }
}

static json_t *judged_quantity(const json_t *stated, const json_t *found)
{
    static const char *const stated_keys[] = {"published", "low", "high"}, *const optional[] = {"unit", "above",
                                                                                                "below"};
    double measured = real(found, "measured", NAN);
    json_t *judged =
        json_pack("{s:s, s:o, s:o, s:b}", "name", flat_text(stated, "name"), "measured", flat_real(measured), "factor",
                  flat_real(factor_of(stated, measured)), "in", (int)(fault_of(stated, found) == INSIDE));
    for (size_t i = 0; i < 3; i++) {
        const json_t *value = json_object_get(stated, stated_keys[i]);
        flat_set(judged, stated_keys[i], value != NULL ? json_incref((json_t *)value) : json_null());
    }
    for (size_t i = 0; i < 3; i++) {
        const json_t *value = json_object_get(stated, optional[i]);
        if (value != NULL) {
            flat_set(judged, optional[i], json_incref((json_t *)value));
        }
    }
    if (*flat_text(found, "of") != '\0') {
        flat_set(judged, "of", json_string(flat_text(found, "of")));
    }
    return judged;
}

/* ---- One claim -------------------------------------------------------------------------------------------------- */

/* What is known of a claim while its quantities are gone through. */
struct judging {
    enum paper_verdict verdict;
    json_t *quantities;
    FILE *measured, *why;
    bool first_measured, first_why;
};

static enum paper_verdict verdict_of(enum fault fault)
{
    return fault == INSIDE           ? PAPER_HOLDS
           : fault == FACTOR_OUTSIDE ? PAPER_DIRECTION
           : fault == NOT_MEASURED   ? PAPER_CANNOT
                                     : PAPER_FAILS;
}

/* The worst verdict of a quantity is the claim's, and `why` is of what made it so. */
static void judge_one(struct judging *judging, const json_t *stated, const json_t *found)
{
    enum fault fault = fault_of(stated, found);
    if (verdict_of(fault) > judging->verdict) {
        judging->verdict = verdict_of(fault);
        judging->first_why = true;
        rewind(judging->why);
    }
    if (fault != INSIDE && verdict_of(fault) == judging->verdict) {
        (void)fputs(judging->first_why ? "" : "; ", judging->why);
        print_fault(judging->why, stated, found);
        judging->first_why = false;
    }
    if (fault != NOT_MEASURED) {
        (void)fputs(judging->first_measured ? "" : "; ", judging->measured);
        print_measured(judging->measured, stated, found);
        judging->first_measured = false;
    }
    json_array_append_new(judging->quantities, judged_quantity(stated, found));
}

/* Every value that was measured of this quantity; of one that has none, that it is missing. */
static void judge_named(struct judging *judging, const json_t *stated, const json_t *judged)
{
    size_t i, count = 0;
    const json_t *found, *missing = json_object_get(judged, "missing");
    json_array_foreach(json_object_get(judged, "quantities"), i, found)
    {
        if (strcmp(flat_text(found, "name"), flat_text(stated, "name")) == 0) {
            judge_one(judging, stated, found);
            count++;
        }
    }
    if (count == 0) {
        json_t *nothing = json_pack("{s:s}", "missing", json_is_string(missing) ? json_string_value(missing) : "");
        judge_one(judging, stated, nothing);
        json_decref(nothing);
    }
}

/* What the claim's evidence is on this platform: what is foretold is measured where that is the machine itself. */
static const char *kind_on(const json_t *claim, const char *platform)
{
    const char *kind = flat_text(claim, "kind");
    return strcmp(kind, "foretold") == 0 && strcmp(platform, "host") == 0 ? "measured" : kind;
}

static json_t *merge_one(const json_t *claim, const json_t *judged)
{
    size_t i;
    const json_t *stated;
    char *measured = NULL, *why = NULL;
    size_t measured_bytes = 0, why_bytes = 0;
    struct judging judging = {
        PAPER_HOLDS, json_array(), open_memstream(&measured, &measured_bytes), open_memstream(&why, &why_bytes),
        true,        true};
    json_array_foreach(json_object_get(claim, "quantities"), i, stated)
    {
        judge_named(&judging, stated, judged);
    }
    (void)fclose(judging.measured);
    (void)fclose(judging.why);
    bool cannot = judging.verdict == PAPER_CANNOT;
    const char *platform = cannot ? "" : flat_text(judged, "platform");
    bool expected = judging.verdict != PAPER_FAILS || *flat_text(claim, "deviation") != '\0';
    json_t *merged = json_copy((json_t *)claim);
    (void)json_object_del(merged, "wrong");
    flat_set(merged, "kind", json_string(kind_on(claim, platform)));
    flat_set(merged, "quantities", judging.quantities);
    flat_set(merged, "verdict", json_string(verdict_names[judging.verdict]));
    flat_set(merged, "measured", json_string(cannot ? "" : measured));
    flat_set(merged, "platform", json_string(platform));
    flat_set(merged, "why", json_string(judging.verdict != PAPER_HOLDS ? why : ""));
    flat_set(merged, "expected", json_boolean(expected));
    flat_set(merged, "stable", json_array());
    free(measured);
    free(why);
    return merged;
}

/* ---- All claims of a figure ------------------------------------------------------------------------------------- */

/* What is wrong with what claims.jq says of a claim; NULL: nothing. Numbers that are missing are no fault. */
static const char *objection(const json_t *judged, const json_t *claim)
{
    size_t i, count;
    const json_t *found;
    bool any = false;
    json_array_foreach(json_object_get(judged, "quantities"), i, found)
    {
        (void)paper_item(json_object_get(claim, "quantities"), "name", flat_text(found, "name"), &count);
        any = any || is_measured(found);
        if (count == 0) {
            return "it has a quantity that figure.json does not have";
        }
    }
    return !any || paper_has_word(json_object_get(claim, "platforms"), flat_text(judged, "platform"))
               ? NULL
               : "the platform is not one that figure.json lets judge it";
}

json_t *paper_verdicts_merge(const json_t *judged, const struct paper_folder *folder, char *why, size_t why_bytes)
{
    size_t i, count;
    const json_t *claim;
    const json_t *claims = json_object_get(folder->figure, "claims");
    json_t *merged = json_array();
    json_array_foreach((json_t *)claims, i, claim)
    {
        const char *id = flat_text(claim, "id");
        const json_t *found = paper_item(judged, "id", id, &count);
        const char *wrong = count == 1 ? objection(found, claim) : "it must be judged exactly once";
        if (wrong != NULL) {
            (void)snprintf(why, why_bytes, "claims.jq: claim '%s': %s", id, wrong);
            json_decref(merged);
            return NULL;
        }
        json_array_append_new(merged, merge_one(claim, found));
    }
    if (json_array_size(judged) != json_array_size(merged)) {
        (void)snprintf(why, why_bytes, "claims.jq: judges claims that figure.json does not have");
        json_decref(merged);
        return NULL;
    }
    return merged;
}

json_t *paper_verdicts_none(const struct paper_folder *folder, const char *why)
{
    size_t i;
    const json_t *claim;
    json_t *merged = json_array();
    json_array_foreach(json_object_get(folder->figure, "claims"), i, claim)
    {
        json_t *nothing = json_pack("{s:s}", "missing", why);
        json_array_append_new(merged, merge_one(claim, nothing));
        json_decref(nothing);
    }
    return merged;
}

/* ---- How often a verdict came out ------------------------------------------------------------------------------- */

void paper_verdicts_stable(json_t *verdicts, const json_t *const *others, size_t count, const char *over)
{
    size_t i;
    json_t *claim;
    json_array_foreach(verdicts, i, claim)
    {
        int held = 0;
        const char *verdict = flat_text(claim, "verdict");
        for (size_t k = 0; k < count; k++) {
            held += strcmp(verdict, flat_text(json_array_get(others[k], i), "verdict")) == 0;
        }
        if (strcmp(verdict, verdict_names[PAPER_CANNOT]) != 0) {
            flat_append(json_object_get(claim, "stable"),
                        json_pack("{s:i, s:i, s:s}", "held", held, "of", (int)count, "over", over));
        }
    }
}

/* ---- Counts ----------------------------------------------------------------------------------------------------- */

static size_t index_of(const char *const *names, size_t count, const char *text)
{
    size_t i = 0;
    while (i < count && strcmp(names[i], text) != 0) {
        i++;
    }
    return i;
}

void paper_verdicts_count(const json_t *verdicts, struct paper_tally *tally)
{
    size_t i;
    const json_t *claim;
    json_array_foreach((json_t *)verdicts, i, claim)
    {
        size_t kind = index_of(kind_names, PAPER_KINDS, flat_text(claim, "kind"));
        size_t verdict = index_of(verdict_names, PAPER_VERDICTS, flat_text(claim, "verdict"));
        if (kind < PAPER_KINDS && verdict < PAPER_VERDICTS) {
            tally->count[kind][verdict]++;
        }
        tally->unexpected += !json_is_true(json_object_get(claim, "expected"));
    }
}

void paper_tally_print(const struct paper_tally *tally, const char *between, FILE *out)
{
    const char *before = "";
    for (int kind = 0; kind < PAPER_KINDS; kind++) {
        const unsigned *count = tally->count[kind];
        if (count[PAPER_HOLDS] + count[PAPER_DIRECTION] + count[PAPER_FAILS] + count[PAPER_CANNOT] > 0) {
            (void)fprintf(out, "%s%s: %u hold, %u in direction only, %u do not hold, %u cannot be judged", before,
                          kind_names[kind], count[PAPER_HOLDS], count[PAPER_DIRECTION], count[PAPER_FAILS],
                          count[PAPER_CANNOT]);
            before = between;
        }
    }
    (void)fputc('\n', out);
}
