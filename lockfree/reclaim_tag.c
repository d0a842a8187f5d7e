/* SPDX-License-Identifier: MIT
 * No grace-period source, `tag`: each stack's head counts its pops beside the pointer, and both are swapped by one
 * double-width compare-and-swap (ck_stack_pop_mpmc). The ablation without reclamation.
 *
 * 1. ABA. A pop's swap succeeds only if no pop of that stack came in between: then the entry read on top is on top
 *    still, and its next is what it was, since only who pops an entry may push it again. 2^64 pops within one would
 *    be needed to fool it. So nothing waits before it is pushed: grace is 0, sections are nothing, limbo stays empty.
 * 2. A pop may read `next` of an entry that is another hart's by now, or on another stack. What it reads is then not
 *    used; but the memory must still be the index's. It is: index nodes lie in an arena's metadata, which goes only
 *    with the arena.
 * 3. Removal of an arena (P10) rests on core alone, and that suffices. Whoever looks at an arena's stacks or index
 *    nodes got at them by the arena's node, or out of a local chunk, within an operation. Every operation stands in its
 *    hart's section or says that it goes past its cache (hart_cache.h, 6), and a drainer, which does neither, touches
 *    the variant only for what it finds in a cache. Before the node is emptied core has closed and emptied every cache
 *    and local chunk (harts_drain_begin), and keeps them so; after it, bypasses_wait waits for those that went past
 *    theirs. So whoever had seen the arena has ended by then, or the removal is refused. The grace-period sources have
 *    to add one thing only: that no entry of the arena is in limbo; here limbo is empty.
 * 4. Progress. enter, exit, source: nothing. Pops are lock-free, as the others' are, but more expensive: twice the
 *    width. A hart stopped anywhere costs nothing.
 * 5. Where: x86-64 (cmpxchg16b), aarch64. Not riscv64. */
#include "reclaim.h"

#ifdef CK_F_STACK_POP_MPMC
static const bool tag_is_here = true;

bool reclaim_try_pop_tagged(ck_stack_t *stack, ck_stack_entry_t **entry)
{
    return ck_stack_trypop_mpmc(stack, entry);
}
#else
static const bool tag_is_here = false;

bool reclaim_try_pop_tagged(ck_stack_t *stack, ck_stack_entry_t **entry)
{
    (void)stack;
    (void)entry;
    platform_panic("reclaim=tag was not to be had here");
}
#endif

static bool tag_init(struct reclaim *reclaim)
{
    (void)reclaim;
    return tag_is_here;
}

static void tag_nothing(struct reclaim_hart *hart)
{
    (void)hart;
}

static uint64_t tag_now(const struct reclaim *reclaim)
{
    (void)reclaim;
    return 1;
}

static void tag_jump(struct reclaim *reclaim, uint64_t advances)
{
    (void)reclaim;
    (void)advances;
}

const struct reclaim_backend reclaim_tag = {
    .name = "tag",
    .progress = "no sections; a hart stopped anywhere costs nothing",
    .grace = 0,
    .barrier_turns = 20000,
    .init = tag_init,
    .add_hart = tag_nothing,
    .enter = tag_nothing,
    .exit = tag_nothing,
    .now = tag_now,
    .move = tag_nothing,
    .jump = tag_jump,
};
