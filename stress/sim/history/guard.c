/* SPDX-License-Identifier: MIT
 * Looks at every event of an execution. See guard.h. */
#include "guard.h"

#include <string.h>

#include "epoch_look.h"
#include "explore_options.h"
#include "interrupts.h"
#include "memory_model.h"
#include "model.h"
#include "platform.h"
#include "random.h"

static struct {
    struct model before; /* a copy of the model, with our event */
    const struct model *behind;
    struct ledger *ledger;
    void (*on_violation)(void);
    uintptr_t second_start;
    uint64_t second_bytes;
    struct guard_plan plan;
    const unsigned *in_section; /* of the hart to be held up */
    uint32_t in_section_events, held_events;
    bool held, was_held;
    struct interrupt_plan interrupts;
    struct random random;
    void (*handler)(uint32_t hart);
    uint32_t level[EXPLORE_HARTS_MAX];                  /* of handlers that each hart is in */
    uint64_t events[EXPLORE_HARTS_MAX][PROGRAM_LEVELS]; /* of the handler of each level, of this time */
    uint32_t drawn;                                     /* interrupts so far */
    uintptr_t interrupted_at;
    struct end_plan end;
    uint64_t end_events;
    uintptr_t ended_at;
    void (*again)(void *context, uint32_t hart);
} guard;

/* An execution at random has so many interrupts at most. */
#define INTERRUPTS_MOST 24u

static bool touches_memory(const struct event *event)
{
    return event->kind <= EVENT_RMW;
}

static void complain(uint32_t hart, const struct event *event)
{
    (void)verdict_violate(&guard.ledger->verdict, PROPERTY_RECLAMATION, hart, UINT64_MAX,
                          "an access to 0x%llx, %llu bytes into an arena that is out of service",
                          (unsigned long long)event->address,
                          (unsigned long long)(event->address - guard.second_start));
    guard.on_violation();
}

static void let_go(void)
{
    if (guard.held) {
        guard.held = false;
        run_wake(guard.plan.hold_hart);
    }
}

static void hold_up(void)
{
    if (*guard.in_section == 0 || ++guard.in_section_events != guard.plan.hold_at) {
        return;
    }
    for (uint32_t hart = 0; hart < run_count(); hart++) {
        if (hart != guard.plan.hold_hart && run_state(hart) == RUN_READY) {
            guard.held = true;
            guard.was_held = true;
            run_park();
            return;
        }
    }
}

/* ---- interrupts ---- */

static bool is_due(uint32_t hart, uint32_t level)
{
    const struct interrupt_plan *plan = &guard.interrupts;
    uint64_t event = ++guard.events[hart][level];
    if (plan->one_in != 0) {
        return level + 1 < PROGRAM_LEVELS && guard.drawn < INTERRUPTS_MOST &&
               random_one_in(&guard.random, plan->one_in);
    }
    return hart == plan->hart && event == (level == 0 ? plan->at : level == 1 ? plan->again : 0);
}

static void interrupt(uint32_t hart, const struct event *event)
{
    uint32_t level = guard.level[hart];
    if (!interrupts_are_on(hart) || !is_due(hart, level)) {
        return;
    }
    if (guard.interrupted_at == 0) {
        guard.interrupted_at = event->place;
    }
    guard.drawn++;
    guard.level[hart]++;
    guard.events[hart][level + 1] = 0;
    guard.handler(hart);
    guard.level[hart]--;
}

void guard_interrupt(const struct interrupt_plan *plan, void (*handler)(uint32_t hart))
{
    guard.interrupts = *plan;
    guard.random = random_stream(plan->seed, 7);
    guard.handler = handler;
    interrupts_reset();
}

uintptr_t guard_interrupted_at(void)
{
    return guard.interrupted_at;
}

/* ---- a hart that ends ---- */

void guard_end_hart(const struct end_plan *plan, void (*body)(void *context, uint32_t hart))
{
    guard.end = *plan;
    guard.again = body;
}

uintptr_t guard_ended_at(void)
{
    return guard.ended_at;
}

static void end_here(uint32_t hart, const struct event *event)
{
    guard.ended_at = event->place;
    guard.level[hart] = 0;
    interrupts_on();
    memory_model_drain(hart);
    run_again(guard.again);
}

/* ---- every event ---- */

static value_t look(uint32_t hart, const struct event *event)
{
    if (guard.end.at != 0 && hart == guard.end.hart && ++guard.end_events == guard.end.at) {
        end_here(hart, event);
    }
    if (guard.handler != NULL) {
        interrupt(hart, event);
    }
    if (guard.ledger->second_out && event->address - guard.second_start < guard.second_bytes && touches_memory(event)) {
        complain(hart, event);
    }
    if (hart == guard.plan.hold_hart) {
        hold_up();
    } else if (guard.held && ++guard.held_events >= guard.plan.hold_events) {
        let_go();
    }
    return guard.behind->event(hart, event);
}

void guard_begin(struct ledger *ledger, const struct guard_plan *plan, void (*on_violation)(void))
{
    const struct small_machine *machine = ledger->machine;
    memset(&guard, 0, sizeof guard);
    guard.ledger = ledger;
    guard.on_violation = on_violation;
    guard.second_start = (uintptr_t)platform_phys_to_virt(machine->second.start);
    guard.second_bytes = machine->second.size;
    guard.plan = *plan;
    guard.in_section = plan->hold_hart < machine->harts ? epoch_look(machine->fa, plan->hold_hart) : NULL;
    if (guard.in_section == NULL) {
        guard.plan.hold_hart = RUN_NOBODY;
    }
    guard.behind = model;
    guard.before = *model;
    guard.before.event = look;
    model = &guard.before;
}

bool guard_end(void)
{
    model = guard.behind;
    return guard.was_held;
}

void guard_hart_ended(void)
{
    let_go();
}
