/* SPDX-License-Identifier: MIT
 * See fit.h. */
#include "fit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format_into.h"
#include "frame_limits.h"

#define LINE_BYTES_MOST 512u
#define ROUND_PS 100u /* costs are whole tenths of nanoseconds */
#define IMPOSSIBLE 1e9

/* ---- series ---- */

__attribute__((format(printf, 3, 4))) static bool refuse(char *why, size_t why_bytes, const char *format, ...)
{
    char what[LINE_BYTES_MOST];
    format_into(what, format);
    (void)snprintf(why, why_bytes, "%s", what);
    return false;
}

/* A point from `series,x,y...`: whether the line is of this series; *good is false if it is no point. */
static bool parse_point(const char *line, const char *name, struct fit_point *point, bool *good)
{
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || line[length] != ',') {
        return false;
    }
    char *end;
    errno = 0;
    unsigned long harts = strtoul(line + length + 1, &end, 10);
    *good = errno == 0 && *end == ',' && harts >= 1 && harts <= HART_MAX;
    const char *value = *good ? end + 1 : "";
    double ns = strtod(value, &end);
    *good = *good && end != value && (*end == ',' || *end == '\n' || *end == '\0') && isfinite(ns) && ns > 0;
    *point = (struct fit_point){(uint32_t)harts, ns};
    return true;
}

bool fit_read(struct fit_series *series, const char *path, char *why, size_t why_bytes)
{
    char line[LINE_BYTES_MOST];
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return refuse(why, why_bytes, "%s: %s", path, strerror(errno));
    }
    bool good = true;
    series->count = 0;
    for (uint32_t number = 1; good && fgets(line, sizeof line, file) != NULL; number++) {
        struct fit_point point;
        if (!parse_point(line, series->name, &point, &good)) {
            continue;
        }
        if (!good || series->count == FIT_POINTS_MOST) {
            good = refuse(why, why_bytes, "%s: line %u: %s", path, number,
                          good ? "too many points" : "not a series, harts and nanoseconds above 0");
            continue;
        }
        series->points[series->count++] = point;
    }
    (void)fclose(file);
    if (good && series->count == 0) {
        good = refuse(why, why_bytes, "%s has no series %s", path, series->name);
    }
    return good;
}

/* ---- the fit ---- */

double fit_residual(const struct machine_model *machine, const struct fit_series *series, fit_foretell foretell)
{
    double sum = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < series->count; i++) {
        const struct fit_point *point = &series->points[i];
        if (point->harts >= 2) {
            double ns = foretell(machine, series->primitive, point->harts);
            sum += ns > 0 ? fabs(log(ns / point->ns)) : IMPOSSIBLE;
            count++;
        }
    }
    return count > 0 ? sum / count : IMPOSSIBLE;
}

enum cost { TRANSFER, INVALIDATE, SHARE, MISS, RELAX, FITTED_COUNT };

static uint64_t scaled(uint64_t ps, double factor)
{
    double tenths = nearbyint((double)ps * factor / ROUND_PS);
    return (uint64_t)(tenths < 1 ? 1 : tenths) * ROUND_PS;
}

static struct machine_model scale(struct machine_model machine, enum cost cost, double factor)
{
    uint64_t *const single[FITTED_COUNT] = {
        [SHARE] = &machine.share_ps, [MISS] = &machine.miss_ps, [RELAX] = &machine.relax_ps};
    uint64_t *each = cost == TRANSFER ? machine.transfer_ps : machine.invalidate_ps;
    if (single[cost] != NULL) {
        *single[cost] = scaled(*single[cost], factor);
        return machine;
    }
    for (uint32_t i = 0; i < DISTANCE_COUNT; i++) {
        each[i] = scaled(each[i], factor);
    }
    return machine;
}

double fit_machine(struct machine_model *machine, const struct fit_series *series, fit_foretell foretell)
{
    static const double factors[] = {1.6, 1.25, 1.1, 1.05, 1.02};
    char why[LINE_BYTES_MOST];
    double best = fit_residual(machine, series, foretell);
    for (uint32_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        for (uint32_t failed = 0, turn = 0; failed < 2 * FITTED_COUNT; turn++) {
            double factor = turn % 2 == 0 ? factors[i] : 1 / factors[i];
            struct machine_model trial = scale(*machine, (enum cost)(turn / 2 % FITTED_COUNT), factor);
            double residual =
                machine_model_check(&trial, why, sizeof why) ? fit_residual(&trial, series, foretell) : IMPOSSIBLE;
            failed = residual < best ? 0 : failed + 1;
            if (residual < best) {
                best = residual;
                *machine = trial;
            }
        }
    }
    return best;
}
