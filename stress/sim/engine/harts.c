/* SPDX-License-Identifier: MIT
 * harness.h for simulated harts: harts are fibres (run.h) and each has a core to itself. Barriers are the
 * simulator's own, without an event: what is measured or explored is the allocator, not the harness. */
#include "harts.h"

#include "frame_limits.h"
#include "model.h"
#include "platform.h"
#include "platform_host.h"
#include "run.h"

uint32_t harts_cores(void)
{
    return HART_MAX;
}

bool harts_provide(uint32_t count)
{
    return platform_host_hart_count_set(count);
}

bool harts_run(uint32_t count, void (*body)(void *context, uint32_t hart), void *context)
{
    if (count > platform_hart_count()) {
        return false;
    }
    if (count > 0 && run_harts(count, body, context) == RUN_STUCK) {
        platform_panic("simulator: the harts wait for one another");
    }
    return true;
}

/* In a struct hart_barrier's storage. */
struct barrier {
    uint32_t count, waiting;
    uint64_t here[HART_MAX / 64]; /* harts that wait */
};
_Static_assert(sizeof(struct barrier) <= sizeof(struct hart_barrier), "a hart barrier holds it");

static struct barrier *barrier_of(struct hart_barrier *barrier)
{
    return (struct barrier *)(void *)barrier->storage;
}

void hart_barrier_init(struct hart_barrier *barrier, uint32_t count)
{
    *barrier_of(barrier) = (struct barrier){.count = count};
}

/* The last to come: it has seen what all others did, then they what it did. */
static void release_all(struct barrier *barrier)
{
    uint32_t me = run_self();
    for (uint32_t hart = 0; hart < HART_MAX; hart++) {
        if (barrier->here[hart / 64] >> hart % 64 & 1) {
            model->wake(me, hart);
        }
    }
    for (uint32_t hart = 0; hart < HART_MAX; hart++) {
        if (barrier->here[hart / 64] >> hart % 64 & 1) {
            barrier->here[hart / 64] &= ~(UINT64_C(1) << hart % 64);
            run_wake(hart);
        }
    }
    barrier->waiting = 0;
}

void hart_barrier_wait(struct hart_barrier *barrier)
{
    struct barrier *sim_barrier = barrier_of(barrier);
    uint32_t me = run_self();
    if (sim_barrier->waiting + 1 == sim_barrier->count) {
        release_all(sim_barrier);
        return;
    }
    sim_barrier->waiting++;
    sim_barrier->here[me / 64] |= UINT64_C(1) << me % 64;
    run_park();
}
