/* SPDX-License-Identifier: MIT
 * The clock `epoch`, over ck_epoch: the harts' own looks move it, and nobody's help is needed.
 *
 * 1. States. A hart is in a section or not (ck_epoch_begin and _end on its own record; both count nesting). One that
 *    begins notes the epoch. The epoch moves from e to e + 1 only by a hart that has found every hart in a section to
 *    have begun it at e. So while a hart that began at e is in its section, the epoch is at most e + 1. Only CK's
 *    sections and its poll are used; its own limbo (ck_epoch_call) stays empty.
 * 2. (G). Let section S have been open when the entry was popped, stamped s. S noted its epoch e before it read the
 *    entry on top (the load fence in reclaim_enter), that read came before the pop, and the pop before the stamp (the
 *    fence in reclaim_stamp). So e <= s, and while S is open the epoch is at most s + 1: it shows s + 2 only after S
 *    was left. ck_epoch_end stores with release what the poll reads before it moves the epoch by an atomic
 *    read-modify-write, and who sees that has an acquire fence behind it (reclaim_passed). Grace is 3, not 2: then e
 *    may be s + 1 as well, and nothing is asked of the two fences between S's looks and the stamp's.
 * 3. ABA of the epoch itself: it would have to wrap, 2^32 moves, within one section, which lets it move by one.
 * 4. Concurrency Kit 0.7.1 on weakly ordered machines. ck_epoch_begin lets loads of the section run ahead of its load
 *    of the epoch; upstream added a fence in June 2026; reclaim_enter has that fence. ck_epoch_poll lacks one between
 *    its look at the records and its dispatch of calls: there are no calls here to dispatch. It takes a short cut when
 *    nobody is active, which does not move the epoch; so it runs in a section of the caller's.
 * 5. Progress. enter, exit: wait-free, one full fence. The clock moves by steps of whoever polls, wait-free, one look
 *    a hart. A hart that stops in a section stops the clock after one more move, for good; outside it stops nothing. */
#include "reclaim.h"

/* Polls and their pauses; a move takes one if no section hangs. */
#define EPOCH_BARRIER_TURNS 20000u

static bool epoch_init(struct reclaim *reclaim)
{
    ck_epoch_init(&reclaim->epoch);
    return true;
}

static void epoch_add_hart(struct reclaim_hart *hart)
{
    ck_epoch_register(&hart->reclaim->epoch, &hart->epoch, NULL);
}

static uint32_t epoch_now(const struct reclaim *reclaim)
{
    return ck_epoch_value(&reclaim->epoch);
}

static void epoch_move(struct reclaim_hart *hart)
{
    reclaim_enter(hart);
    platform_hook();
    (void)ck_epoch_poll(&hart->epoch);
    reclaim_exit(hart);
}

const struct reclaim_backend reclaim_epoch = {
    .name = "epoch",
    .progress = "wait-free sections, one fence each; a hart stopped in one stops the clock",
    .grace = 3,
    .barrier_turns = EPOCH_BARRIER_TURNS,
    .init = epoch_init,
    .add_hart = epoch_add_hart,
    .enter = reclaim_enter,
    .exit = reclaim_exit,
    .now = epoch_now,
    .move = epoch_move,
};
