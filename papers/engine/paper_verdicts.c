/* SPDX-License-Identifier: MIT
 * Verdicts on claims. See paper_verdicts.h. */
#include "paper_verdicts.h"

#include <string.h>

#include "flat.h"

#define HOLDS "holds"
#define FAILS "does not hold"
#define CANNOT "cannot be judged"

static bool is_verdict(const char *text)
{
    return strcmp(text, HOLDS) == 0 || strcmp(text, FAILS) == 0 || strcmp(text, CANNOT) == 0;
}

/* What is wrong with a verdict; NULL: nothing. */
static const char *objection(const json_t *verdict, const json_t *claim)
{
    const char *text = flat_text(verdict, "verdict");
    if (!is_verdict(text)) {
        return "verdict is 'holds', 'does not hold' or 'cannot be judged'";
    }
    if (strcmp(text, CANNOT) == 0) {
        return *flat_text(verdict, "why") != '\0' ? NULL : "it does not say why it cannot be judged";
    }
    if (*flat_text(verdict, "measured") == '\0') {
        return "it does not say what was measured";
    }
    return paper_has_word(json_object_get(claim, "platforms"), flat_text(verdict, "platform"))
               ? NULL
               : "the platform is not one that figure.json lets judge it";
}

static json_t *merge_one(const json_t *claim, const json_t *verdict)
{
    static const char *const keys[] = {"verdict", "measured", "platform", "why"};
    json_t *merged = json_copy((json_t *)claim);
    const char *text = flat_text(verdict, "verdict");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_object_set_new(merged, keys[i], json_string(flat_text(verdict, keys[i])));
    }
    bool expected = strcmp(text, FAILS) != 0 || *flat_text(claim, "deviation") != '\0';
    json_object_set_new(merged, "expected", json_boolean(expected));
    return merged;
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
        const json_t *verdict = paper_item(judged, "id", id, &count);
        const char *wrong = count == 1 ? objection(verdict, claim) : "it must be judged exactly once";
        if (wrong != NULL) {
            (void)snprintf(why, why_bytes, "claims.jq: claim '%s': %s", id, wrong);
            json_decref(merged);
            return NULL;
        }
        json_array_append_new(merged, merge_one(claim, verdict));
    }
    if (json_array_size(judged) != json_array_size(merged)) {
        (void)snprintf(why, why_bytes, "claims.jq: judges claims that figure.json does not have");
        json_decref(merged);
        return NULL;
    }
    return merged;
}

void paper_verdicts_count(const json_t *verdicts, struct paper_tally *tally)
{
    size_t i;
    const json_t *verdict;
    json_array_foreach((json_t *)verdicts, i, verdict)
    {
        const char *text = flat_text(verdict, "verdict");
        tally->hold += strcmp(text, HOLDS) == 0;
        tally->fail += strcmp(text, FAILS) == 0;
        tally->cannot += strcmp(text, CANNOT) == 0;
        tally->unexpected += !json_is_true(json_object_get(verdict, "expected"));
    }
}
