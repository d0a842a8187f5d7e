/* SPDX-License-Identifier: MIT
 * Looks at every event of an execution. See fault_injection.h. */
#include "fault_injection.h"

#include <string.h>

#include "choices.h"
#include "epoch_look.h"
#include "explore_options.h"
#include "interrupts.h"
#include "memory_model.h"
#include "model.h"
#include "platform.h"
#include "races.h"
#include "random.h"
#include "run.h"

static struct {
    struct model before; /* a copy of the model, with our event */
    const struct model *behind;
    struct history *history;
    void (*on_violation)(void);
    uintptr_t second_start;
    uint64_t second_bytes;
    struct injection_plan plan;
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
} injection;

/* An execution at random has so many interrupts at most. */
#define INTERRUPTS_MOST 24u

static bool touches_memory(const struct event *event)
{
    return event->kind <= EVENT_RMW;
}

static void complain(uint32_t hart, const struct event *event)
{
    (void)verdict_violate(&injection.history->verdict, PROPERTY_RECLAMATION, hart, UINT64_MAX,
                          "an access to 0x%llx, %llu bytes into an arena that is out of service",
                          (unsigned long long)event->address,
                          (unsigned long long)(event->address - injection.second_start));
    injection.on_violation();
}

static void let_go(void)
{
    if (injection.held) {
        injection.held = false;
        run_wake(injection.plan.hold_hart);
    }
}

static void hold_up(void)
{
    if (*injection.in_section == 0 || ++injection.in_section_events != injection.plan.hold_at) {
        return;
    }
    for (uint32_t hart = 0; hart < run_count(); hart++) {
        if (hart != injection.plan.hold_hart && run_state(hart) == RUN_READY) {
            injection.held = true;
            injection.was_held = true;
            run_park();
            return;
        }
    }
}

/* ---- interrupts ---- */

static bool is_due(uint32_t hart, uint32_t level)
{
    const struct interrupt_plan *plan = &injection.interrupts;
    uint64_t event = ++injection.events[hart][level];
    if (plan->chosen) {
        return level == 0 && choices_value(2, CHOICE_FAULT) == 1;
    }
    if (plan->one_in != 0) {
        return level + 1 < PROGRAM_LEVELS && injection.drawn < INTERRUPTS_MOST &&
               random_one_in(&injection.random, plan->one_in);
    }
    return hart == plan->hart && event == (level == 0 ? plan->at : level == 1 ? plan->again : 0);
}

static void interrupt(uint32_t hart, const struct event *event)
{
    uint32_t level = injection.level[hart];
    if (!interrupts_are_on(hart) || !is_due(hart, level)) {
        return;
    }
    if (injection.interrupted_at == 0) {
        injection.interrupted_at = event->place;
    }
    injection.drawn++;
    injection.level[hart]++;
    injection.events[hart][level + 1] = 0;
    uint32_t looks = races_interrupt(hart);
    injection.handler(hart);
    races_resume(hart, looks);
    injection.level[hart]--;
}

void injection_interrupt(const struct interrupt_plan *plan, void (*handler)(uint32_t hart))
{
    injection.interrupts = *plan;
    injection.random = random_stream(plan->seed, 7);
    injection.handler = handler;
    interrupts_reset();
}

uintptr_t injection_interrupted_at(void)
{
    return injection.interrupted_at;
}

/* ---- a hart that ends ---- */

void injection_end_hart(const struct end_plan *plan, void (*body)(void *context, uint32_t hart))
{
    injection.end = *plan;
    injection.again = body;
}

uintptr_t injection_ended_at(void)
{
    return injection.ended_at;
}

static void end_here(uint32_t hart, const struct event *event)
{
    injection.ended_at = event->place;
    injection.level[hart] = 0;
    interrupts_on();
    memory_model_drain(hart);
    races_end(hart);
    run_again(injection.again);
}

/* ---- every event ---- */

static value_t look(uint32_t hart, const struct event *event)
{
    bool ends = injection.end.chosen
                    ? injection.ended_at == 0 && choices_value(2, CHOICE_FAULT) == 1
                    : injection.end.at != 0 && hart == injection.end.hart && ++injection.end_events == injection.end.at;
    if (ends) {
        end_here(hart, event);
    }
    if (injection.handler != NULL) {
        interrupt(hart, event);
    }
    if (injection.history->second_out && event->address - injection.second_start < injection.second_bytes &&
        touches_memory(event)) {
        complain(hart, event);
    }
    if (hart == injection.plan.hold_hart) {
        hold_up();
    } else if (injection.held && ++injection.held_events >= injection.plan.hold_events) {
        let_go();
    }
    return injection.behind->event(hart, event);
}

void injection_begin(struct history *history, const struct injection_plan *plan, void (*on_violation)(void))
{
    const struct small_machine *machine = history->machine;
    memset(&injection, 0, sizeof injection);
    injection.history = history;
    injection.on_violation = on_violation;
    injection.second_start = (uintptr_t)platform_phys_to_virt(machine->second.start);
    injection.second_bytes = machine->second.size;
    injection.plan = *plan;
    injection.in_section = plan->hold_hart < machine->harts ? epoch_look(machine->fa, plan->hold_hart) : NULL;
    if (injection.in_section == NULL) {
        injection.plan.hold_hart = RUN_NOBODY;
    }
    injection.behind = model;
    injection.before = *model;
    injection.before.event = look;
    model = &injection.before;
}

bool injection_end(void)
{
    model = injection.behind;
    return injection.was_held;
}

void injection_hart_ended(void)
{
    let_go();
}
