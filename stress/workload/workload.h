/* SPDX-License-Identifier: MIT
 * The workloads.
 *
 * Terms:
 *    request  what one operation allocates or frees: one frame, or a run of `frames`
 *    N        requests of one hart in a phase; if nothing else is said
 *             N = usable frames / most harts of the sweep / 2 / frames of a request, the same for every number of harts
 *    pair     one allocation and one free
 *
 * As published with LLFree (Wrenger et al., USENIX ATC 2023), so that numbers can be compared:
 *
 *    bulk       each hart allocates N; barrier; frees its N in reverse order. Allocations and frees are timed.
 *    rand       as bulk, but in between the allocations of all harts are shuffled across harts, by the seed. Both
 *               timed.
 *    repeat     each hart allocates N; barrier; then N times it allocates one and frees that one. The pairs are timed.
 *
 * As published with McKenney's allocator cache (perfbook, smpalloc.c):
 *
 *    burst      each hart allocates L, then frees these L in the order in which they were allocated, again and again; N
 *               allocations in all, a multiple of L. The pairs are timed. Single frames cannot be in one another's way,
 *               so for these N may be all of memory: usable frames / most harts.
 *
 * Two traces that are hard on caches. Each hart makes N allocations and N frees, always of what it allocated last, and
 * holds nothing before and after. The pairs are timed. Which operation follows another:
 *
 *    adversary  one of the same kind, until one has reached the global allocator; then one of the other kind
 *    walk       one of either kind, at random
 *
 *    An allocation follows where the hart holds nothing; only frees follow when no operations are left for more.
 *
 * Zeroed frames, as page faults need them:
 *
 *    zeroed     as bulk, but each request is for zeroed frames. Between two readings of the clock a hart may have to
 *               zero. Fresh memory holds zeroes and is not written to, so the second pass is the first that writes to
 *               it: on the host only the third pass and those after it have no page faults.
 *
 * Two of single frames in memory that has aged (workload_aged.c):
 *
 *    frag       all harts fill 90 % of memory; a random half of that is freed, across harts. Then rounds: a random
 *               tenth of what is allocated is freed and as much is allocated again. The rounds' operations are timed.
 *               After each round is counted, from what the harness holds and so in the same way for every allocator:
 *               how much of memory is in free whole chunks, and how many frames a compaction would have to move to make
 *               whole chunks of the rest.
 *    fill       all memory is allocated; then, with 99, 90, 50 and 10 % of it allocated and the free frames scattered
 *               at random, each hart allocates N and frees its N, again and again. Timed for each occupancy. N is half
 *               of a hart's share of 1 % of memory, so that every occupancy has the same operations.
 *
 * Two of single frames at the limits (workload_limits.c):
 *
 *    exhaust    in each round all harts allocate N and free their N, both timed, so that their caches are full. Then
 *               one of them, the next one in each round, allocates until it is refused, and frees all that. Counted are
 *               the frames that were free when it was refused: those that it did not get from the others' caches. In a
 *               latency run its operations are among the samples.
 *    stopped    rounds of rand, while one more hart allocates and frees N by itself, not timed. In the middle third of
 *               the rounds this hart is stopped in a section of reclamation. Counted after each round: how much is in
 *               limbo, and how long the round took. Needs a platform that can stop a hart.
 *
 * A hart that disturbs others (workload_limits.c):
 *
 *    refused    repeat, while one more hart, not timed, asks again and again for a run longer than any that can be
 *               free. It is refused each time, after a look with all caches closed for a drain: what such looks cost
 *               the others is what the times of their pairs show.
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

enum workload_kind {
    WORKLOAD_BULK,
    WORKLOAD_RAND,
    WORKLOAD_REPEAT,
    WORKLOAD_FRAG,
    WORKLOAD_FILL,
    WORKLOAD_BURST,
    WORKLOAD_ADVERSARY,
    WORKLOAD_WALK,
    WORKLOAD_EXHAUST,
    WORKLOAD_STOPPED,
    WORKLOAD_ZEROED,
    WORKLOAD_REFUSED,
    WORKLOAD_KIND_COUNT
};

#define WORKLOAD_PHASE_MAX 8u

/* Largest order of a request, as in the origin and in the published figures. */
#define WORKLOAD_ORDER_MOST 10u

/* frag: how much of memory is filled at first, and which part of what is out changes in a round. */
#define FRAG_FILL_PERCENT 90u
#define FRAG_SHARE 10u

/* What one hart brings back; cache lines of its own. */
struct workload_hart {
    _Alignas(CACHE_PAIR) uint64_t phase_ns[WORKLOAD_PHASE_MAX];
    enum frame_status status; /* FRAME_OK, or why operation `failed_at` of its phase failed */
    uint64_t failed_at;
    uint64_t core_ns;           /* of workload.core_turns turns of control_core_ns */
    struct histogram *latency;  /* WORKLOAD_PHASE_MAX of them; added to if workload.time_each */
    struct histogram *outcomes; /* OUTCOME_COUNT of them, likewise; or NULL */
    struct null_allocator null;
};

struct workload {
    enum workload_kind kind;
    struct frame_allocator *allocator; /* NULL: the null allocator */
    uint64_t frames;                   /* a request, at least 1 */
    uint64_t align_bytes;              /* of a request of more than one frame */
    uint64_t requests;                 /* N, a hart */
    uint64_t burst;                    /* L, of burst; N is a multiple */
    uint32_t harts;
    uint64_t seed;       /* of the shuffle */
    bool time_each;      /* latency instead of throughput */
    uint64_t core_turns; /* of control_core_ns, half of them before the phases and half after; or 0 */
    pfn_t *slots;        /* workload_slots(requests, harts, those beside too) */
    /* Of those that age only. */
    struct population *population;
    uint32_t turns;                   /* rounds; fill: times that N are allocated and freed at each occupancy */
    struct population_spread *rounds; /* of frag, after each; or NULL */
    uint64_t *samples;   /* one a round; exhaust: frames that were free when the hart was refused; stopped: limbo */
    uint64_t *rounds_ns; /* stopped, one a round: how long it took */
    /* stopped: holds a hart up where it next stands in a section of reclamation (false: there are none), and lets it go
     * on (false: it never stood in one). */
    bool (*hold)(const struct frame_allocator *allocator, uint32_t hart);
    bool (*let_go)(uint32_t hart);
    bool was_held;
    /* All. */
    struct workload_hart *hart; /* one a hart, those beside too */
    /* Private. */
    struct hart_barrier barrier;
    bool begun; /* refused: the hart beside the others is to begin, and (stopped, too) to end. Atomic, relaxed */
    bool ended;
    bool gave_up; /* some hart's phase failed: the rest only cleans up. Written before a barrier, read after it. */
};

const char *workload_name(enum workload_kind kind);
/* What it does, in a line. */
const char *workload_summary(enum workload_kind kind);
/* False if there is no workload of that name. */
bool workload_find(const char *name, enum workload_kind *kind);
uint32_t workload_phase_count(enum workload_kind kind);
/* "alloc", "free" or "pair"; for fill with the occupancy; for burst without L. */
const char *workload_phase_name(enum workload_kind kind, uint32_t phase);

/* frag, fill, exhaust and stopped: of single frames, on a fresh machine, with a population; one pass, of several turns
 * or rounds. */
bool workload_ages(enum workload_kind kind);
/* Of these, those of rounds: all but fill. */
bool workload_has_rounds(enum workload_kind kind);
/* Harts that take part beyond workload.harts: 1 in stopped and refused. */
uint32_t workload_harts_beside(enum workload_kind kind);
/* Rounds of stopped during which a hart is stopped: from the first to before the second. */
uint32_t workload_stop_round(uint32_t rounds);
uint32_t workload_go_round(uint32_t rounds);

/* N for a sweep of up to `harts_most`; 0 if the memory is too small for even one request a hart. */
uint64_t workload_requests(enum workload_kind kind, uint64_t usable_frames, uint32_t harts_most, uint64_t frames);

/* Of these N no more than asked for with --requests (`most`; 0: no such bound), and of burst (`burst`: L; 0: another
 * workload) whole bursts, one at least; 0 if the memory is too small for one. The same on every platform. */
uint64_t workload_requests_cut(uint64_t requests, uint64_t most, uint64_t burst);

/* Operations a hart that the times of one phase are of. */
uint64_t workload_operations(const struct workload *workload);

/* Slots that `requests` by each of `harts` need: each hart's own begin on a cache line of their own. */
uint64_t workload_slots(uint64_t requests, uint32_t harts);

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
