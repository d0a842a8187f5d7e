/* SPDX-License-Identifier: MIT
 * The source `epoch`, over ck_epoch: the harts' own looks move it, and nobody's help is needed.
 *
 * 1. States. A hart is in a section or not (ck_epoch_begin and _end on its own record; both count nesting). One that
 *    begins notes the epoch. The epoch moves from e to e + 1 only by a hart that has found every hart in a section to
 *    have begun it at e. So while a hart that began at e is in its section, the epoch is e or e + 1. Only CK's
 *    sections and its poll are used; its own limbo (ck_epoch_call) stays empty.
 * 2. Two words. CK's epoch has 32 bits, and comes round: at 1.5 million moves a second in 48 minutes. `source` is the
 *    same epoch in 64 bits. Only who holds `polling` moves them, in a section: CK's word by one at most
 *    (ck_epoch_poll), and then `source` by as much. So `source` is never ahead of the epoch and at most one behind it,
 *    and not behind while nobody polls. CK compares its word for equality only, and only with what harts in sections
 *    have noted.
 * 3. Cookies. A cookie is the epoch: CK's word, its upper half taken from `source`, which is read before it. That is
 *    exact in a section. Let it have begun at t. CK's word was stored as t after `source` was stored as t - 1 (CK's
 *    full fence between), and read as t before `source` is read (the load fence in reclaim_enter): `source` is seen as
 *    t - 1 or more. It was stored as t + 1 after CK's word was (release, acquire). CK's word is seen as t or t + 1 (1).
 *    So the two differ by 0, 1 or 2. Outside a section a hart could sleep for 2^32 moves between the two looks. So a
 *    cookie may be ahead of `source`, by one, and of an older look at `source` by more: it has not passed then, which a
 *    comparison of both as unsigned numbers of 64 bits says, and a difference would not.
 * 4. (G). An entry was popped in a section that began at t, and with the cookie s in it, s >= t. Let section S have
 *    been open at the pop, begun at e. The epoch had been e by then, and was at most t + 1 (1), so e <= t + 1 <= s + 1.
 *    While S is open the epoch is at most e + 1 <= s + 2: it is s + 3, and `source` shows that, only after S was left.
 *    ck_epoch_end stores with release what the poll reads before `source` is stored (acquire fence, release), the next
 *    poll comes after that (`polling`), and who sees `source` acquires it. Grace is 3. On a machine where the fences do
 *    what they say 2 is enough: S noted e before it read the entry on top (the load fence in reclaim_enter), that read
 *    came before the pop, and the pop before the cookie (the fence in reclaim_cookie), so e <= s. The third asks
 *    nothing of those two.
 * 5. ABA of CK's word would need 2^32 moves within a section, which allows one.
 * 6. Concurrency Kit 0.7.1 on weakly ordered machines. ck_epoch_begin lets loads of the section run ahead of its load
 *    of the epoch; upstream added a fence in June 2026; reclaim_enter has that fence. ck_epoch_poll lacks one between
 *    its look at the records and its dispatch of calls: there are no calls here to dispatch. It takes a short cut when
 *    nobody is active, which does not move the epoch; so it runs in a section of the caller's.
 * 7. Progress. enter, exit: wait-free, one full fence. The source moves by steps of whoever polls, wait-free, one look
 *    a hart. A hart that stops in a section, a poll is one, stops the source after one more move, for good; outside it
 *    stops nothing. */
#include "reclaim.h"

/* Polls and their pauses; a move takes one if no section hangs. */
#ifndef EPOCH_BARRIER_TURNS /* a test may have less patience */
#define EPOCH_BARRIER_TURNS 20000u
#endif

static bool epoch_init(struct reclaim *reclaim)
{
    ck_epoch_init(&reclaim->epoch);
    bare_store_relaxed(&reclaim->source, ck_epoch_value(&reclaim->epoch));
    return true;
}

static void epoch_add_hart(struct reclaim_hart *hart)
{
    ck_epoch_register(&hart->reclaim->epoch, &hart->epoch, NULL);
}

static uint64_t epoch_now(const struct reclaim *reclaim)
{
    return bare_load_acquire(&reclaim->source);
}

static void epoch_move(struct reclaim_hart *hart)
{
    struct reclaim *reclaim = hart->reclaim;
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&reclaim->polling) == 1 + hart->number);
    reclaim_enter(hart);
    (void)shared_epoch_poll(&hart->epoch);
    /* Both words are written by us alone: relaxed. */
    uint64_t before = bare_load_relaxed(&reclaim->source);
    uint64_t after = reclaim_epoch_extend(before, ck_pr_load_uint(&reclaim->epoch.epoch));
    if (after != before) {
        ck_pr_fence_acquire(); /* what the poll has seen of the records, before the store: 2 */
        shared_store_release(&reclaim->source, after);
    }
    reclaim_exit(hart);
}

static void epoch_jump(struct reclaim *reclaim, uint64_t advances)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&reclaim->polling) == 0);
    uint64_t source = bare_load_relaxed(&reclaim->source) + advances;
    ck_pr_store_uint(&reclaim->epoch.epoch, (unsigned int)source);
    bare_store_release(&reclaim->source, source);
}

const struct reclaim_backend reclaim_epoch = {
    .name = "epoch",
    .progress = "wait-free sections, one fence each; a hart stopped in one stops the source",
    .grace = 3,
    .barrier_turns = EPOCH_BARRIER_TURNS,
    .init = epoch_init,
    .add_hart = epoch_add_hart,
    .enter = reclaim_enter,
    .exit = reclaim_exit,
    .now = epoch_now,
    .move = epoch_move,
    .jump = epoch_jump,
};
