/* SPDX-License-Identifier: MIT
 * What a workload is, and how one is run.
 *
 * A workload is one struct workload_kind, defined in a file of this folder, or in a file of the user's own (make
 * OWN_WORKLOAD=FILE), by a line that begins with `const struct workload_kind NAME_workload = {`. The build finds it by
 * that line; the command, the records, the simulator and the kernel for QEMU have it from there, and no other file
 * names it. What phases are made of is in workload_phase.h.
 *
 * Terms:
 *    request  what one operation allocates or frees: one frame, or a run of `frames`
 *    N        requests of one hart in a phase; if nothing else is said
 *             N = usable frames / most harts of the sweep / 2 / frames of a request, the same for every number of harts
 *    pair     one allocation and one free
 *
 * Each hart times its own share from the barrier on, with two readings of the clock for a phase. Latency is measured in
 * a run of its own that reads the clock around every operation: the clock's own cost is in every sample, and the
 * latency of the control `null` is that cost.
 *
 * Nothing here allocates memory for itself, prints or knows of threads: memory comes from the caller, harts from
 * harness.h. */
#ifndef FRAMELAB_STRESS_WORKLOAD_H
#define FRAMELAB_STRESS_WORKLOAD_H

#include "frame_allocator.h"
#include "harness.h"
#include "histogram.h"
#include "null_allocator.h"
#include "outcome.h"
#include "population.h"

#define WORKLOAD_PHASE_MAX 8u
#define WORKLOAD_OPTION_MAX 4u

/* Largest order of a request, as in the origin and in the published figures. */
#define WORKLOAD_ORDER_MOST 10u

struct workload;

/* A number of a workload's own: --NAME of `framelab bench`. Workloads may have options of the same name. */
struct workload_option {
    const char *name, *summary;
    uint64_t least, most, preset;
    /* It may be a list, of which each value makes rows of their own: their records have the value under NAME, and the
     * names of the workload's phases have it in place of a #. Else it is one number. */
    bool sweeps;
};

/* How much is to be done, as far as N depends on it. */
struct workload_shape {
    uint64_t usable_frames, frames; /* of the allocator, of a request */
    uint64_t requests_most;         /* as asked for with --requests; 0: as many as there are */
    uint32_t harts, harts_most;     /* of the row, of the sweep */
};

/* Prints to where a record is written, as printf does. */
typedef void workload_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct workload_kind {
    const char *name, *summary;                          /* what it does, in a line */
    const char *phases[WORKLOAD_PHASE_MAX];              /* names of what is timed, as records have them */
    struct workload_option options[WORKLOAD_OPTION_MAX]; /* those that sweep first */

    /* The whole of one hart's part; the harts meet by meet(). Phases' times go to workload->hart[hart].phase_ns. */
    void (*run)(struct workload *workload, uint32_t hart);

    /* Any of these may be missing. */
    uint64_t (*requests)(const struct workload_shape *shape, const uint64_t *options); /* N; 0: too little memory */
    /* Bytes of workload->state, more for more harts, requests and turns: all that the harts share beyond struct
     * workload. Zeroed before each run. */
    uint64_t (*state_bytes)(const struct workload *workload);
    /* After a run: keys of its records that are its own, as JSON, each with a comma before it. Their values are arrays
     * or objects: what is a number by itself is an option to whoever reads it. */
    void (*tell)(const struct workload *workload, workload_print *print);

    uint32_t harts_beside; /* that take part beyond workload.harts, at no barrier and not timed */
    /* Of single frames, on a fresh machine, with a population; one pass, of several turns. Not for the kernel in QEMU,
     * as little as harts beside. */
    bool ages;
    bool rounds;     /* its turns are rounds: as many as its first option says */
    bool no_latency; /* what it tells of its rounds is to be of the run that is timed */
    bool stops;      /* it stops harts by workload.hold: needs a platform that can */
    bool zeroed;     /* it asks for zeroed frames */
    bool single;     /* of single frames, as are those that age */
    bool refcounts;  /* it takes references: needs a build that has them */
};

/* A workload with values of its options. */
struct workload_choice {
    const struct workload_kind *kind;
    uint64_t options[WORKLOAD_OPTION_MAX];
};

/* What one hart brings back; cache lines of its own. */
struct workload_hart {
    _Alignas(CACHE_PAIR) uint64_t phase_ns[WORKLOAD_PHASE_MAX];
    enum frame_status status; /* FRAME_OK, or why operation `failed_at` of its phase failed */
    uint64_t failed_at;
    uint32_t meetings;          /* that it has come to, in this run */
    uint64_t core_ns;           /* of workload.core_turns turns of control_core_ns */
    struct histogram *latency;  /* WORKLOAD_PHASE_MAX of them; added to if workload.time_each */
    struct histogram *outcomes; /* OUTCOME_COUNT of them, likewise; or NULL */
    struct null_allocator null;
};

/* One run. Harts read what stands before the barrier, and write what stands behind it. */
struct workload {
    void (*run)(struct workload *workload, uint32_t hart); /* private, as is zeroed: the kind's */
    struct frame_allocator *allocator;                     /* NULL: the null allocator */
    uint64_t frames;                                       /* a request, at least 1 */
    uint64_t align_bytes;                                  /* of a request of more than one frame */
    uint64_t requests;                                     /* N, a hart */
    uint32_t harts;
    bool zeroed;
    struct workload_choice choice;
    uint64_t seed;                 /* of what is random */
    bool time_each;                /* latency instead of throughput */
    uint32_t turns;                /* of those that age or have rounds: how often; else 1 */
    uint64_t core_turns;           /* of control_core_ns, half of them before the phases and half after; or 0 */
    pfn_t *slots;                  /* workload_slots(requests, harts, those beside too) */
    struct population *population; /* of those that age */
    void *state;                   /* workload_state_bytes, aligned to CACHE_PAIR */
    /* Of those that stop: holds a hart up where it next stands in a section of reclamation (false: there are none), and
     * lets it go on (false: it never stood in one). */
    bool (*hold)(const struct frame_allocator *allocator, uint32_t hart);
    bool (*let_go)(uint32_t hart);
    struct workload_hart *hart; /* one a hart, those beside too */
    /* Private. */
    struct hart_barrier barrier;
    bool begun; /* the harts beside are to begin, and to end. Atomic, relaxed */
    bool ended;
    uint32_t gave_up; /* the meeting before which some hart's phase failed: the rest only cleans up; or 0. Atomic */
};

/* All workloads there are, ours and the user's, by name; ends with NULL. */
extern const struct workload_kind *const workload_kinds[];

/* The workload of that name, or NULL. */
const struct workload_kind *workload_find(const char *name);

/* Bytes of a choice as a text and of a phase's name, at most. */
#define WORKLOAD_TEXT_BYTES 64u

/* Reads "burst:7": a name, and its options in their order, of which the last may be missing. Ends at `length`. False if
 * there is no such workload, or if an option is not what it may be. */
bool workload_parse(struct workload_choice *choice, const char *text, size_t length);

uint32_t workload_phase_count(const struct workload_kind *kind);
/* "alloc", "free" or "pair"; "of 7" for the phase "of #". Returns `name`. */
const char *workload_phase_name(const struct workload_choice *choice, uint32_t phase, char name[WORKLOAD_TEXT_BYTES]);

/* The keys of a record that are the workload's own, each with a comma before it: options that sweep, and what `tell`
 * says. After a run. */
void workload_tell(const struct workload *workload, workload_print *print);

/* N; 0 if the memory is too small for even one request a hart. The same on every platform. */
uint64_t workload_requests(const struct workload_choice *choice, const struct workload_shape *shape);

/* No more than asked for with --requests. */
static inline uint64_t workload_at_most(uint64_t requests, const struct workload_shape *shape)
{
    return shape->requests_most != 0 && requests > shape->requests_most ? shape->requests_most : requests;
}

/* Operations a hart that the times of one phase are of. */
uint64_t workload_operations(const struct workload *workload);

/* Slots that `requests` by each of `harts` need: each hart's own begin on a cache line of their own. */
uint64_t workload_slots(uint64_t requests, uint32_t harts);

uint64_t workload_state_bytes(const struct workload *workload);

/* Runs it; the results are in workload->hart[]. False if the harts cannot be started. */
bool workload_run(struct workload *workload);

/* The first hart whose phase failed, or NULL if all went well. */
const struct workload_hart *workload_failure(const struct workload *workload);

/* The CAS unit: nanoseconds that `operations` uncontended compare-and-swaps on one L1-hot line take, each waiting for
 * the one before; as many times the best of slices that are short against those of a scheduler, so that whoever takes
 * the core for a while does not change the unit. Called on a hart. */
uint64_t control_cas_ns(uint64_t operations);

/* Whether a hart has a core to itself: nanoseconds of `turns` of a loop that keeps a core's arithmetic units busy. Who
 * shares them, another hart or, on a virtual machine, interference from the other hardware thread, sees it take up to
 * twice as long, while a compare-and-swap, which mostly waits, takes no longer. */
uint64_t control_core_ns(uint64_t turns);

#endif
