/* SPDX-License-Identifier: MIT
 * A build without simulated harts. See simulator.h. Nothing but simulator_there is used. */
#include "exit_status.h"
#include "sim_stress.h"
#include "simulator.h"

const bool simulator_there = false;

const struct variant *const sim_variants[] = {NULL};

bool sim_bench_machine(const char *machine, char *why, size_t why_bytes)
{
    (void)snprintf(why, why_bytes, "no machine %s: this build has no simulated harts", machine);
    return false;
}

int sim_bench_run(const struct bench_plan *plan, FILE *records)
{
    (void)plan;
    (void)records;
    return EXIT_STATUS_SKIPPED;
}

const char *sim_bench_doing(void)
{
    return "nothing";
}

const char *sim_step_name(uint32_t kind)
{
    (void)kind;
    return "";
}

bool sim_program_check(const char *text, char *why, size_t why_bytes)
{
    (void)text;
    (void)snprintf(why, why_bytes, "this build has no simulated harts");
    return false;
}

bool sim_stress_explore(const struct sim_stress_plan *plan, struct sim_stress_report *report, FILE *out)
{
    (void)plan;
    (void)out;
    report->holds = true;
    return true;
}

bool sim_primitives_run(enum primitive primitive, uint32_t harts, uint64_t operations, uint64_t seed, uint64_t *hart_ns,
                        struct json_t **told)
{
    (void)primitive;
    (void)harts;
    (void)operations;
    (void)seed;
    hart_ns[0] = 0;
    (void)told;
    return false;
}

bool sim_retire_run(const struct retire_plan *plan, uint64_t seed, struct retire_result *result, struct json_t **told)
{
    (void)plan;
    (void)seed;
    result->operations = 0;
    (void)told;
    return false;
}
