/* SPDX-License-Identifier: MIT
 * As published by P. Larson and M. Krishnan (Memory allocation for long-running server applications, ISMM 1998), which
 * Hoard and snmalloc are measured with, too:
 *
 *    larson     each hart fills an array of slots; barrier; then again and again it frees what is in a slot chosen at
 *               random, by the seed, and puts a new one there: N pairs a hart, timed. In between, `lives` - 1 times,
 *               its thread ends and a new one begins, with what the allocator keeps for a thread gone
 *               (frame_hart_leave, frame_hart_join; timed), and its array goes to the hart before it, with what is in
 *               it.
 *
 * In the paper each array's thread starts its successor by itself; here all meet before arrays change hands, since a
 * hart that waits for an array has nothing to do. The meetings are not timed. */
#include "random.h"
#include "workload_phase.h"

struct larson_hart {
    _Alignas(CACHE_PAIR) struct random random;
};

/* Slots of an array. */
static uint64_t slots_in(const struct workload *workload)
{
    uint64_t slots = workload->choice.options[0];
    return slots < workload->requests ? slots : workload->requests;
}

/* One life's pairs. *held is how many of the slots are full: all but after a failure. The slot that is empty then comes
 * to be the last one. */
TEMPLATE bool larson_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, uint64_t *held,
                          bool timed, alloc_operation alloc, free_operation free)
{
    struct random *random = &((struct larson_hart *)workload->state)[me - workload->hart].random;
    const uint64_t slot_count = *held, pairs = workload->requests / workload->choice.options[1];
    for (uint64_t i = 0; i < pairs; i++) {
        pfn_t *slot = &slots[random_below(random, slot_count)];
        struct look look = timed ? begin_timed(workload) : (struct look){.start_ns = 0};
        enum frame_status status = free(workload, me, *slot);
        if (timed) {
            end_timed(workload, me, &look, 0, status);
        }
        if (__builtin_expect(status != FRAME_OK, 0)) {
            return note_failure(me, status, i);
        }
        look = timed ? begin_timed(workload) : look;
        status = alloc(workload, me, slot);
        if (timed) {
            end_timed(workload, me, &look, 0, status);
        }
        if (__builtin_expect(status != FRAME_OK, 0)) {
            *slot = slots[--*held];
            return note_failure(me, status, i);
        }
    }
    return true;
}

WORKLOAD_LOOPS(larson)

/* Fills the slots; how many. */
static uint64_t fill(const struct workload *workload, struct workload_hart *me, pfn_t *slots, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        enum frame_status status =
            workload->allocator == NULL ? none_alloc(workload, me, &slots[i]) : run_alloc(workload, me, &slots[i]);
        if (status != FRAME_OK) {
            (void)note_failure(me, status, i);
            return i;
        }
    }
    return count;
}

/* The hart's thread ends, and another begins. Again, as long as others are in the way. */
static bool change_thread(const struct workload *workload, struct workload_hart *me)
{
    struct frame_allocator *allocator = workload->allocator;
    enum frame_status status = FRAME_OK;
    if (allocator == NULL) {
        return true;
    }
    const uint32_t node = frame_hart_node(allocator);
    while ((status = frame_hart_leave(allocator)) == FRAME_CONTENDED) {
        platform_relax();
    }
    while (status == FRAME_OK && (status = frame_hart_join(allocator, node)) == FRAME_CONTENDED) {
        status = FRAME_OK;
        platform_relax();
    }
    return status == FRAME_OK || note_failure(me, status, workload->requests);
}

static void run_larson(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    whole_loop *loop = larson_loops[which_of_each(workload, workload->time_each)];
    const uint64_t lives = workload->choice.options[1], slot_count = slots_in(workload);
    pfn_t *slots = slots_of(workload, hart);
    ((struct larson_hart *)workload->state)[hart].random = random_stream(workload->seed, hart);
    uint64_t held = fill(workload, me, slots, slot_count);
    bool ok = meet(workload, held == slot_count);
    for (uint64_t life = 1; ok && life <= lives; life++) {
        uint64_t start_ns = platform_time_ns();
        ok = loop(workload, me, slots, &held) && (life == lives || change_thread(workload, me));
        me->phase_ns[0] += platform_time_ns() - start_ns;
        ok = meet(workload, ok);
        if (ok && life < lives) {
            slots = slots_of(workload, (uint32_t)((hart + life) % workload->harts));
        }
    }
    give_back(workload, slots, held);
}

/* A multiple of the lives. */
static uint64_t requests_of(const struct workload_shape *shape, const uint64_t *options)
{
    uint64_t cut = workload_at_most(shape->usable_frames / shape->harts_most / 2 / shape->frames, shape);
    return cut > options[1] ? cut - cut % options[1] : cut > 0 ? options[1] : 0;
}

static uint64_t state_bytes(const struct workload *workload)
{
    return workload->harts * sizeof(struct larson_hart);
}

static void tell(const struct workload *workload, workload_print *print)
{
    print(",\"larson\":{\"slots\":%llu,\"lives\":%llu}", (unsigned long long)slots_in(workload),
          (unsigned long long)workload->choice.options[1]);
}

const struct workload_kind larson_workload = {
    .name = "larson",
    .summary = "frees and allocates in slots at random; threads end, their slots go to other harts",
    .phases = {"pair"},
    .options = {{"slots", "Slots a hart, no more than N", 1, 1000000, 1000, false},
                {"lives", "Threads that have a hart one after the other", 1, 1000, 4, false}},
    .run = run_larson,
    .requests = requests_of,
    .state_bytes = state_bytes,
    .tell = tell,
};
