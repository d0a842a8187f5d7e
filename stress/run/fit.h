/* SPDX-License-Identifier: MIT
 * A machine fitted to published series: which costs of transfers and queues make simulated harts take the times that a
 * real machine's cores took. A series that is held out shows what the machine foretells.
 *
 * Fitted are transfers and invalidations (all distances by one factor each), share, hold and relax: what two harts of a
 * host cannot show of a machine that is not at hand. The objective is the mean of |ln(simulated / published)| over the
 * points of two harts and more; from the base on, one cost at a time goes up or down by a factor that becomes smaller,
 * as long as that helps. So a fit is the same wherever it is made. */
#ifndef FRAMELAB_STRESS_FIT_H
#define FRAMELAB_STRESS_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine_model.h"
#include "primitives.h"

#define FIT_POINTS_MOST 64u

struct fit_series {
    const char *name;
    enum primitive primitive; /* what was measured */
    uint32_t count;
    struct fit_point {
        uint32_t harts;
        double ns; /* of an operation */
    } points[FIT_POINTS_MOST];
};

/* Nanoseconds of an operation of the primitive on that machine; not above 0: it cannot be told. */
typedef double (*fit_foretell)(const struct machine_model *machine, enum primitive primitive, uint32_t harts);

/* Points of series->name in a file of comma-separated `series,x,y` with a header; lines that begin with # are left out.
 * False with one line in `why`: no such file or series, a line that is none, a value that is no time. */
bool fit_read(struct fit_series *series, const char *path, char *why, size_t why_bytes);

/* The objective: 0 is exact, 0.1 is off by a factor of 1.105 in the mean. */
double fit_residual(const struct machine_model *machine, const struct fit_series *series, fit_foretell foretell);

/* Fits the machine, which is the base so far. Returns the objective. */
double fit_machine(struct machine_model *machine, const struct fit_series *series, fit_foretell foretell);

#endif
