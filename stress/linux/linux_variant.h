/* SPDX-License-Identifier: MIT
 * Linux as a variant: "linux[,knob=value]...", which no build of ours has and which runs in QEMU only. */
#ifndef FRAMELAB_STRESS_LINUX_VARIANT_H
#define FRAMELAB_STRESS_LINUX_VARIANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of `pcp`: as Linux has it. */
#define LINUX_PCP_AUTO UINT64_MAX
#define LINUX_PCP_MOST UINT64_C(1000000)

struct linux_variant {
    uint64_t pcp;      /* pages in the lists of a CPU, at most; 0: each page passes the zone; or LINUX_PCP_AUTO */
    uint64_t fraction; /* vm.percpu_pagelist_high_fraction; 0: as Linux has it */
    bool
        init_on_alloc; /* each page is zeroed as it is handed out, as Debian's kernel has it unless it is told not to */
};

/* What a knob does, for `framelab list`: `name` is NULL behind the last. */
struct linux_knob {
    const char *name, *preset, *bounds, *summary;
};
extern const struct linux_knob linux_knobs[];

/* Whether a SPEC is of Linux; whether it is sound is another question. */
bool linux_variant_is(const char *text);

/* Reads it. False with one line in `why`. */
bool linux_variant_parse(struct linux_variant *variant, const char *text, char *why, size_t why_bytes);

/* Every knob's value as "knob=value,...". */
void linux_variant_format(const struct linux_variant *variant, char *out, size_t out_bytes);

#endif
