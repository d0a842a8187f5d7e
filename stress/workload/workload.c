/* SPDX-License-Identifier: MIT
 * The table of workloads, and how one is run. See workload.h. */
#include "workload.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "platform.h"

/* Declares them and makes their list: by the Makefile, from the files in which they are. */
#ifndef WORKLOADS
#define WORKLOADS
#endif

const struct workload_kind *const workload_kinds[] = {WORKLOADS NULL};

const struct workload_kind *workload_find(const char *name)
{
    const struct workload_kind *const *kind = workload_kinds;
    while (*kind != NULL && strcmp((*kind)->name, name) != 0) {
        kind++;
    }
    return *kind;
}

bool workload_parse(struct workload_choice *choice, const char *text, size_t length)
{
    char words[WORKLOAD_TEXT_BYTES], *rest = words;
    (void)snprintf(words, sizeof words, "%.*s", (int)length, text);
    *choice = (struct workload_choice){.kind = workload_find(strsep(&rest, ":"))};
    for (uint32_t i = 0; choice->kind != NULL && i < WORKLOAD_OPTION_MAX && choice->kind->options[i].name != NULL;
         i++) {
        const struct workload_option *option = &choice->kind->options[i];
        const char *word = strsep(&rest, ":");
        choice->options[i] = option->preset;
        if (word != NULL && (!option_number(word, &choice->options[i]) || choice->options[i] < option->least ||
                             choice->options[i] > option->most)) {
            return false;
        }
    }
    return choice->kind != NULL && rest == NULL;
}

uint32_t workload_phase_count(const struct workload_kind *kind)
{
    uint32_t count = 0;
    while (count < WORKLOAD_PHASE_MAX && kind->phases[count] != NULL) {
        count++;
    }
    return count;
}

const char *workload_phase_name(const struct workload_choice *choice, uint32_t phase, char name[WORKLOAD_TEXT_BYTES])
{
    const uint64_t *option = choice->options;
    size_t at = 0;
    for (const char *from = choice->kind->phases[phase]; *from != '\0' && at < WORKLOAD_TEXT_BYTES; from++) {
        char text[24] = {*from};
        if (*from == '#') {
            (void)snprintf(text, sizeof text, "%llu", (unsigned long long)*option++);
        }
        at += (size_t)snprintf(name + at, WORKLOAD_TEXT_BYTES - at, "%s", text);
    }
    return name;
}

void workload_tell(const struct workload *workload, workload_print *print)
{
    const struct workload_kind *kind = workload->choice.kind;
    for (uint32_t i = 0; i < WORKLOAD_OPTION_MAX; i++) {
        if (kind->options[i].sweeps) {
            print(",\"%s\":%llu", kind->options[i].name, (unsigned long long)workload->choice.options[i]);
        }
    }
    if (kind->tell != NULL) {
        kind->tell(workload, print);
    }
}

uint64_t workload_requests(const struct workload_choice *choice, const struct workload_shape *shape)
{
    if (choice->kind->requests != NULL) {
        return choice->kind->requests(shape, choice->options);
    }
    return workload_at_most(shape->usable_frames / shape->harts_most / 2 / shape->frames, shape);
}

uint64_t workload_operations(const struct workload *workload)
{
    return workload->requests * workload->turns;
}

uint64_t workload_state_bytes(const struct workload *workload)
{
    const struct workload_kind *kind = workload->choice.kind;
    return kind->state_bytes != NULL ? kind->state_bytes(workload) : 0;
}

/* ---- a run ---- */

static void run_hart(void *context, uint32_t hart)
{
    struct workload *workload = context;
    struct workload_hart *me = &workload->hart[hart];
    const uint64_t half = workload->core_turns / 2;
    me->core_ns = half > 0 ? control_core_ns(half) : 0;
    workload->run(workload, hart);
    me->core_ns += half > 0 ? control_core_ns(half) : 0;
}

bool workload_run(struct workload *workload)
{
    const struct workload_kind *kind = workload->choice.kind;
    uint32_t harts = workload->harts + kind->harts_beside;
    for (uint32_t i = 0; i < harts; i++) {
        struct workload_hart *hart = &workload->hart[i];
        hart->status = FRAME_OK;
        hart->failed_at = 0;
        hart->meetings = 0;
        memset(hart->phase_ns, 0, sizeof hart->phase_ns);
        hart->null = (struct null_allocator){.next = i * workload->requests * workload->frames};
    }
    workload->run = kind->run;
    workload->zeroed = kind->zeroed;
    workload->gave_up = 0;
    workload->begun = false;
    workload->ended = false;
    if (kind->ages) {
        workload->population->count = 0;
    }
    if (kind->state_bytes != NULL) {
        memset(workload->state, 0, kind->state_bytes(workload));
    }
    hart_barrier_init(&workload->barrier, workload->harts);
    return harts_run(harts, run_hart, workload);
}

const struct workload_hart *workload_failure(const struct workload *workload)
{
    for (uint32_t i = 0; i < workload->harts + workload->choice.kind->harts_beside; i++) {
        if (workload->hart[i].status != FRAME_OK) {
            return &workload->hart[i];
        }
    }
    return NULL;
}

/* ---- the controls ---- */

/* Long against a reading of the clock, short against a slice of the scheduler. */
#define CAS_SLICE UINT64_C(20000)

static uint64_t cas_slice_ns(uint64_t operations)
{
    _Alignas(CACHE_PAIR) _Atomic uint64_t word = 0;
    uint64_t seen = 0;
    uint64_t start_ns = platform_time_ns();
    for (uint64_t i = 0; i < operations; i++) {
        /* What the next one expects is what this one found, so none can begin before the last has ended. */
        uint64_t found = seen;
        bool swapped = atomic_compare_exchange_strong_explicit(&word, &found, seen + 1, memory_order_acq_rel,
                                                               memory_order_acquire);
        seen = found + swapped;
    }
    uint64_t taken_ns = platform_time_ns() - start_ns;
    FRAME_ASSERT(seen == operations);
    return taken_ns;
}

uint64_t control_cas_ns(uint64_t operations)
{
    uint64_t slices = operations > CAS_SLICE ? operations / CAS_SLICE : 1;
    uint64_t best_ns = UINT64_MAX;
    for (uint64_t i = 0; i < slices; i++) {
        uint64_t taken_ns = cas_slice_ns(operations / slices);
        best_ns = taken_ns < best_ns ? taken_ns : best_ns;
    }
    return best_ns * slices;
}

uint64_t control_core_ns(uint64_t turns)
{
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6; /* six chains: more than a core can do at once */
    uint64_t start_ns = platform_time_ns();
    for (uint64_t i = 0; i < turns; i++) {
        a += i;
        b ^= i;
        c -= i;
        d += 3;
        e ^= 5;
        f -= 7;
        /* Nothing is known of them to the compiler, so that it can leave no turn out. */
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
    }
    return platform_time_ns() - start_ns;
}
