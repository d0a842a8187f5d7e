/* SPDX-License-Identifier: MIT
 * `framelab calibrate`: a machine model for simulated harts, with what this host's accesses cost. What two harts cannot
 * measure comes from another model, and the file says which is which. */
#include <errno.h>
#include <hwloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calibrate.h"
#include "commands.h"
#include "exit_status.h"
#include "fit.h"
#include "harts.h"
#include "machine_model.h"
#include "options.h"
#include "platforms.h"

#define NAME "framelab calibrate"
#define WHY_BYTES 256u
#define ROUNDS_DEFAULT 101u
#define ROUNDS_MOST 100000u

#define HELD_OUT_MOST 8u

enum { OPTION_BASE = 256, OPTION_NAME, OPTION_FIT, OPTION_SERIES, OPTION_HOLD_OUT };

struct arguments {
    const char *base, *name, *out_path;
    const char *fit_path; /* a fit, in place of measurements */
    struct fit_series fitted, held_out[HELD_OUT_MOST];
    uint32_t held_out_count;
    uint64_t rounds;
};

static const struct argp_option options[] = {
    {"base", OPTION_BASE, "NAME|FILE", 0,
     "The machine from which comes what two harts cannot measure: shape, other distances, queues (default: "
     "epyc-2socket)",
     0},
    {"name", OPTION_NAME, "NAME", 0, "The machine's name (default: host)", 0},
    {"repeat", 'r', "N", 0, "Rounds, of which the median counts (default: 101)", 0},
    {"fit", OPTION_FIT, "FILE", 0,
     "Measure nothing: fit the base to a published series of this file, lines of `series,harts,nanoseconds`", 1},
    {"series", OPTION_SERIES, "NAME=PRIMITIVE", 0,
     "The series to fit to, and what was measured (framelab primitives), such as ListLocked=locked-list", 1},
    {"hold-out", OPTION_HOLD_OUT, "NAME=PRIMITIVE", 0,
     "A series that is not fitted to: by how much the machine is off there; may be repeated", 1},
    {"out", 'o', "FILE", 0, "Write the machine there (default: stdout)", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct option_value values[] = {
    OPTION_PLAIN(OPTION_BASE, VALUE_TEXT, struct arguments, base),
    OPTION_PLAIN(OPTION_NAME, VALUE_TEXT, struct arguments, name),
    OPTION_NUMBER('r', struct arguments, rounds, 1, ROUNDS_MOST),
    OPTION_PLAIN(OPTION_FIT, VALUE_TEXT, struct arguments, fit_path),
    OPTION_PLAIN('o', VALUE_TEXT, struct arguments, out_path),
    {0},
};

/* NAME=PRIMITIVE */
static void parse_series(struct fit_series *series, char *text, const struct argp_state *state)
{
    char *equals = strrchr(text, '=');
    const char *primitive = equals != NULL && equals != text ? equals + 1 : NULL;
    if (primitive == NULL) {
        usage_error(state, "a series is NAME=PRIMITIVE, not '%s'", text);
        return;
    }
    *equals = '\0';
    for (uint32_t i = 0; i < PRIMITIVE_COUNT; i++) {
        if (strcmp(primitive, primitives_name((enum primitive)i)) == 0) {
            series->name = text;
            series->primitive = (enum primitive)i;
            return;
        }
    }
    usage_error(state, "there is no primitive '%s' (framelab primitives --help)", primitive);
}

static void check_together(const struct arguments *arguments, const struct argp_state *state)
{
    bool fits = arguments->fit_path != NULL;
    if (fits != (arguments->fitted.name != NULL) || (!fits && arguments->held_out_count > 0)) {
        usage_error(state, "--fit and --series go together, and --hold-out with them");
    }
    if (fits && arguments->rounds != 0) {
        usage_error(state, "--repeat is of measurements, --fit makes none");
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_NAME:
        if (text[0] == '\0' || strlen(text) >= MACHINE_NAME_BYTES) {
            usage_error(state, "--name is 1 to %u characters, not '%s'", MACHINE_NAME_BYTES - 1, text);
        }
        break;
    case OPTION_SERIES:
        if (arguments->fitted.name != NULL) {
            usage_error(state, "one series is fitted to; hold others out");
        }
        parse_series(&arguments->fitted, text, state);
        return 0;
    case OPTION_HOLD_OUT:
        if (arguments->held_out_count == HELD_OUT_MOST) {
            usage_error(state, "at most %u series are held out", HELD_OUT_MOST);
        }
        parse_series(&arguments->held_out[arguments->held_out_count++], text, state);
        return 0;
    case ARGP_KEY_END:
        check_together(arguments, state);
        return 0;
    default:
        break;
    }
    return option_set(state, options, values, key, text);
}

/* ---- how far apart the two harts are ---- */

struct pair {
    enum distance distance;
    char text[128]; /* for people */
};

static bool is_cache_of_last_level(hwloc_obj_t object)
{
    return hwloc_obj_type_is_dcache(object->type) && object->attr->cache.depth >= 3;
}

/* What the topology says of the CPUs of harts 0 and 1. */
static struct pair pair_of(hwloc_topology_t topology)
{
    struct pair pair = {DISTANCE_SOCKET, "whose place in the machine is unknown"};
    hwloc_obj_t first = hwloc_get_pu_obj_by_os_index(topology, harts_cpu(0));
    hwloc_obj_t second = hwloc_get_pu_obj_by_os_index(topology, harts_cpu(1));
    if (first == NULL || second == NULL || first == second) {
        return pair;
    }
    pair = (struct pair){DISTANCE_FAR, "of two sockets"};
    for (hwloc_obj_t at = hwloc_get_common_ancestor_obj(topology, first, second); at != NULL; at = at->parent) {
        if (at->type == HWLOC_OBJ_CORE) {
            return (struct pair){DISTANCE_CLUSTER,
                                 "of one core: two hardware threads, which share even their first cache"};
        }
        if (is_cache_of_last_level(at)) {
            return (struct pair){DISTANCE_CLUSTER, "that share a last-level cache"};
        }
        if (at->type == HWLOC_OBJ_PACKAGE) {
            pair = (struct pair){DISTANCE_SOCKET, "of one socket"};
        }
    }
    return pair;
}

/* Sizes and ways of the caches of hart 0's core, as far as the system tells; of the base otherwise. */
static void find_caches(struct machine_model *model, hwloc_topology_t topology)
{
    hwloc_obj_t at = hwloc_get_pu_obj_by_os_index(topology, harts_cpu(0));
    for (; at != NULL; at = at->parent) {
        uint64_t *const sizes[] = {&model->l1_bytes, &model->l2_bytes, &model->llc_bytes};
        uint64_t *const ways[] = {&model->l1_ways, &model->l2_ways, &model->llc_ways};
        if (hwloc_obj_type_is_dcache(at->type) && at->attr->cache.size > 0) {
            uint32_t level = at->attr->cache.depth < 3 ? at->attr->cache.depth - 1 : 2;
            *sizes[level] = at->attr->cache.size;
            if (at->attr->cache.associativity > 0) {
                *ways[level] = (uint64_t)at->attr->cache.associativity;
            }
        }
    }
}

static struct pair find_pair(struct machine_model *model, char *cpu_model, size_t cpu_model_bytes)
{
    struct pair pair = {DISTANCE_SOCKET, "whose place in the machine is unknown"};
    hwloc_topology_t topology;
    (void)snprintf(cpu_model, cpu_model_bytes, "a processor of unknown name");
    if (hwloc_topology_init(&topology) != 0) {
        return pair;
    }
    if (hwloc_topology_load(topology) == 0) {
        hwloc_obj_t package = hwloc_get_obj_by_type(topology, HWLOC_OBJ_PACKAGE, 0);
        const char *name = package != NULL ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
        if (name != NULL) {
            (void)snprintf(cpu_model, cpu_model_bytes, "%s", name);
        }
        pair = pair_of(topology);
        find_caches(model, topology);
    }
    hwloc_topology_destroy(topology);
    return pair;
}

/* ---- the model ---- */

/* Where a cost goes. */
static uint64_t *field_of(struct machine_model *model, enum calibrate_cost cost, enum distance distance)
{
    uint64_t *const fields[COST_COUNT] = {
        [COST_HIT] = &model->hit_ps,
        [COST_RMW] = &model->rmw_ps,
        [COST_RMW_16] = &model->rmw_16_ps,
        [COST_FENCE] = &model->fence_ps,
        [COST_RELAX] = &model->relax_ps,
        [COST_MISS] = &model->miss_ps,
        [COST_BARRIER] = &model->barrier_ps,
        [COST_TRANSFER] = &model->transfer_ps[distance],
        [COST_INVALIDATE] = &model->invalidate_ps[distance],
        [COST_L2] = &model->l2_ps,
        [COST_LLC] = &model->llc_ps,
        [COST_AHEAD] = &model->window,
    };
    return fields[cost];
}

static void print_cost(enum calibrate_cost cost, const struct cost_sample *sample, uint64_t base_ps)
{
    if (sample->rounds == 0) {
        (void)fprintf(stderr, "  %-11s %10.2f ns  not measured: of the base\n", calibrate_name(cost),
                      (double)base_ps / 1000);
        return;
    }
    (void)fprintf(stderr, "  %-11s %10.2f ns  quartiles %.2f to %.2f, %u rounds; base %.2f\n", calibrate_name(cost),
                  (double)sample->median_ps / 1000, (double)sample->q1_ps / 1000, (double)sample->q3_ps / 1000,
                  sample->rounds, (double)base_ps / 1000);
}

/* Puts what was measured into the model, which is the base so far. */
static void fill(struct machine_model *model, const struct cost_sample *samples, enum distance distance)
{
    for (uint32_t cost = 0; cost < COST_COUNT; cost++) {
        uint64_t *field = field_of(model, (enum calibrate_cost)cost, distance);
        print_cost((enum calibrate_cost)cost, &samples[cost], *field);
        if (samples[cost].rounds > 0 && cost != COST_AHEAD) {
            *field = samples[cost].median_ps > 0 ? samples[cost].median_ps : 1;
        }
    }
    if (samples[COST_AHEAD].rounds > 0 && samples[COST_AHEAD].median_ps > 0) {
        uint64_t window = samples[COST_TRANSFER].median_ps / samples[COST_AHEAD].median_ps;
        model->window = window < 1 ? 1 : window > MACHINE_WINDOW_MOST ? MACHINE_WINDOW_MOST : window;
    }
    (void)fprintf(stderr, "  window %llu accesses; caches of %llu, %llu, %llu KiB\n", (unsigned long long)model->window,
                  (unsigned long long)model->l1_bytes >> 10, (unsigned long long)model->l2_bytes >> 10,
                  (unsigned long long)model->llc_bytes >> 10);
}

/* What is further away, of the base, costs no less than what was measured. */
static void raise_further(uint64_t by_distance[DISTANCE_COUNT], enum distance measured, const char *what)
{
    for (uint32_t i = (uint32_t)measured + 1; i < DISTANCE_COUNT; i++) {
        if (by_distance[i] < by_distance[measured]) {
            (void)fprintf(stderr, "  %s of a greater distance raised from %.2f of the base to the %.2f measured\n",
                          what, (double)by_distance[i] / 1000, (double)by_distance[measured] / 1000);
            by_distance[i] = by_distance[measured];
        }
    }
}

/* What is nearer, of the base, costs no more. */
static void lower_nearer(uint64_t by_distance[DISTANCE_COUNT], enum distance measured, const char *what)
{
    for (uint32_t i = 0; i < (uint32_t)measured; i++) {
        if (by_distance[i] > by_distance[measured]) {
            (void)fprintf(stderr, "  %s of a smaller distance lowered from %.2f of the base to the %.2f measured\n",
                          what, (double)by_distance[i] / 1000, (double)by_distance[measured] / 1000);
            by_distance[i] = by_distance[measured];
        }
    }
}

static void describe(const struct cost_sample *samples, const struct pair *pair, const char *cpu_model,
                     const char *base, char *source, size_t bytes)
{
    static const char *const distances[DISTANCE_COUNT] = {"in a cluster", "in a socket", "between sockets"};
    bool two = samples[COST_TRANSFER].rounds > 0;
    (void)snprintf(source, bytes,
                   "framelab calibrate, on %s: hit, rmw, %sfence, relax, l2, llc, miss, barrier%s%s by %s %s; caches "
                   "as the system tells; all else of %s",
                   cpu_model, samples[COST_RMW_16].rounds > 0 ? "rmw_16, " : "",
                   two ? ", transfer, invalidate and window " : "", two ? distances[pair->distance] : "",
                   two ? "harts" : "one hart,", two ? pair->text : "there being one core", base);
}

/* ---- the command ---- */

static int write_model(const struct machine_model *model, const char *path)
{
    if (path == NULL) {
        return machine_model_write(model, stdout) ? EXIT_STATUS_HOLDS : status_lost(NAME, stdout);
    }
    FILE *out = fopen(path, "we");
    if (out == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: %s", path, strerror(errno));
    }
    bool good = machine_model_write(model, out);
    good = fclose(out) == 0 && good;
    return good ? EXIT_STATUS_HOLDS : status_say(NAME, EXIT_STATUS_VIOLATED, "%s: %s", path, strerror(errno));
}

/* Measures, and puts that into the model, which is the base so far. */
static int measure_host(struct machine_model *model, const struct arguments *arguments)
{
    struct cost_sample samples[COST_COUNT];
    char cpu_model[WHY_BYTES], base[MACHINE_NAME_BYTES];
    uint32_t rounds = arguments->rounds > 0 ? (uint32_t)arguments->rounds : ROUNDS_DEFAULT;
    struct pair pair = find_pair(model, cpu_model, sizeof cpu_model);
    if (!calibrate_run(rounds, (struct cache_sizes){model->l2_bytes, model->llc_bytes}, samples)) {
        return status_say(NAME, EXIT_STATUS_VIOLATED, "no memory, or harts cannot be started");
    }
    fill(model, samples, pair.distance);
    raise_further(model->transfer_ps, pair.distance, "transfer");
    raise_further(model->invalidate_ps, pair.distance, "invalidate");
    lower_nearer(model->transfer_ps, pair.distance, "transfer");
    lower_nearer(model->invalidate_ps, pair.distance, "invalidate");
    memcpy(base, model->name, sizeof base);
    describe(samples, &pair, cpu_model, base, model->source, sizeof model->source);
    return EXIT_STATUS_HOLDS;
}

/* ---- a fit ---- */

static double as_percent(double residual)
{
    return expm1(residual) * 100;
}

/* By how much the machine is off, point by point on stderr; in the mean at the end of `text`. */
static void tell_residual(const struct machine_model *model, const struct fit_series *series, bool held_out, char *text,
                          size_t bytes)
{
    const char *primitive = primitives_name(series->primitive);
    double mean = as_percent(fit_residual(model, series, platform_sim.primitive_ns));
    size_t at = strlen(text);
    (void)snprintf(text + at, bytes - at, "%s %s (%s), off by %.1f %% in the mean of 2 harts and more",
                   held_out ? "; held out:" : "", series->name, primitive, mean);
    (void)fprintf(stderr, "%s (%s), %s\n  harts  published  simulated  off by\n", series->name, primitive,
                  held_out ? "held out" : "fitted to");
    for (uint32_t i = 0; i < series->count; i++) {
        const struct fit_point *point = &series->points[i];
        double ns = platform_sim.primitive_ns(model, series->primitive, point->harts);
        (void)fprintf(stderr, "  %5u %10.2f %10.2f  %+.0f %%%s\n", point->harts, point->ns, ns,
                      (ns / point->ns - 1) * 100, point->harts < 2 ? " (not counted)" : "");
    }
    (void)fprintf(stderr, "  mean %.1f %%\n", mean);
}

static int fit(struct machine_model *model, struct arguments *arguments)
{
    char why[WHY_BYTES];
    if (platform_sim.primitive_ns == NULL) {
        return status_say(NAME, EXIT_STATUS_SKIPPED, "simulated harts are %s", platform_sim.missing);
    }
    bool good = fit_read(&arguments->fitted, arguments->fit_path, why, sizeof why);
    for (uint32_t i = 0; i < arguments->held_out_count && good; i++) {
        good = fit_read(&arguments->held_out[i], arguments->fit_path, why, sizeof why);
    }
    if (!good) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s", why);
    }
    (void)fit_machine(model, &arguments->fitted, platform_sim.primitive_ns);
    char *source = model->source;
    size_t at = strlen(source);
    (void)snprintf(source + at, sizeof model->source - at,
                   "; transfer, invalidate, share, miss and relax by framelab calibrate --fit to");
    tell_residual(model, &arguments->fitted, false, source, sizeof model->source);
    for (uint32_t i = 0; i < arguments->held_out_count; i++) {
        tell_residual(model, &arguments->held_out[i], true, source, sizeof model->source);
    }
    return EXIT_STATUS_HOLDS;
}

int calibrate_command(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Measures what accesses to memory cost on this host, by one hart and by two, and writes a machine for "
               "simulated harts. With --fit it makes a machine of a published series instead.\v"
               "What was measured, with its spread, or by how much a fit is off, is told on stderr; a machine that "
               "cannot be is refused. Exit status: 0, 1 there can be no such machine, 2 usage or a base or series that "
               "cannot be read, 77 a fit without simulated harts."};
    struct arguments arguments = {.base = "epyc-2socket", .name = "host"};
    struct machine_model model;
    char why[WHY_BYTES];
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    if (!machine_model_get(&model, arguments.base, why, sizeof why)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s", why);
    }
    int status = arguments.fit_path != NULL ? fit(&model, &arguments) : measure_host(&model, &arguments);
    if (status != EXIT_STATUS_HOLDS) {
        return status;
    }
    if (!machine_model_check(&model, why, sizeof why)) {
        return status_say(NAME, EXIT_STATUS_VIOLATED, "there can be no such machine: %s", why);
    }
    (void)fprintf(stderr, "%s\n", model.source);
    (void)snprintf(model.name, sizeof model.name, "%s", arguments.name);
    return write_model(&model, arguments.out_path);
}
