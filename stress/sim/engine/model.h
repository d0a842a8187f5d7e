/* SPDX-License-Identifier: MIT
 * The interface between what a hart does to shared memory and the model that answers. The layers above it (the hooks
 * that the compiler calls, the Concurrency Kit port, the platform) turn each access into one struct event. The layers
 * below it (time mode, explore mode) are each a struct model, which says what an access returns and when other harts
 * run.
 *
 * 1. Real memory always holds the newest value of every location, in the order in which the model carries stores out. A
 *    model that lets a store wait keeps it to itself until then.
 * 2. Plain accesses are made by the program itself, right after the event returns; all others by the model
 *    (model_apply makes them as on sequentially consistent memory).
 * 3. Only one hart runs at a time, so nothing here needs to be atomic. Nothing here is instrumented. */
#ifndef FRAMELAB_SIM_MODEL_H
#define FRAMELAB_SIM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum event_kind {
    EVENT_PLAIN_LOAD, /* the program loads and stores these itself, when the event has returned */
    EVENT_PLAIN_STORE,
    EVENT_LOAD, /* the rest are answered by the model */
    EVENT_STORE,
    EVENT_RMW,
    EVENT_FENCE,
    EVENT_RELAX,    /* one turn of a waiting loop */
    EVENT_BARRIER,  /* platform_barrier_heavy; returns the silent harts, a bit each; all others pass a full fence */
    EVENT_PREFETCH, /* platform_prefetch: nothing but time */
    EVENT_KIND_COUNT
};

/* Orderings. Of a fence: which earlier accesses it holds before which later ones. Of an access: an acquire load is
 * followed by LOAD_LOAD and LOAD_STORE, a release store preceded by LOAD_STORE and STORE_STORE, seq_cst has all. */
enum order {
    ORDER_RELAXED = 0,
    ORDER_LOAD_LOAD = 1,
    ORDER_LOAD_STORE = 2,
    ORDER_STORE_STORE = 4,
    ORDER_STORE_LOAD = 8,
    ORDER_ACQUIRE = ORDER_LOAD_LOAD | ORDER_LOAD_STORE,
    ORDER_RELEASE = ORDER_LOAD_STORE | ORDER_STORE_STORE,
    ORDER_ACQ_REL = ORDER_ACQUIRE | ORDER_RELEASE,
    ORDER_SEQ_CST = 15
};

enum rmw { RMW_EXCHANGE, RMW_COMPARE, RMW_ADD, RMW_SUB, RMW_AND, RMW_OR, RMW_XOR, RMW_NAND };

typedef unsigned __int128 value_t;

struct event {
    enum event_kind kind;
    uint8_t size;  /* bytes: 1, 2, 4, 8, 16; of a plain access any number that stays inside one 16-byte granule */
    uint8_t order; /* enum order; of a RMW_COMPARE that fails: order_failed */
    uint8_t order_failed;
    enum rmw operation;
    uintptr_t address;
    uintptr_t place;  /* code address, for reports: tells the source line */
    value_t operand;  /* of a store: the value; of RMW_COMPARE: what to store */
    value_t expected; /* of RMW_COMPARE */
};

struct model {
    const char *name;
    /* Before the harts start; their states are all RUN_READY. Returns the hart that runs first. */
    uint32_t (*begin)(uint32_t harts);
    void (*end)(void);
    /* What the calling hart does next. Returns the value loaded, of a RMW the old value. Switches to other harts with
     * run_switch, before or after the access, as it likes. */
    value_t (*event)(uint32_t hart, const struct event *event);
    /* The calling hart (run_self()) can go no further for now: it parked, returned from its body, or was frozen. The
     * one that shall run; RUN_NOBODY if no hart is RUN_READY, which ends the run. */
    uint32_t (*next)(void);
    /* `hart`, which was parked, is RUN_READY again because `by` did something (a barrier of the harness). What `by` did
     * before happened before what it does from now on. */
    void (*wake)(uint32_t hart, uint32_t by);
    /* Nanoseconds since begin, or a count of events where time means nothing. */
    uint64_t (*time_ns)(uint32_t hart);
};

/* The model in charge, and the one for code that runs outside of harts (set-up, checks at rest): it does everything at
 * once, in order, and runs nobody else. Never NULL. */
extern const struct model *model;
extern const struct model model_direct;

/* Carries out a load, store or read-modify-write on real memory; the old value. For models. */
value_t model_apply(const struct event *event);
/* The value that a read-modify-write leaves behind when it finds `old`; *stored is false if it stores nothing. */
value_t model_rmw(const struct event *event, value_t old, bool *stored);

/* The entry: what hooks, port and platform call. Outside of harts it goes to model_direct. */
value_t model_event(const struct event *event);

#endif
