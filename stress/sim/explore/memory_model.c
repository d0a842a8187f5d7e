/* SPDX-License-Identifier: MIT
 * Weakly ordered memory, the same for all harts (multi-copy atomic, as ARMv8's and RISC-V's): stores become known to
 * all other harts at one moment, and these moments are numbered, the stamps.
 *
 *   store   waits in the hart's buffer, of which the hart itself reads. It becomes known at a moment that the seed
 * draws, in RMO in any order but that of one granule's stores, and that a store-store fence keeps; in TSO in order load
 * returns the value that was newest at some moment. Which moments are open to it: none before the hart's `floor`, and
 * for one granule none before what the hart knows of it. A load-load fence raises the floor to the latest moment that
 * the loads so far cannot have been before; a store-load fence empties the buffer and raises it to now. A load of what
 * a loaded pointer points to comes after that load (address dependency) rmw     empties the buffer of what must come
 * before it, finds the newest value, and is known at once plain   is done by the program itself, so it is known at
 * once, and finds the newest: what is wrong with it, races.c sees
 *
 * TSO: loads are acquires and stores releases, of which a store followed by a load is the one pair that changes places.
 * SC: everything at once.
 *
 * Not in it: a load that sees a store of its own future (load buffering: stores never become known before they are
 * made), plain loads of old values, more than SHADOW_VALUES old values. */
#include "memory_model.h"

#include <string.h>

#include "races.h"
#include "random.h"
#include "shadow.h"

#define BUFFER_STORES 8u
#define POINTERS 4u
#define DEPENDENT_BYTES 512u

struct waiting_store {
    struct event event;
    struct message message;
    uint64_t step;
    uint64_t group; /* one group after the other */
};

struct memory_hart {
    struct waiting_store buffer[BUFFER_STORES]; /* oldest first */
    uint32_t waiting;
    uint64_t group;   /* of the stores from now on */
    uint64_t floor;   /* no load is of a moment before this */
    uint64_t pending; /* what the next load-load fence raises it to */
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
    struct random random;
    uint64_t now; /* the newest stamp */
    uint64_t drain_one_in, stale_one_in;
    struct memory_counts counts;
} memory;

uint32_t memory_model_waiting;

void memory_model_begin(uint32_t harts, enum explore_profile profile, uint64_t seed)
{
    for (uint32_t i = 0; i < harts; i++) {
        memory.harts[i].waiting = 0;
        memory.harts[i].group = 0;
        memory.harts[i].floor = 0;
        memory.harts[i].pending = 0;
        memset(memory.harts[i].pointers, 0, sizeof memory.harts[i].pointers);
    }
    memory.count = harts;
    memory.profile = profile;
    memory.random = random_stream(seed, 2);
    memory.now = 0;
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

static void make_known(uint32_t hart, const struct event *event, uint64_t step, const struct message *message)
{
    note_value(hart, event, step, message);
    const struct event look = {.kind = EVENT_LOAD, .size = event->size, .address = event->address};
    value_t before = model_apply(&look);
    (void)model_apply(event);
    memory.counts.changes += model_apply(&look) != before;
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
    struct memory_hart *me = &memory.harts[hart];
    const struct waiting_store store = me->buffer[i];
    me->waiting--;
    memory_model_waiting--;
    memmove(&me->buffer[i], &me->buffer[i + 1], (me->waiting - i) * sizeof me->buffer[0]);
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

void memory_model_tick_waiting(void)
{
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

/* ---- stores ---- */

static void store(uint32_t hart, const struct event *event, uint64_t step)
{
    struct memory_hart *me = &memory.harts[hart];
    uint8_t order = memory.profile == EXPLORE_RMO ? event->order : event->order | ORDER_RELEASE;
    struct message message;
    races_confirm(hart);
    FOR_GRANULES(at, event)
    {
        races_atomic_write(hart, shadow_granule(at), bytes_in(event, at), event->place);
    }
    races_message(hart, order, &message);
    me->group += (order & ORDER_STORE_STORE) != 0;
    if (memory.profile == EXPLORE_SC || (order & ORDER_STORE_LOAD) != 0) {
        memory_model_drain(hart);
        make_known(hart, event, step, &message);
        me->floor = memory.now;
        return;
    }
    if (run_on_own_stack(event->address)) { /* the function may be gone before the store would be known */
        drain_before(hart, event, true);
        make_known(hart, event, step, &message);
        return;
    }
    if (me->waiting == BUFFER_STORES) {
        let_go(hart, 0);
    }
    me->buffer[me->waiting++] =
        (struct waiting_store){.event = *event, .message = message, .step = step, .group = me->group};
    memory_model_waiting++;
    memory.counts.delayed_stores++;
}

/* ---- loads ---- */

/* The youngest store of its own that the hart can load from; SIZE of the buffer if none, after draining what covers the
 * load in part only. */
static const struct waiting_store *forward(uint32_t hart, const struct event *event)
{
    const struct memory_hart *me = &memory.harts[hart];
    for (uint32_t i = me->waiting; i-- > 0;) {
        const struct event *mine = &me->buffer[i].event;
        if (mine->address <= event->address && event->address + event->size <= mine->address + mine->size) {
            return &me->buffer[i];
        }
        if (mine->address < event->address + event->size && event->address < mine->address + mine->size) {
            for (uint32_t n = 0; n <= i; n++) {
                let_go(hart, 0);
            }
            return NULL;
        }
    }
    return NULL;
}

/* No load of that address is of a moment before this. */
static uint64_t bound_of(const struct memory_hart *me, const struct event *event)
{
    uint64_t bound = me->floor;
    for (uint32_t i = 0; i < POINTERS; i++) {
        if (me->pointers[i].value != 0 && event->address - me->pointers[i].value < DEPENDENT_BYTES) {
            bound = max_of(bound, me->pointers[i].stamp);
        }
    }
    return (event->order & ORDER_STORE_LOAD) != 0 ? memory.now : bound;
}

/* How old a value the load returns: 0 for the newest. */
static uint32_t choose_age(uint32_t hart, const struct event *event, struct granule *granule, uint64_t bound)
{
    bool whole = granule_of(event->address + event->size - 1) == granule->address;
    if (memory.profile != EXPLORE_RMO || !whole || granule->value_count == 1 ||
        !random_one_in(&memory.random, memory.stale_one_in)) {
        return 0;
    }
    uint32_t open = 0; /* so many older values are open to it */
    while (open + 1 < granule->value_count && shadow_value(granule, open)->stamp > bound &&
           shadow_value(granule, open + 1)->stamp >= granule->seen[hart] &&
           shadow_value(granule, open)->stamp > granule->seen[hart]) {
        open++;
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
    const struct waiting_store *own = forward(hart, event);
    if (own != NULL) {
        *found = (struct memory_found){.writer = hart, .step = own->step, .forwarded = true};
        value_t value = own->event.operand >> ((event->address - own->event.address) * 8);
        return event->size == 16 ? value : value & (((value_t)1 << event->size * 8) - 1);
    }
    uint8_t order = memory.profile == EXPLORE_RMO ? event->order : event->order | ORDER_ACQUIRE;
    uint64_t bound = bound_of(&memory.harts[hart], event);
    struct granule *granule = shadow_granule(event->address);
    uint32_t age = choose_age(hart, event, granule, bound);
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

static value_t rmw(uint32_t hart, const struct event *event, uint64_t step, struct memory_found *found)
{
    struct memory_hart *me = &memory.harts[hart];
    uint8_t order = memory.profile == EXPLORE_RMO ? event->order : ORDER_SEQ_CST;
    if ((order & ORDER_STORE_STORE) != 0) {
        memory_model_drain(hart);
    } else {
        drain_before(hart, event, true);
    }
    struct granule *granule = shadow_granule(event->address);
    const struct shadow_value *from = shadow_value(granule, 0);
    struct message found_message;
    const struct message *carried = message_of(granule, from, bytes_in(event, granule->address), &found_message);
    if (carried != NULL) {
        found_message = *carried; /* the ring goes on */
        carried = &found_message;
    }
    granule->seen[hart] = from->stamp;
    *found = (struct memory_found){.writer = from->writer, .step = from->step};
    const struct event look = {.kind = EVENT_LOAD, .size = event->size, .address = event->address};
    value_t old = model_apply(&look);
    bool stored;
    value_t value = model_rmw(event, old, &stored);
    uint8_t load_order = stored || memory.profile != EXPLORE_RMO ? order : event->order_failed;
    learn(hart, event, load_order, from->stamp, carried, me->floor, old);
    if (!stored) {
        races_dismiss(hart);
        return old;
    }
    races_confirm(hart);
    struct message message;
    FOR_GRANULES(at, event)
    {
        races_atomic_write(hart, shadow_granule(at), bytes_in(event, at), event->place);
    }
    races_message(hart, order, &message);
    if (carried != NULL) {
        races_pass_on(&message, carried);
    }
    struct event write = *event;
    write.kind = EVENT_STORE;
    write.operand = value;
    make_known(hart, &write, step, &message);
    if ((order & ORDER_STORE_LOAD) != 0) {
        me->floor = memory.now;
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

void memory_model_barrier(void)
{
    for (uint32_t hart = 0; hart < memory.count; hart++) {
        memory_model_drain(hart);
    }
    for (uint32_t hart = 0; hart < memory.count; hart++) {
        memory.harts[hart].floor = memory.now;
        races_fenced_by_other(hart, ORDER_SEQ_CST);
    }
}

void memory_model_join(uint32_t hart, uint32_t by)
{
    memory_model_drain(by);
    memory.harts[hart].floor = memory.now;
    races_join(hart, by);
}
