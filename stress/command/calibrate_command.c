/* SPDX-License-Identifier: MIT
 * `framelab calibrate`: a machine model for simulated harts, with what this host's accesses cost. What two harts cannot
 * measure comes from another model, and the file says which is which. */
#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calibrate.h"
#include "commands.h"
#include "exit_status.h"
#include "harts.h"
#include "machine_model.h"
#include "options.h"

#define NAME "framelab calibrate"
#define WHY_BYTES 256u
#define ROUNDS_DEFAULT 101u
#define ROUNDS_MOST 100000u

enum { OPTION_BASE = 256, OPTION_NAME };

struct arguments {
    const char *base, *name, *out_path;
    uint64_t rounds;
};

static const struct argp_option options[] = {
    {"base", OPTION_BASE, "NAME|FILE", 0,
     "The machine from which comes what two harts cannot measure: shape, other distances, queues (default: "
     "epyc-2socket)",
     0},
    {"name", OPTION_NAME, "NAME", 0, "The machine's name (default: host)", 0},
    {"repeat", 'r', "N", 0, "Rounds, of which the median counts (default: 101)", 0},
    {"out", 'o', "FILE", 0, "Write the machine there (default: stdout)", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct option_value values[] = {
    OPTION_PLAIN(OPTION_BASE, VALUE_TEXT, struct arguments, base),
    OPTION_PLAIN(OPTION_NAME, VALUE_TEXT, struct arguments, name),
    OPTION_NUMBER('r', struct arguments, rounds, 1, ROUNDS_MOST),
    OPTION_PLAIN('o', VALUE_TEXT, struct arguments, out_path),
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    if (key == OPTION_NAME && (text[0] == '\0' || strlen(text) >= MACHINE_NAME_BYTES)) {
        usage_error(state, "--name is 1 to %u characters, not '%s'", MACHINE_NAME_BYTES - 1, text);
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

static struct pair find_pair(char *cpu_model, size_t cpu_model_bytes)
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
        if (samples[cost].rounds > 0) {
            *field = samples[cost].median_ps > 0 ? samples[cost].median_ps : 1;
        }
    }
}

static void describe(const struct cost_sample *samples, const struct pair *pair, const char *cpu_model,
                     const char *base, char *source, size_t bytes)
{
    static const char *const distances[DISTANCE_COUNT] = {"in a cluster", "in a socket", "between sockets"};
    bool two = samples[COST_TRANSFER].rounds > 0;
    (void)snprintf(source, bytes,
                   "framelab calibrate, on %s: hit, rmw, %sfence, relax, miss, barrier%s%s by %s %s; all else of %s",
                   cpu_model, samples[COST_RMW_16].rounds > 0 ? "rmw_16, " : "",
                   two ? ", transfer and invalidate " : "", two ? distances[pair->distance] : "",
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

int calibrate_command(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Measures what accesses to memory cost on this host, by one hart and by two, and writes a machine for "
               "simulated harts.\v"
               "What was measured, with its spread, is told on stderr. Exit status: 0, 2 usage or a base that cannot "
               "be read."};
    struct arguments arguments = {.base = "epyc-2socket", .name = "host", .rounds = ROUNDS_DEFAULT};
    struct cost_sample samples[COST_COUNT];
    struct machine_model model;
    char why[WHY_BYTES], cpu_model[WHY_BYTES], base[MACHINE_NAME_BYTES];
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    if (!machine_model_get(&model, arguments.base, why, sizeof why)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s", why);
    }
    if (!calibrate_run((uint32_t)arguments.rounds, samples)) {
        return status_say(NAME, EXIT_STATUS_VIOLATED, "no memory, or harts cannot be started");
    }
    struct pair pair = find_pair(cpu_model, sizeof cpu_model);
    fill(&model, samples, pair.distance);
    memcpy(base, model.name, sizeof base);
    describe(samples, &pair, cpu_model, base, model.source, sizeof model.source);
    (void)fprintf(stderr, "%s\n", model.source);
    (void)snprintf(model.name, sizeof model.name, "%s", arguments.name);
    return write_model(&model, arguments.out_path);
}
