/* SPDX-License-Identifier: MIT
 * Linux among the variants of a benchmark in QEMU: a guest a repeat, since what its harts meet is a matter of the boot.
 * See stress/linux/. */
#ifndef FRAMELAB_STRESS_LINUX_BENCH_H
#define FRAMELAB_STRESS_LINUX_BENCH_H

#include "bench.h"
#include "qemu_campaign.h"

struct linux_bench;

/* Whether any variant of the plan is Linux. */
bool linux_bench_wanted(const struct bench_plan *plan);

/* Whether Linux can do on the plan's machine what it asks for. False with one line in `why`. */
bool linux_bench_check(const struct bench_plan *plan, char *why, size_t why_bytes);

/* What all guests have in common. NULL with one line in `why` that says what to do if there is no Linux. */
struct linux_bench *linux_bench_open(const struct bench_plan *plan, char *why, size_t why_bytes);
void linux_bench_close(struct linux_bench *bench);

/* The guest of a variant that is Linux, and of a repeat; `first`: it also measures the harness by itself. Its strings
 * live as long as `bench`. False if out of memory. */
bool linux_bench_guest(struct linux_bench *bench, const struct bench_variant *variant, uint32_t repeat, bool first,
                       struct qemu_campaign_guest *made);

/* For the provenance: an object, a new reference. */
json_t *linux_bench_json(const struct linux_bench *bench);

/* Frames of which N is made for all variants of a plan with Linux, of which nobody has less. */
uint64_t linux_bench_usable(const struct bench_plan *plan);

#endif
