/* SPDX-License-Identifier: MIT
 * The simplest model: every access is made at once; harts run one after the other, each until it waits. It is in charge
 * outside of harts, for set-up and for checks at rest. The other models make accesses by model_apply and model_rmw. */
#include <string.h>

#include "model.h"
#include "run.h"

const struct model *model = &model_direct;

/* memcpy of a size that the compiler knows is one instruction; these are called some ten million times a second. Both
 * architectures that there are fibres for are little-endian. */
static inline value_t load(uintptr_t address, uint8_t size)
{
    value_t value = 0;
    const void *from = (const void *)address;
    switch (size) {
    case 1:
        memcpy(&value, from, 1);
        break;
    case 2:
        memcpy(&value, from, 2);
        break;
    case 4:
        memcpy(&value, from, 4);
        break;
    case 8:
        memcpy(&value, from, 8);
        break;
    default:
        memcpy(&value, from, 16);
        break;
    }
    return value;
}

static inline void store(uintptr_t address, uint8_t size, value_t value)
{
    void *to = (void *)address;
    switch (size) {
    case 1:
        memcpy(to, &value, 1);
        break;
    case 2:
        memcpy(to, &value, 2);
        break;
    case 4:
        memcpy(to, &value, 4);
        break;
    case 8:
        memcpy(to, &value, 8);
        break;
    default:
        memcpy(to, &value, 16);
        break;
    }
}

static value_t cut(value_t value, uint8_t size)
{
    return size == 16 ? value : value & (((value_t)1 << size * 8) - 1);
}

value_t model_rmw(const struct event *event, value_t old, bool *stored)
{
    *stored = true;
    switch (event->operation) {
    case RMW_EXCHANGE:
        return cut(event->operand, event->size);
    case RMW_COMPARE:
        *stored = old == cut(event->expected, event->size);
        return *stored ? cut(event->operand, event->size) : old;
    case RMW_ADD:
        return cut(old + event->operand, event->size);
    case RMW_SUB:
        return cut(old - event->operand, event->size);
    case RMW_AND:
        return cut(old & event->operand, event->size);
    case RMW_OR:
        return cut(old | event->operand, event->size);
    case RMW_XOR:
        return cut(old ^ event->operand, event->size);
    default: /* RMW_NAND */
        return cut(~(old & event->operand), event->size);
    }
}

value_t model_apply(const struct event *event)
{
    value_t value = event->operand;
    bool stored = true;
    value_t old = 0;
    switch (event->kind) {
    case EVENT_LOAD:
        return load(event->address, event->size);
    case EVENT_STORE:
        break;
    case EVENT_RMW:
        old = load(event->address, event->size);
        value = model_rmw(event, old, &stored);
        break;
    default:
        return 0;
    }
    if (stored) {
        store(event->address, event->size, value);
    }
    return old;
}

static uint32_t turn; /* relaxing passes it on */
static uint64_t events;

static uint32_t next_ready(void)
{
    for (uint32_t i = 1; i <= run_count(); i++) {
        uint32_t hart = (turn + i) % run_count();
        if (run_state(hart) == RUN_READY) {
            turn = hart;
            return hart;
        }
    }
    return RUN_NOBODY;
}

static uint32_t begin(uint32_t harts)
{
    (void)harts;
    turn = 0;
    events = 0;
    return 0;
}

static void end(void)
{
}

static value_t do_event(uint32_t hart, const struct event *event)
{
    events++;
    if (event->kind == EVENT_RELAX && hart != RUN_NOBODY) {
        run_switch(next_ready());
        return 0;
    }
    return model_apply(event);
}

static void wake(uint32_t hart, uint32_t by)
{
    (void)hart;
    (void)by;
}

static uint64_t time_ns(uint32_t hart)
{
    (void)hart;
    return events;
}

const struct model model_direct = {.name = "direct",
                                   .begin = begin,
                                   .end = end,
                                   .event = do_event,
                                   .next = next_ready,
                                   .wake = wake,
                                   .time_ns = time_ns};

value_t model_event(const struct event *event)
{
    uint32_t hart = run_self();
    return hart != RUN_NOBODY ? model->event(hart, event) : do_event(RUN_NOBODY, event);
}
