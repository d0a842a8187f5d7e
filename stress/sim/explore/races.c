/* SPDX-License-Identifier: MIT
 * Finds data races by vector clocks. A clock holds a number for each hart, up to which that hart's accesses are known
 * to come before. Concurrency Kit needs three refinements:
 *
 * 1. Typed fences. What a store passes to a hart that loads its value, the message, is therefore two clocks:
 *      writes    the writes that come before the store; a store-store fence adds the hart's own
 *      reads     the reads that come before the store; a load-store fence adds the hart's own
 *    A hart has three clocks:
 *      the writes that come before its loads; a load-load fence adds the writes of all messages that it loaded
 *      the writes, and the reads, that come before its stores; a load-store fence adds those of all these messages
 *    A C11 release is a store-store and a load-store fence, an acquire is a load-load and a load-store fence.
 * 2. Address dependencies need no fence: a plain access close behind an address that the hart loaded is ordered as if
 *    that load had been an acquire.
 * 3. Optimistic reads. A pop reads the node's link while another hart may be taking the node off and writing to it; a
 *    compare-and-swap that fails then tells the pop so. Such a read does no harm if its result is not used. So a plain
 *    load is tentative, that is, not judged yet. It is judged when its hart next stores, swaps successfully, passes a
 *    store-store or load-store fence, has TENTATIVE_MAX such loads, or returns. If its hart's next compare-and-swap
 *    fails before that, the load is forgotten. What a handler does that interrupted the hart decides nothing about
 *    loads of what it interrupted: those wait until it has ended. */
#include "races.h"

#include <string.h>

#include "model.h"

#define TENTATIVE_MAX 16u
#define LEVELS_MAX 4u /* of handlers that interrupt one another, and what they interrupt */
#define POINTERS 8u
#define DEPENDENT_BYTES 512u

struct tentative {
    struct granule *granule;
    struct shadow_cell self, other;
    bool raced; /* with `other` */
};

struct pointer {
    uintptr_t value;
    struct message message;
};

struct hart_clocks {
    uint32_t epoch;
    uint32_t writes_before_loads[EXPLORE_HARTS_MAX];
    struct message before_stores;
    struct message loaded;   /* by loads that no fence has followed yet */
    struct message released; /* what a relaxed store carries: as of the last fences */
    struct tentative tentative[LEVELS_MAX * TENTATIVE_MAX];
    uint32_t tentative_count;
    uint32_t tentative_from; /* those before it are of what is interrupted */
    struct pointer pointers[POINTERS];
    uint32_t next_pointer;
};

static struct {
    struct hart_clocks harts[EXPLORE_HARTS_MAX];
    uint32_t count;
    races_found *found;
} races;

void races_begin(uint32_t harts, races_found *found)
{
    memset(races.harts, 0, harts * sizeof *races.harts);
    for (uint32_t i = 0; i < harts; i++) {
        races.harts[i].epoch = 1;
    }
    races.count = harts;
    races.found = found;
}

static void join(uint32_t *into, const uint32_t *from)
{
    for (uint32_t i = 0; i < races.count; i++) {
        into[i] = from[i] > into[i] ? from[i] : into[i];
    }
}

/* ---- what orders ---- */

static void add_own(struct hart_clocks *me, uint32_t hart, uint8_t order, struct message *message)
{
    if ((order & (ORDER_STORE_STORE | ORDER_LOAD_STORE)) == 0) {
        return;
    }
    join(message->writes, me->before_stores.writes);
    join(message->reads, me->before_stores.reads);
    if ((order & ORDER_STORE_STORE) != 0) {
        message->writes[hart] = me->epoch;
    }
    if ((order & ORDER_LOAD_STORE) != 0) {
        message->reads[hart] = me->epoch;
    }
    me->epoch++; /* what comes later is not in it */
}

static void take_in(struct hart_clocks *me, uint8_t order, const struct message *message)
{
    if ((order & ORDER_LOAD_LOAD) != 0) {
        join(me->writes_before_loads, message->writes);
    }
    if ((order & ORDER_LOAD_STORE) != 0) {
        join(me->before_stores.writes, message->writes);
        join(me->before_stores.reads, message->reads);
    }
}

void races_fence(uint32_t hart, uint8_t order)
{
    if ((order & (ORDER_STORE_STORE | ORDER_LOAD_STORE)) != 0) {
        races_confirm(hart); /* what it does next may rest on them */
    }
    races_fenced_by_other(hart, order);
}

void races_fenced_by_other(uint32_t hart, uint8_t order)
{
    struct hart_clocks *me = &races.harts[hart];
    take_in(me, order, &me->loaded);
    add_own(me, hart, order, &me->released);
}

void races_loaded(uint32_t hart, const struct message *message, uint8_t order, uint64_t value, bool is_pointer_size)
{
    struct hart_clocks *me = &races.harts[hart];
    join(me->loaded.writes, message->writes);
    join(me->loaded.reads, message->reads);
    take_in(me, order, message);
    if (is_pointer_size && value != 0) {
        me->pointers[me->next_pointer] = (struct pointer){(uintptr_t)value, *message};
        me->next_pointer = (me->next_pointer + 1) % POINTERS;
    }
}

void races_message(uint32_t hart, uint8_t order, struct message *message)
{
    struct hart_clocks *me = &races.harts[hart];
    *message = me->released;
    add_own(me, hart, order, message);
}

void races_pass_on(struct message *message, const struct message *found)
{
    join(message->writes, found->writes);
    join(message->reads, found->reads);
}

void races_join(uint32_t hart, uint32_t by)
{
    struct hart_clocks *me = &races.harts[hart];
    struct message message;
    races_confirm(by);
    races_message(by, ORDER_SEQ_CST, &message);
    take_in(me, ORDER_SEQ_CST, &message);
}

/* ---- accesses ---- */

/* Whether an access of `hart` comes after what a cell tells of. */
static bool is_ordered(const struct hart_clocks *me, const struct shadow_cell *cell, bool write)
{
    const uint32_t *known = !write        ? me->writes_before_loads
                            : cell->write ? me->before_stores.writes
                                          : me->before_stores.reads;
    return cell->epoch <= known[cell->hart];
}

static bool is_dependent(const struct hart_clocks *me, uintptr_t address, const struct shadow_cell *cell)
{
    for (uint32_t i = 0; i < POINTERS; i++) {
        if (me->pointers[i].value != 0 && address - me->pointers[i].value < DEPENDENT_BYTES &&
            cell->epoch <= (cell->write ? me->pointers[i].message.writes : me->pointers[i].message.reads)[cell->hart]) {
            return true;
        }
    }
    return false;
}

/* The first cell that a write is not ordered after, or NULL. */
static const struct shadow_cell *find_race(const struct granule *granule, const struct shadow_cell *self,
                                           uintptr_t address)
{
    const struct hart_clocks *me = &races.harts[self->hart];
    for (uint32_t i = 0; i < granule->cell_count; i++) {
        const struct shadow_cell *cell = &granule->cells[i];
        bool concerns = cell->hart != self->hart && (cell->bytes & self->bytes) != 0 && !(cell->atomic && self->atomic);
        if (concerns && !is_ordered(me, cell, true) && !is_dependent(me, address, cell)) {
            return cell;
        }
    }
    return NULL;
}

static void remember(struct granule *granule, const struct shadow_cell *self)
{
    struct shadow_cell *cell = NULL;
    for (uint32_t i = 0; i < granule->cell_count && cell == NULL; i++) {
        struct shadow_cell *old = &granule->cells[i];
        if (old->hart == self->hart && old->write == self->write && old->atomic == self->atomic &&
            (old->bytes & ~self->bytes) == 0) {
            cell = old;
        }
    }
    if (cell == NULL && granule->cell_count < SHADOW_CELLS) {
        cell = &granule->cells[granule->cell_count++];
    } else if (cell == NULL) {
        cell = &granule->cells[granule->next_cell];
        granule->next_cell = (uint8_t)((granule->next_cell + 1u) % SHADOW_CELLS);
    }
    *cell = *self;
}

/* A plain write meets others' looks that are not in earnest yet. */
static void meet_tentative(const struct granule *granule, const struct shadow_cell *self)
{
    for (uint32_t other = 0; other < races.count; other++) {
        struct hart_clocks *them = &races.harts[other];
        for (uint32_t i = 0; i < them->tentative_count && other != self->hart; i++) {
            struct tentative *look = &them->tentative[i];
            bool unordered = look->self.epoch > races.harts[self->hart].before_stores.reads[other];
            if (look->granule == granule && (look->self.bytes & self->bytes) != 0 && unordered && !look->raced) {
                look->raced = true;
                look->other = *self;
            }
        }
    }
}

void races_confirm(uint32_t hart)
{
    struct hart_clocks *me = &races.harts[hart];
    for (uint32_t i = me->tentative_from; i < me->tentative_count; i++) {
        const struct tentative *look = &me->tentative[i];
        if (look->raced) {
            me->tentative_count = me->tentative_from;
            races.found(&look->self, &look->other, look->granule->address);
            return;
        }
        remember(look->granule, &look->self);
    }
    me->tentative_count = me->tentative_from;
}

void races_dismiss(uint32_t hart)
{
    races.harts[hart].tentative_count = races.harts[hart].tentative_from;
}

uint32_t races_interrupt(uint32_t hart)
{
    struct hart_clocks *me = &races.harts[hart];
    uint32_t before = me->tentative_from;
    me->tentative_from = me->tentative_count;
    return before;
}

void races_resume(uint32_t hart, uint32_t before)
{
    races_confirm(hart);
    races.harts[hart].tentative_from = before;
}

void races_end(uint32_t hart)
{
    races.harts[hart].tentative_from = 0;
    races_dismiss(hart);
}

static struct shadow_cell cell_of(uint32_t hart, uint8_t bytes, uintptr_t place)
{
    return (struct shadow_cell){
        .place = place, .epoch = races.harts[hart].epoch, .hart = (uint8_t)hart, .bytes = bytes};
}

static void look(struct granule *granule, struct shadow_cell self, const struct shadow_cell *race)
{
    struct hart_clocks *me = &races.harts[self.hart];
    if (me->tentative_count - me->tentative_from == TENTATIVE_MAX) {
        races_confirm(self.hart);
    }
    me->tentative[me->tentative_count++] =
        (struct tentative){granule, self, race != NULL ? *race : (struct shadow_cell){.place = 0}, race != NULL};
}

void races_read(uint32_t hart, struct granule *granule, uint8_t bytes, uintptr_t address, uintptr_t place)
{
    const struct hart_clocks *me = &races.harts[hart];
    const struct shadow_cell *race = NULL;
    bool has_looked = false; /* since its epoch began, in earnest: another look says nothing new */
    for (uint32_t i = 0; i < granule->cell_count && race == NULL; i++) {
        const struct shadow_cell *cell = &granule->cells[i];
        if (cell->hart == hart) {
            has_looked |= !cell->write && cell->epoch == me->epoch && (bytes & ~cell->bytes) == 0;
        } else if (cell->write && (cell->bytes & bytes) != 0 && !is_ordered(me, cell, false) &&
                   !is_dependent(me, address, cell)) {
            race = cell;
        }
    }
    if (race != NULL || !has_looked) {
        look(granule, cell_of(hart, bytes, place), race);
    }
}

/* A write, plain or atomic. */
static void write(struct granule *granule, struct shadow_cell self, bool atomic, uintptr_t address)
{
    self.write = true;
    self.atomic = atomic;
    const struct shadow_cell *race = find_race(granule, &self, address);
    if (race != NULL) {
        races.found(&self, race, address);
        return;
    }
    meet_tentative(granule, &self);
    remember(granule, &self);
}

void races_write(uint32_t hart, struct granule *granule, uint8_t bytes, uintptr_t address, uintptr_t place)
{
    write(granule, cell_of(hart, bytes, place), false, address);
}

void races_atomic_write(uint32_t hart, struct granule *granule, uint8_t bytes, uintptr_t place)
{
    write(granule, cell_of(hart, bytes, place), true, granule->address);
}
