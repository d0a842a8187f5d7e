/* SPDX-License-Identifier: MIT
 * The platform of simulated harts, in a build without them. See simulator.h. */
#include <stdio.h>

#include "platforms.h"
#include "sim_stress.h"
#include "simulator.h"

const struct platform platform_sim = {.name = "sim", .summary = SIM_SUMMARY, .missing = "not in this build (SIM=0)"};

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
