/* SPDX-License-Identifier: MIT
 * The platform of simulated harts, in a build that has them. See simulator.h. */
#include "platforms.h"
#include "simulator.h"

const struct platform platform_sim = {
    .name = "sim",
    .summary = SIM_SUMMARY,
    .variants = sim_variants,
    .harts = {.count = 7, .values = {1, 2, 4, 8, 16, 32, 64}},
    .bench_bytes = UINT64_C(64) << 30,
    .bench_requests = 500,
    .micro_operations = SIM_MICRO_OPERATIONS,
    .smr_operations = 500,
    .stops_harts = true,
    .spare_harts = true,
    .machine = sim_machine,
    .bench = sim_bench_run,
    .micro = sim_micro_run,
    .stress = sim_stress_run,
    .primitive_ns = sim_primitive_ns,
};
