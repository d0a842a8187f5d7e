/* SPDX-License-Identifier: MIT
 * One schema of CSV for all platforms. See stress_csv.h. */
#include "stress_csv.h"

#include <jansson.h>

#include "grid.h"

static json_t *count_json(int64_t value)
{
    return value != STRESS_UNKNOWN ? json_integer(value) : json_null();
}

bool stress_csv(const struct stress_row *row, bool first, FILE *out)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "variant", row->variant,
                               "platform", row->platform, "setting", row->setting, "harts", count_json(row->harts),
                               "seed", (json_int_t)row->seed, "rounds", count_json(row->rounds), "operations",
                               count_json(row->operations), "accesses", count_json(row->accesses), "added",
                               count_json(row->added), "removed", count_json(row->removed), "seconds",
                               row->seconds >= 0 ? json_real(row->seconds) : json_null(), "violated", row->violated);
    bool good = object != NULL && (!first || flat_print_csv_head(object, out)) && flat_print_csv_row(object, out) &&
                fflush(out) == 0;
    json_decref(object);
    return good;
}
