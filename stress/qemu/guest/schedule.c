/* SPDX-License-Identifier: MIT
 * Which hart runs when. See kernel.h.
 *
 * Under -icount QEMU runs one hart at a time, each until it has executed a hundred million instructions or rests: races
 * would hardly ever happen. So at every hook (core/base/platform.h: before each shared access of the slow paths) a hart
 * lets another run with a certain probability, drawn from a random stream of its own. Nothing else decides which hart
 * runs, so the seed determines the schedule, and the same seed gives the same run to the last instruction.
 *
 * The count of instructions is one for all harts. Since a hart runs alone from one rest to the next, what was counted
 * in between is its own. */
#include "kernel.h"

/* A hart gives way at one hook in so many: with few harts often, or none would be in another's way; with many a turn is
 * long, and they are. */
#define HOOKS_PER_TURN(harts) (2u + (harts) / 16)

static enum schedule_mode schedule_mode = SCHEDULE_FREE;
static uint64_t patience; /* turns of waiting that no hart should need; 0: no limit */

void schedule_begin(enum schedule_mode mode, uint64_t seed)
{
    for (uint32_t i = 0; i < kernel_hart_count; i++) {
        kernel_harts[i].random = random_stream(seed, i);
    }
    kernel_hart->resumed = arch_instructions();
    schedule_mode = mode;
}

/* What the schedule itself executes is nobody's: a hart's own count stands still from the entry to it on, and the
 * plugin's. */
static void stand_still(uint64_t entered)
{
    arch_mark(MARK_REST);
    kernel_hart->instructions += entered - kernel_hart->resumed;
}

void schedule_rest(void)
{
    stand_still(arch_instructions());
}

void schedule_resume(void)
{
    arch_mark(MARK_RESUME);
    kernel_hart->resumed = arch_instructions();
}

uint64_t schedule_instructions(void)
{
    uint64_t now = arch_instructions();
    return schedule_mode == SCHEDULE_SEEDED ? kernel_hart->instructions + now - kernel_hart->resumed : now;
}

/* Lets the next hart run; back when all others have rested. */
static void give_way(void)
{
    bool enabled = arch_interrupts_off();
    arch_give_way();
    harts_answer(); /* giving way may have swallowed an interrupt */
    arch_interrupts_restore(enabled);
}

bool schedule_is_seeded(void)
{
    return schedule_mode == SCHEDULE_SEEDED;
}

/* How long a drain waits for a hart to leave its section. Under -icount a turn lets every other hart go on to its next
 * hook that gives way, and a section has some hundreds of them; else as on the host. */
#define DRAIN_TURNS_SEEDED 2000u
#define DRAIN_TURNS_FREE 500000u

uint32_t schedule_drain_turns(void)
{
    return schedule_is_seeded() ? DRAIN_TURNS_SEEDED : DRAIN_TURNS_FREE;
}

/* One hart at a time: a turn is a round of all the others, and two looks are as far apart as they need be. */
uint32_t schedule_patience_per_hart(void)
{
    return schedule_is_seeded() ? 0 : 64;
}

void schedule_stop_at(uint64_t hook, void (*stop)(void))
{
    kernel_hart->hooks_left = hook;
    kernel_hart->stop = stop;
}

void schedule_expect_progress(uint64_t turns)
{
    patience = turns;
}

void schedule_progress(void)
{
    kernel_hart->waited = 0;
}

/* A hook of a hart that is to stop. */
static void count_down(void)
{
    if (--kernel_hart->hooks_left == 0) {
        kernel_hart->stop();
    }
}

void schedule_hook(void)
{
    if (kernel_hart->hooks_left > 0) {
        count_down();
    }
    if (schedule_mode != SCHEDULE_SEEDED) {
        return;
    }
    stand_still(arch_instructions());
    if (random_one_in(&kernel_hart->random, HOOKS_PER_TURN(kernel_hart_count))) {
        give_way();
    }
    schedule_resume();
}

void schedule_relax(void)
{
    if (patience > 0 && ++kernel_hart->waited > patience) {
        trap_stuck((uintptr_t)__builtin_frame_address(0));
    }
    if (schedule_mode != SCHEDULE_SEEDED) {
        harts_answer(); /* interrupts may be off */
        arch_pause();
        return;
    }
    stand_still(arch_instructions());
    give_way();
    schedule_resume();
}
