/* SPDX-License-Identifier: MIT
 * Frames that one hart allocates and another frees: packet buffers, which the core that receives allocates and the core
 * that sends frees (DPDK, mempool and pipeline mode), messages between the threads of a server (Lietar and others:
 * snmalloc, ISMM 2019, "producer/consumer"):
 *
 *    pipe       some harts allocate and put what they got into rings, `batch` at a time; the others take it out, as
 *               many at a time, and free it. N pairs a hart in all, timed from the beginning to when the last frame
 *               is free. One hart alone does both in turn.
 *
 * A ring has one producer and one consumer, and there are as many as the side with more harts has: ring i is of
 * producer i % producers and consumer i % consumers. So it is one to one, many to one, or one to many. `null` is the
 * rings by themselves.
 *
 * The ring is Lamport's, with a copy of the other's index beside one's own, so that the other's line is fetched once
 * for what it has done since, not once a batch. Orders: put() releases `put`, and the acquire in take() is its
 * partner: the slots are written before they are read. take() releases `taken` when all that it took is free, and the
 * acquire in put() is its partner: slots are read before they are written anew. Waiting is bounded by the other
 * side's progress: a hart that fails says so by `ended`, and nobody waits any more. */
#include "workload_phase.h"

#define RING_SLOTS 256u

struct ring {
    struct {
        _Alignas(CACHE_PAIR) uint64_t put; /* the producer writes it */
        uint64_t taken_seen, left;         /* the producer's own: `taken` when it last looked; what is to be put yet */
    } producer;
    struct {
        _Alignas(CACHE_PAIR) uint64_t taken; /* the consumer writes it */
        uint64_t put_seen, left;
    } consumer;
    _Alignas(CACHE_PAIR) pfn_t slots[RING_SLOTS];
};

/* One hart at least allocates, one at least frees. */
static uint32_t producers_of(const struct workload *workload)
{
    uint64_t producers = workload->harts * workload->choice.options[0] / 100;
    uint64_t most = workload->harts > 1 ? workload->harts - 1 : 1;
    return (uint32_t)(producers == 0 ? 1 : producers > most ? most : producers);
}

static uint32_t consumers_of(const struct workload *workload)
{
    return workload->harts > 1 ? workload->harts - producers_of(workload) : 1;
}

static uint32_t rings_of(const struct workload *workload)
{
    uint32_t producers = producers_of(workload), consumers = consumers_of(workload);
    return producers > consumers ? producers : consumers;
}

/* Puts a batch into the ring, or the last of what is to be put; false if there is no room. */
TEMPLATE bool put(const struct workload *workload, struct workload_hart *me, struct ring *ring, bool timed,
                  alloc_operation alloc)
{
    uint64_t batch = workload->choice.options[1];
    uint64_t count = ring->producer.left < batch ? ring->producer.left : batch;
    uint64_t at = ring->producer.put;
    if (RING_SLOTS - (at - ring->producer.taken_seen) < count) {
        ring->producer.taken_seen = __atomic_load_n(&ring->consumer.taken, __ATOMIC_ACQUIRE);
    }
    if (count == 0 || RING_SLOTS - (at - ring->producer.taken_seen) < count) {
        return false;
    }
    for (uint64_t i = 0; i < count && me->status == FRAME_OK; i++) {
        struct look look = timed ? begin_timed(workload) : (struct look){.start_ns = 0};
        enum frame_status status = alloc(workload, me, &ring->slots[at % RING_SLOTS]);
        if (timed) {
            end_timed(workload, me, &look, 0, status);
        }
        if (__builtin_expect(status != FRAME_OK, 0)) {
            (void)note_failure(me, status, at);
        } else {
            at++;
        }
    }
    ring->producer.left -= count;
    __atomic_store_n(&ring->producer.put, at, __ATOMIC_RELEASE);
    return true;
}

/* Frees a batch that it takes out of the ring, or the last that come; false if there is nothing. */
TEMPLATE bool take(const struct workload *workload, struct workload_hart *me, struct ring *ring, bool timed,
                   free_operation free)
{
    uint64_t batch = workload->choice.options[1];
    uint64_t at = ring->consumer.taken;
    if (ring->consumer.put_seen == at && ring->consumer.left > 0) {
        ring->consumer.put_seen = __atomic_load_n(&ring->producer.put, __ATOMIC_ACQUIRE);
    }
    uint64_t there = ring->consumer.put_seen - at;
    uint64_t count = there < batch ? there : batch;
    for (uint64_t i = 0; i < count && me->status == FRAME_OK; i++) {
        struct look look = timed ? begin_timed(workload) : (struct look){.start_ns = 0};
        enum frame_status status = free(workload, me, ring->slots[at % RING_SLOTS]);
        if (timed) {
            end_timed(workload, me, &look, 0, status);
        }
        if (__builtin_expect(status != FRAME_OK, 0)) {
            (void)note_failure(me, status, at);
        } else {
            at++;
        }
    }
    ring->consumer.left -= count;
    __atomic_store_n(&ring->consumer.taken, at, __ATOMIC_RELEASE);
    return count > 0;
}

/* *held is not used: what lies in rings is given back by run_pipe. */
TEMPLATE bool pipe_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, const uint64_t *held,
                        bool timed, alloc_operation alloc, free_operation free)
{
    (void)slots;
    (void)held;
    struct ring *rings = workload->state;
    const uint32_t hart = (uint32_t)(me - workload->hart), producers = producers_of(workload);
    const bool produces = hart < producers, consumes = workload->harts == 1 || !produces;
    const uint32_t first = produces ? hart : hart - producers;
    const uint32_t step = produces ? producers : consumers_of(workload);
    for (;;) {
        bool moved = false;
        uint64_t left = 0;
        for (uint32_t i = first; i < rings_of(workload); i += step) {
            moved |= produces && put(workload, me, &rings[i], timed, alloc);
            moved |= consumes && take(workload, me, &rings[i], timed, free);
            left += consumes ? rings[i].consumer.left : rings[i].producer.left;
        }
        if (left == 0 || me->status != FRAME_OK || __atomic_load_n(&workload->ended, __ATOMIC_RELAXED)) {
            return me->status == FRAME_OK;
        }
        if (!moved) {
            platform_relax();
        }
    }
}

WORKLOAD_LOOPS(pipe)

/* What is left in a ring after a failure, by hart 0, when all have come. */
static void give_back_rings(const struct workload *workload)
{
    struct ring *rings = workload->state;
    for (uint32_t i = 0; i < rings_of(workload); i++) {
        for (uint64_t at = rings[i].consumer.taken; at < rings[i].producer.put; at++) {
            give_back(workload, &rings[i].slots[at % RING_SLOTS], 1);
        }
    }
}

static void run_pipe(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    struct ring *rings = workload->state;
    const uint64_t pairs = workload->requests * workload->harts, count = rings_of(workload);
    for (uint32_t i = 0; hart == 0 && i < count; i++) {
        rings[i].producer.left = rings[i].consumer.left = pairs / count + (i < pairs % count);
    }
    meet(workload, true);
    uint64_t start_ns = platform_time_ns();
    bool ok = pipe_loops[which_of_each(workload, workload->time_each)](workload, me, NULL, NULL);
    if (!ok) {
        __atomic_store_n(&workload->ended, true, __ATOMIC_RELAXED);
    }
    ok = meet(workload, ok);
    me->phase_ns[0] = platform_time_ns() - start_ns;
    if (!ok && hart == 0) {
        give_back_rings(workload);
    }
    meet(workload, true);
}

static uint64_t state_bytes(const struct workload *workload)
{
    return rings_of(workload) * sizeof(struct ring);
}

static void tell(const struct workload *workload, workload_print *print)
{
    print(",\"pipe\":{\"producers\":%lu,\"consumers\":%lu,\"batch\":%llu}", (unsigned long)producers_of(workload),
          (unsigned long)consumers_of(workload), (unsigned long long)workload->choice.options[1]);
}

const struct workload_kind pipe_workload = {
    .name = "pipe",
    .summary = "some harts allocate, others free what they get from those through rings",
    .phases = {"pair producers=#%"},
    .options = {{"producers", "Percent of the harts that allocate: 0 one, 100 all but one", 0, 100, 50, true},
                {"batch", "Frames that go through a ring at once", 1, RING_SLOTS, 32, false}},
    .run = run_pipe,
    .state_bytes = state_bytes,
    .tell = tell,
};
