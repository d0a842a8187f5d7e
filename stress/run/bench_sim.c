/* SPDX-License-Identifier: MIT
 * The benchmark's platform is a simulated machine: a fresh one for each measurement, whose caches a warm-up pass fills.
 */
#include "bench_platform.h"
#include "epoch_look.h"
#include "frame_limits.h"
#include "hot_lines.h"
#include "simulator.h"
#include "time_mode.h"

static struct machine_model machine;

bool sim_machine(const char *name, double costs, char *why, size_t why_bytes)
{
    bool good = machine_model_get(&machine, name != NULL ? name : SIM_MACHINE, why, why_bytes);
    if (good) {
        machine_model_scale(&machine, costs);
    }
    return good;
}

double sim_primitive_ns(const struct machine_model *on, enum primitive primitive, uint32_t harts)
{
    _Alignas(CACHE_PAIR) uint64_t hart_ns[HART_MAX];
    double ns = 0;
    time_mode_use(on, 1);
    if (!primitives_run(primitive, harts, SIM_MICRO_OPERATIONS, hart_ns)) {
        return 0;
    }
    for (uint32_t i = 0; i < harts; i++) {
        ns += (double)hart_ns[i] / SIM_MICRO_OPERATIONS / harts;
    }
    return ns;
}

static void begin(uint64_t seed)
{
    time_mode_use(&machine, seed);
}

static json_t *describe_machine(void)
{
    return machine_model_json(&machine);
}

static json_t *facts(uint64_t operations)
{
    struct time_counts counts;
    time_mode_counts(&counts);
    return json_pack("{s:s, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:o}", "machine", machine.name, "events",
                     "operations", (json_int_t)operations, "accesses", (json_int_t)counts.events, "transfers",
                     (json_int_t)counts.lines.transfers, "misses", (json_int_t)counts.lines.misses, "invalidations",
                     (json_int_t)counts.lines.invalidations, "cas_failures", (json_int_t)counts.cas_failures, "fences",
                     (json_int_t)counts.fences, "wait_ns", (json_int_t)(counts.wait_ps / 1000), "hot_lines",
                     hot_lines_json());
}

static bool hold(const struct frame_allocator *allocator, uint32_t hart)
{
    const unsigned *in_section = epoch_look(allocator, hart);
    if (in_section != NULL) {
        time_mode_hold(hart, in_section);
    }
    return in_section != NULL;
}

const struct bench_platform bench_platform = {
    .name = "sim",
    .operations_least = 1000, /* nothing is noisy but what is random in the machine, and repeats show that */
    .cas_operations = 1000,
    .core_turns = 0, /* each hart has a core to itself */
    .machine_model = describe_machine,
    .begin = begin,
    .start_counting = time_mode_clear_counts,
    .facts = facts,
    .hold = hold,
    .let_go = time_mode_let_go,
};
