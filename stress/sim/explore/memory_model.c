/* SPDX-License-Identifier: MIT
 * Weakly ordered memory, multi-copy atomic as that of ARMv8 and of RISC-V: a store becomes visible to all other harts
 * at one moment. In the code a visible store is "known".
 *
 * Terms:
 *    granule    8 bytes, aligned; old values are kept for each granule (shadow.h)
 *    stamp      the number of the moment at which a store became visible; stamps ascend
 *    buffer     a hart's stores that are not visible yet; only the hart itself loads from it
 *    floor      of a hart, a stamp: no later load of this hart returns a value that was already replaced at that moment
 *    `ordered`  of a hart, the stamp of its last sequentially consistent store or read-modify-write
 *    profile    the machine that is modelled: RMO (points 1 to 5), TSO (6), SC (7) or RCPC (8)
 *
 * 1. Store. It waits in its hart's buffer until a moment that is drawn from the seed. Stores become visible in any
 *    order, except that stores to one granule keep their order, and that stores before a store-store fence become
 *    visible before those after it. A store waits for WAIT_EVENTS events at most, because loops that wait for another
 *    hart give up after a number of turns. A store to the hart's own stack does not wait.
 * 2. Load. It returns the value that was the newest one at some moment, which is drawn from the seed. That moment is
 *    not before the hart's floor, and not before the newest value of this granule that the hart has loaded or stored.
 *    Address dependency: a load close behind an address that the hart loaded returns no value that was already replaced
 *    at the stamp of that address.
 * 3. Fence. A load-load fence raises the floor, for each load before it, to the earliest moment at which that load can
 *    have been made. A store-load fence makes all stores in the buffer visible and raises the floor to the present
 *    moment.
 * 4. Read-modify-write. First the stores in the buffer that must come before it become visible. Then it finds the
 *    newest value, and what it stores is visible at once.
 * 5. Plain access. The program itself makes it, so a plain store is visible at once and a plain load returns the newest
 *    value. Whether plain accesses are ordered is judged by races.c.
 * 6. TSO. Every load is an acquire, every store a release, every read-modify-write sequentially consistent. The only
 *    pair of accesses that may be reordered is a store that is not sequentially consistent and a later load.
 * 7. SC. Every store is visible at once, every load returns the newest value.
 * 8. RCPC differs from RMO in sequentially consistent accesses and in read-modify-writes; fences are the same. In RMO
 *    a read-modify-write is one step, a sequentially consistent store or read-modify-write is a full fence, too, and a
 *    sequentially consistent load returns the newest value and raises the floor to the present moment. In RCPC both are
 *    ordered as C11 requires and no more than that (C11, 7.17.3; Lahav et al., "Repairing sequential consistency in
 *    C/C++11", PLDI 2017), as far as multi-copy atomic memory can show it. Such machines are:
 *    - AArch64 (Arm Architecture Reference Manual, B2.3, "barrier-ordered-before") with ldar and stlr for sequentially
 *      consistent loads and stores, ldapr (RCpc) for acquire loads, and ldaxr and stlxr for the two halves of a
 *      read-modify-write;
 *    - RISC-V with a fence before each sequentially consistent load and none after a sequentially consistent store.
 *
 * The rules of RCPC:
 *
 * 9. A sequentially consistent store is a release that waits in the buffer like any other, so a later load of its hart
 *    may come before it.
 * 10. A sequentially consistent load first makes the sequentially consistent stores in its hart's buffer visible, and
 *    is of no moment before `ordered`. So the moments of all sequentially consistent accesses, each hart's in program
 *    order, are the single total order that C11 requires. The load may come before earlier loads of its hart that do
 *    not acquire, and before earlier stores that are not sequentially consistent.
 * 11. A read-modify-write is a load and then a store that waits. Later loads and stores of its hart may come before the
 *    store; they do not come before the load if that acquires. No other hart's store comes between the two halves: a
 *    store of another hart that is about to become visible makes the waiting half visible first. In the total order of
 *    point 10 a read-modify-write stands where its store becomes visible.
 * 12. If an acquire load of the same hart reads what a waiting read-modify-write stored, this becomes visible first,
 *    because a read-modify-write passes on what another hart released.
 * 13. A compare-and-swap that fails is a load with the order given for failure: it may have found an old value.
 * 14. Allowed here and not on Arm:
 *    - a release store and a later sequentially consistent load are reordered, as on x86;
 *    - after a sequentially consistent store and a sequentially consistent load of another granule, a weaker load
 *      comes before the store: `ordered` is a bound for sequentially consistent loads only.
 * 15. Allowed by C11 and not here: what needs memory that is not multi-copy atomic (IRIW with acquires, as on Power),
 *    or a machine on which other harts see a release before earlier stores of the same hart (2+2W with releases).
 *
 * Not modelled: a load that returns a store which its own hart makes later (load buffering), since no store becomes
 * visible before it is made; plain loads of old values; values older than the SHADOW_VALUES newest of a granule. */
#include "memory_model.h"

#include <string.h>

#include "choices.h"
#include "races.h"
#include "random.h"
#include "run.h"
#include "shadow.h"

#define BUFFER_STORES 8u
/* Events that one waits at most: far more than what harts do in a loop, far fewer than they wait for one another. */
#define WAIT_EVENTS 256u
#define POINTERS 4u
#define DEPENDENT_BYTES 512u

struct waiting_store {
    struct event event;
    struct message message;
    uint64_t step;
    uint64_t since; /* tick */
    uint64_t group; /* one group after the other */
    bool is_half;   /* of a read-modify-write: nobody's store comes between the two */
};

struct memory_hart {
    struct waiting_store buffer[BUFFER_STORES]; /* oldest first */
    uint32_t waiting;
    uint64_t group;   /* of the stores from now on */
    uint64_t floor;   /* no load is of a moment before this */
    uint64_t pending; /* what the next load-load fence raises it to */
    uint64_t ordered; /* when its last sequentially consistent store became known */
    struct {
        uintptr_t value;
        uint64_t stamp;
    } pointers[POINTERS];
    uint32_t next_pointer;
};

static struct {
    struct memory_hart harts[EXPLORE_HARTS_MAX];
    uint32_t count;
    enum explore_profile profile;
    bool chosen;
    struct random random;
    uint64_t now;   /* the newest stamp */
    uint64_t ticks; /* events at which some store waited */
    uint64_t drain_one_in, stale_one_in;
    struct memory_counts counts;
} memory;

uint32_t memory_model_waiting;

void memory_model_begin(uint32_t harts, enum explore_profile profile, uint64_t seed, bool chosen)
{
    memory.chosen = chosen;
    for (uint32_t i = 0; i < harts; i++) {
        memory.harts[i].waiting = 0;
        memory.harts[i].group = 0;
        memory.harts[i].floor = 0;
        memory.harts[i].pending = 0;
        memory.harts[i].ordered = 0;
        memset(memory.harts[i].pointers, 0, sizeof memory.harts[i].pointers);
    }
    memory.count = harts;
    memory.profile = profile;
    memory.random = random_stream(seed, 2);
    memory.now = 0;
    memory.ticks = 0;
    memory_model_waiting = 0;
    memory.counts = (struct memory_counts){0};
    /* Some executions reorder nearly everything, some hardly anything: different bugs need different ones. */
    memory.drain_one_in = UINT64_C(1) << random_between(&memory.random, 0, 5);
    memory.stale_one_in = UINT64_C(1) << random_between(&memory.random, 1, 4);
}

const struct memory_counts *memory_model_counts(void)
{
    return &memory.counts;
}

/* ---- profiles ---- */

static bool is_weak(void)
{
    return memory.profile == EXPLORE_RMO || memory.profile == EXPLORE_RCPC;
}

static bool is_sequential(uint8_t order)
{
    return (order & ORDER_STORE_LOAD) != 0;
}

/* Of an access: whether it is a fence for all others, too. */
static bool is_fence(uint8_t order)
{
    return is_sequential(order) && memory.profile != EXPLORE_RCPC;
}

/* ---- granules ---- */

static uint64_t max_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The bytes of an event that lie in the granule at `address`, a bit each. */
static uint8_t bytes_in(const struct event *event, uintptr_t address)
{
    uintptr_t first = event->address > address ? event->address : address;
    uintptr_t end = event->address + event->size;
    end = end < address + GRANULE_BYTES ? end : address + GRANULE_BYTES;
    return (uint8_t)(((1u << (end - first)) - 1) << (first - address));
}

static uintptr_t granule_of(uintptr_t address)
{
    return address & ~(uintptr_t)(GRANULE_BYTES - 1);
}

/* `at` names a variable. NOLINTBEGIN(bugprone-macro-parentheses) */
#define FOR_GRANULES(at, event)                                                                                        \
    for (uintptr_t at = granule_of((event)->address); at < (event)->address + (event)->size; at += GRANULE_BYTES)
/* NOLINTEND(bugprone-macro-parentheses) */

static bool overlap(const struct event *a, const struct event *b)
{
    return granule_of(a->address) < b->address + b->size && granule_of(b->address) < a->address + a->size;
}

/* ---- stores become known ---- */

/* The value is new, the halves that were not written say what they said before. */
static void note_messages(struct granule *granule, uint8_t bytes, const struct message *message)
{
    static const struct message nothing;
    const struct shadow_value *value = shadow_value(granule, 0), *older = shadow_value(granule, 1);
    for (uint32_t half = 0; half < 2; half++) {
        uint8_t written = bytes >> half * 4 & 0xf;
        struct message *now = shadow_message(granule, value, half);
        const struct message *before = shadow_message(granule, older, half);
        before = before != NULL ? before : &nothing;
        *now = written != 0 ? *message : *before;
        if (written != 0 && written != 0xf) {
            races_pass_on(now, before);
        }
    }
}

/* What a load of these bytes is told: NULL if nothing, else perhaps in `room`. */
static const struct message *message_of(struct granule *granule, const struct shadow_value *value, uint8_t bytes,
                                        struct message *room)
{
    const struct message *message = shadow_message(granule, value, (bytes & 0xf) == 0);
    if (message == NULL || (bytes & 0xf) == 0 || bytes >> 4 == 0) {
        return message;
    }
    *room = *message;
    races_pass_on(room, shadow_message(granule, value, 1));
    return room;
}

static void note_value(uint32_t hart, const struct event *event, uint64_t step, const struct message *message)
{
    memory.now++;
    FOR_GRANULES(at, event)
    {
        struct granule *granule = shadow_granule(at);
        memcpy(&shadow_value(granule, 0)->value, (const void *)at, GRANULE_BYTES); /* with the plain stores since */
        struct shadow_value *value = shadow_push(granule, memory.now);
        value->writer = hart;
        value->step = step;
        note_messages(granule, bytes_in(event, at), message);
        granule->seen[hart] = memory.now;
    }
}

static void publish(uint32_t hart, const struct event *event, uint64_t step, const struct message *message)
{
    note_value(hart, event, step, message);
    if (is_sequential(event->order)) {
        memory.harts[hart].ordered = memory.now;
    }
    const struct event look = {.kind = EVENT_LOAD, .size = event->size, .address = event->address};
    value_t before = model_apply(&look);
    (void)model_apply(event);
    memory.counts.changes += model_apply(&look) != before;
}

static struct waiting_store take_out(uint32_t hart, uint32_t i)
{
    struct memory_hart *me = &memory.harts[hart];
    const struct waiting_store store = me->buffer[i];
    me->waiting--;
    memory_model_waiting--;
    memmove(&me->buffer[i], &me->buffer[i + 1], (me->waiting - i) * sizeof me->buffer[0]);
    return store;
}

/* Where another hart's read-modify-write of these bytes is half done, it ends now. It may: when it was made, what comes
 * before it was known, and nobody else's was half done. */
static void end_halves(uint32_t hart, const struct event *event)
{
    for (uint32_t other = 0; other < memory.count; other++) {
        struct memory_hart *them = &memory.harts[other];
        for (uint32_t i = 0; other != hart && i < them->waiting; i++) {
            if (them->buffer[i].is_half && overlap(&them->buffer[i].event, event)) {
                const struct waiting_store half = take_out(other, i--);
                publish(other, &half.event, half.step, &half.message);
            }
        }
    }
}

static void make_known(uint32_t hart, const struct event *event, uint64_t step, const struct message *message)
{
    end_halves(hart, event);
    publish(hart, event, step, message);
}

static bool may_go(const struct memory_hart *me, uint32_t i)
{
    for (uint32_t earlier = 0; earlier < i; earlier++) {
        if (me->buffer[earlier].group < me->buffer[i].group ||
            overlap(&me->buffer[earlier].event, &me->buffer[i].event)) {
            return false;
        }
    }
    return true;
}

static void let_go(uint32_t hart, uint32_t i)
{
    const struct waiting_store store = take_out(hart, i);
    make_known(hart, &store.event, store.step, &store.message);
}

void memory_model_drain(uint32_t hart)
{
    while (memory.harts[hart].waiting > 0) {
        let_go(hart, 0);
    }
}

/* Those of these bytes, and, for a store of the current group, all of earlier groups. */
static void drain_before(uint32_t hart, const struct event *event, bool store)
{
    struct memory_hart *me = &memory.harts[hart];
    for (uint32_t i = me->waiting; i-- > 0;) {
        if ((store && me->buffer[i].group < me->group) || overlap(&me->buffer[i].event, event)) {
            for (uint32_t n = 0; n <= i; n++) { /* and what came before it: simpler, and allowed */
                let_go(hart, 0);
            }
            return;
        }
    }
}

/* For an access of that order: sequentially consistent ones come one after the other. */
static void drain_ordered(uint32_t hart, uint8_t order)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < memory.harts[hart].waiting && is_sequential(order); i++) {
        count = is_sequential(memory.harts[hart].buffer[i].event.order) ? i + 1 : count;
    }
    while (count-- > 0) { /* and what came before them */
        let_go(hart, 0);
    }
}

/* One that has waited long enough. */
static bool let_oldest_go(void)
{
    for (uint32_t hart = 0; hart < memory.count; hart++) {
        const struct memory_hart *them = &memory.harts[hart];
        if (them->waiting > 0 && memory.ticks - them->buffer[0].since > WAIT_EVENTS) {
            let_go(hart, 0);
            return true;
        }
    }
    return false;
}

void memory_model_tick_waiting(void)
{
    if (memory.chosen) {
        return;
    }
    memory.ticks++;
    if (let_oldest_go()) {
        return;
    }
    if (!random_one_in(&memory.random, memory.drain_one_in)) {
        return;
    }
    uint32_t hart = (uint32_t)random_below(&memory.random, memory.count);
    while (memory.harts[hart].waiting == 0) {
        hart = (hart + 1) % memory.count;
    }
    uint32_t i = (uint32_t)random_below(&memory.random, memory.harts[hart].waiting);
    let_go(hart, may_go(&memory.harts[hart], i) ? i : 0);
}

/* The i-th store that waits and may go, counted over all harts; false if there are not so many. */
static bool find_waiting(uint32_t i, uint32_t *hart, uint32_t *at)
{
    for (*hart = 0; *hart < memory.count; (*hart)++) {
        for (*at = 0; *at < memory.harts[*hart].waiting; (*at)++) {
            if (may_go(&memory.harts[*hart], *at) && i-- == 0) {
                return true;
            }
        }
    }
    return false;
}

void memory_model_choose_visible(void)
{
    uint32_t hart, at, chosen = 1;
    while (memory_model_waiting > 0 && chosen > 0) {
        uint32_t count = 0;
        while (find_waiting(count, &hart, &at)) {
            count++;
        }
        chosen = choices_value(count + 1, CHOICE_FREE);
        if (chosen > 0 && find_waiting(chosen - 1, &hart, &at)) {
            let_go(hart, at);
        }
    }
}

/* ---- stores ---- */

/* Where what may be is chosen: whether this store waits. */
static bool may_wait(const struct event *event)
{
    return !memory.chosen || (choices_in_conflict(event) && choices_value(2, CHOICE_WEAK) == 1);
}

static void wait_in_buffer(uint32_t hart, const struct waiting_store *store)
{
    struct memory_hart *me = &memory.harts[hart];
    if (me->waiting == BUFFER_STORES) {
        let_go(hart, 0);
    }
    me->buffer[me->waiting] = *store;
    me->buffer[me->waiting++].since = memory.ticks;
    memory_model_waiting++;
    memory.counts.delayed_stores++;
}

static void store(uint32_t hart, const struct event *event, uint64_t step)
{
    struct memory_hart *me = &memory.harts[hart];
    uint8_t order = is_weak() ? event->order : event->order | ORDER_RELEASE;
    struct message message;
    races_confirm(hart);
    FOR_GRANULES(at, event)
    {
        races_atomic_write(hart, shadow_granule(at), bytes_in(event, at), event->place);
    }
    races_message(hart, order, &message);
    me->group += (order & ORDER_STORE_STORE) != 0;
    if (memory.profile == EXPLORE_SC || is_fence(order)) {
        memory_model_drain(hart);
        make_known(hart, event, step, &message);
        me->floor = memory.now;
        return;
    }
    if (run_on_own_stack(event->address) ||
        !may_wait(event)) { /* the function may be gone before the store would be known */
        drain_before(hart, event, true);
        make_known(hart, event, step, &message);
        return;
    }
    const struct waiting_store waiting = {.event = *event, .message = message, .step = step, .group = me->group};
    wait_in_buffer(hart, &waiting);
}

/* ---- loads ---- */

/* The youngest store of its own that the hart can load from; NULL if none, after draining what covers the load in part
 * only, and the half of a read-modify-write if the load acquires: for that may carry what another hart released. */
static const struct waiting_store *forward(uint32_t hart, const struct event *event)
{
    const struct memory_hart *me = &memory.harts[hart];
    for (uint32_t i = me->waiting; i-- > 0;) {
        const struct event *mine = &me->buffer[i].event;
        bool meets = mine->address < event->address + event->size && event->address < mine->address + mine->size;
        bool covers = mine->address <= event->address && event->address + event->size <= mine->address + mine->size;
        if (covers && !(me->buffer[i].is_half && (event->order & ORDER_ACQUIRE) != 0)) {
            return &me->buffer[i];
        }
        if (meets) {
            for (uint32_t n = 0; n <= i; n++) {
                let_go(hart, 0);
            }
            return NULL;
        }
    }
    return NULL;
}

/* No load of that address is of a moment before this ... */
static uint64_t bound_of(const struct memory_hart *me, const struct event *event)
{
    uint64_t bound = me->floor;
    for (uint32_t i = 0; i < POINTERS; i++) {
        if (me->pointers[i].value != 0 && event->address - me->pointers[i].value < DEPENDENT_BYTES) {
            bound = max_of(bound, me->pointers[i].stamp);
        }
    }
    return is_fence(event->order) ? memory.now : bound;
}

/* ... and none of that order before this. */
static uint64_t bound_by_order(const struct memory_hart *me, uint8_t order, uint64_t bound)
{
    return is_sequential(order) ? max_of(bound, me->ordered) : bound;
}

/* How old a value the load returns: 0 for the newest. */
static uint32_t choose_age(uint32_t hart, const struct event *event, struct granule *granule, uint64_t bound)
{
    bool whole = granule_of(event->address + event->size - 1) == granule->address;
    if (!is_weak() || !whole || granule->value_count == 1 ||
        !(memory.chosen ? choices_in_conflict(event) : random_one_in(&memory.random, memory.stale_one_in))) {
        return 0;
    }
    uint32_t open = 0; /* so many older values are open to it */
    while (open + 1 < granule->value_count && shadow_value(granule, open)->stamp > bound &&
           shadow_value(granule, open + 1)->stamp >= granule->seen[hart] &&
           shadow_value(granule, open)->stamp > granule->seen[hart]) {
        open++;
    }
    if (memory.chosen) {
        return open > 0 ? choices_value(open + 1, CHOICE_WEAK) : 0;
    }
    return open > 0 ? (uint32_t)random_between(&memory.random, 1, open) : 0;
}

static value_t cut_out(uint64_t value, const struct event *event)
{
    uint64_t shifted = value >> (event->address % GRANULE_BYTES * 8);
    return event->size == 8 ? shifted : shifted & ((UINT64_C(1) << event->size * 8) - 1);
}

/* The value is of `stamp` and carries `message`. */
static void learn(uint32_t hart, const struct event *event, uint8_t order, uint64_t stamp,
                  const struct message *message, uint64_t bound, value_t value)
{
    struct memory_hart *me = &memory.harts[hart];
    me->pending = max_of(me->pending, max_of(stamp, bound));
    if ((order & ORDER_LOAD_LOAD) != 0) {
        me->floor = max_of(me->floor, me->pending);
    }
    if (message == NULL) { /* from before the execution, as everything is after that */
        return;
    }
    if (event->size >= 8 && value != 0) {
        me->pointers[me->next_pointer].value = (uintptr_t)value;
        me->pointers[me->next_pointer].stamp = stamp;
        me->next_pointer = (me->next_pointer + 1) % POINTERS;
    }
    races_loaded(hart, message, order, (uint64_t)value, event->size >= 8);
}

static value_t load(uint32_t hart, const struct event *event, struct memory_found *found)
{
    drain_ordered(hart, event->order);
    const struct waiting_store *own = forward(hart, event);
    if (own != NULL) {
        *found = (struct memory_found){.writer = hart, .step = own->step, .forwarded = true};
        value_t value = own->event.operand >> ((event->address - own->event.address) * 8);
        return event->size == 16 ? value : value & (((value_t)1 << event->size * 8) - 1);
    }
    uint8_t order = is_weak() ? event->order : event->order | ORDER_ACQUIRE;
    uint64_t bound = bound_of(&memory.harts[hart], event);
    struct granule *granule = shadow_granule(event->address);
    uint32_t age = choose_age(hart, event, granule, bound_by_order(&memory.harts[hart], event->order, bound));
    const struct shadow_value *from = shadow_value(granule, age);
    value_t value = age == 0 ? model_apply(event) : cut_out(from->value, event);
    *found = (struct memory_found){.writer = from->writer, .step = from->step, .stale = age > 0};
    memory.counts.stale_loads += age > 0;
    granule->seen[hart] = max_of(granule->seen[hart], from->stamp);
    struct message room;
    learn(hart, event, order, from->stamp, message_of(granule, from, bytes_in(event, granule->address), &room), bound,
          value);
    return value;
}

/* ---- read-modify-writes ---- */

/* How old a value a compare-and-swap finds, and fails by; 0: it finds the newest. */
static uint32_t choose_failure(uint32_t hart, const struct event *event, struct granule *granule)
{
    if (memory.profile != EXPLORE_RCPC || event->operation != RMW_COMPARE) {
        return 0;
    }
    struct event look = *event;
    look.order = event->order_failed;
    uint64_t bound = bound_of(&memory.harts[hart], &look);
    uint32_t age = choose_age(hart, &look, granule, bound_by_order(&memory.harts[hart], look.order, bound));
    return age > 0 && cut_out(shadow_value(granule, age)->value, event) != event->expected ? age : 0;
}

/* The half that stores. */
static void rmw_store(uint32_t hart, const struct event *event, uint8_t order, uint64_t step, value_t value,
                      const struct message *carried)
{
    struct memory_hart *me = &memory.harts[hart];
    struct waiting_store half = {.event = *event, .step = step, .group = me->group, .is_half = true};
    half.event.kind = EVENT_STORE;
    half.event.operand = value;
    races_confirm(hart);
    FOR_GRANULES(at, event)
    {
        races_atomic_write(hart, shadow_granule(at), bytes_in(event, at), event->place);
    }
    races_message(hart, order, &half.message);
    if (carried != NULL) {
        races_pass_on(&half.message, carried);
    }
    if (memory.profile == EXPLORE_RCPC && !run_on_own_stack(event->address) && may_wait(event)) {
        wait_in_buffer(hart, &half);
        return;
    }
    make_known(hart, &half.event, step, &half.message);
    if (is_fence(order)) {
        me->floor = memory.now;
    }
}

static value_t rmw(uint32_t hart, const struct event *event, uint64_t step, struct memory_found *found)
{
    uint8_t order = is_weak() ? event->order : ORDER_SEQ_CST;
    drain_ordered(hart, event->order_failed);
    if ((order & ORDER_STORE_STORE) != 0) {
        memory_model_drain(hart);
    } else {
        drain_before(hart, event, true);
    }
    end_halves(hart, event);
    struct granule *granule = shadow_granule(event->address);
    uint32_t age = choose_failure(hart, event, granule);
    const struct shadow_value *from = shadow_value(granule, age);
    struct message found_message;
    const struct message *carried = message_of(granule, from, bytes_in(event, granule->address), &found_message);
    if (carried != NULL) {
        found_message = *carried; /* the ring goes on */
        carried = &found_message;
    }
    granule->seen[hart] = max_of(granule->seen[hart], from->stamp);
    *found = (struct memory_found){.writer = from->writer, .step = from->step, .stale = age > 0};
    memory.counts.stale_loads += age > 0;
    const struct event look = {.kind = EVENT_LOAD, .size = event->size, .address = event->address};
    value_t old = age == 0 ? model_apply(&look) : cut_out(from->value, event);
    bool stored;
    value_t value = model_rmw(event, old, &stored);
    uint8_t load_order = stored || !is_weak() ? order : event->order_failed;
    learn(hart, event, load_order, from->stamp, carried, memory.harts[hart].floor, old);
    if (stored) {
        rmw_store(hart, event, order, step, value, carried);
    } else {
        races_dismiss(hart);
    }
    return old;
}

/* ---- plain accesses ---- */

static void plain_load(uint32_t hart, const struct event *event)
{
    FOR_GRANULES(at, event)
    {
        races_read(hart, shadow_granule(at), bytes_in(event, at), event->address > at ? event->address : at,
                   event->place);
    }
}

static void plain_store(uint32_t hart, const struct event *event)
{
    races_confirm(hart);
    memory.counts.changes++;
    FOR_GRANULES(at, event)
    {
        struct granule *granule = shadow_granule(at);
        granule->value_count = 1; /* nobody sees what was there before */
        races_write(hart, granule, bytes_in(event, at), event->address > at ? event->address : at, event->place);
    }
}

void memory_model_plain(uint32_t hart, const struct event *event)
{
    bool store = event->kind == EVENT_PLAIN_STORE;
    drain_before(hart, event, store);
    if (store) {
        plain_store(hart, event);
    } else {
        plain_load(hart, event);
    }
}

value_t memory_model_access(uint32_t hart, const struct event *event, uint64_t step, struct memory_found *found)
{
    switch (event->kind) {
    case EVENT_LOAD:
        return load(hart, event, found);
    case EVENT_STORE:
        store(hart, event, step);
        return 0;
    default:
        return rmw(hart, event, step, found);
    }
}

/* ---- fences ---- */

void memory_model_fence(uint32_t hart, uint8_t order)
{
    struct memory_hart *me = &memory.harts[hart];
    if ((order & ORDER_LOAD_LOAD) != 0) {
        me->floor = max_of(me->floor, me->pending);
    }
    me->group += (order & ORDER_STORE_STORE) != 0;
    if ((order & ORDER_STORE_LOAD) != 0) {
        memory_model_drain(hart);
        me->floor = memory.now;
    }
    races_fence(hart, order);
}

void memory_model_barrier(uint32_t silent)
{
    for (uint32_t hart = 0; hart < memory.count; hart++) {
        if ((silent >> hart & 1) == 0) {
            memory_model_drain(hart);
        }
    }
    for (uint32_t hart = 0; hart < memory.count; hart++) {
        if ((silent >> hart & 1) == 0) {
            memory.harts[hart].floor = memory.now;
            races_fenced_by_other(hart, ORDER_SEQ_CST);
        }
    }
}

void memory_model_join(uint32_t hart, uint32_t by)
{
    memory_model_drain(by);
    memory.harts[hart].floor = memory.now;
    races_join(hart, by);
}
