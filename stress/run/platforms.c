/* SPDX-License-Identifier: MIT
 * The table of platforms. See platforms.h; simulated harts are in sim_linked.c or, in a build without, sim_none.c. */
#include "platforms.h"

#include <stddef.h>
#include <string.h>

#include "qemu_bench.h"
#include "qemu_stress.h"
#include "variants.h"

const struct platform platform_host = {
    .name = "host",
    .summary = "harts are threads, pinned to cores",
    .variants = framelab_variants,
    .harts = {.count = 2, .values = {1, 2}},
    .bench_bytes = UINT64_C(8) << 30,
    .micro_operations = 50000,
    .stress_bytes = UINT64_C(48) << 20,
    .times_boot = true,
    .spare_harts = true,
    .bench = bench_run,
    .micro = micro_run,
    .stress = stress_run,
};

const struct platform platform_qemu = {
    .name = "qemu",
    .summary = "harts of a bare-metal kernel in QEMU: what is counted, and no times",
    .variants = framelab_variants,
    .harts = {.count = 4, .values = {1, 2, 4, 8}},
    .bench_bytes = UINT64_C(4) << 30,
    .bench_requests = 2000, /* what is counted does not become surer by more of it */
    .stress_bytes = UINT64_C(64) << 20,
    .bench_seconds = 600,
    .runs_linux = true,
    .bench_check = qemu_bench_check,
    .bench = qemu_bench_run,
    .stress = qemu_stress_run,
};

const struct platform *const framelab_platforms[] = {&platform_host, &platform_qemu, &platform_sim, NULL};

const struct platform *platform_find(const char *name)
{
    const struct platform *const *platform = framelab_platforms;
    while (*platform != NULL && strcmp((*platform)->name, name) != 0) {
        platform++;
    }
    return *platform;
}
