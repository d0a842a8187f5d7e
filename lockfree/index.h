/* SPDX-License-Identifier: MIT
 * The index: CK stacks by which chunks with free frames, and chunk bitmaps with whole chunks, are found without a
 * search.
 *
 * 1. A hint. What stands on a stack says nothing certain; the bits decide (chunk.h, chunk_bitmap.h). What is popped and
 *    has nothing free is dropped, so nothing ever has to leave a stack's middle.
 * 2. `linked` says that the index node is on a stack, in limbo on its way there, or that some hart has the link duty to
 *    put it there or to drop it: the hart that popped it, or that set the flag. So an index node is never pushed twice.
 *
 *        (I)   bits are set  ==>  linked, or some hart is about to look (it owes a look)
 *
 *    A giver that finds a word 0 sets bits, then reads `linked`; a hart that drops clears `linked`, then reads the
 *    bits. All four are sequentially consistent, so at least one of the two sees the other. A giver that finds the word
 *    not 0 owes nothing: those bits were there before, and (I) held for them. A scan finds what a hart stopped in
 *    between has left undone (state.h).
 * 3. ABA. An index node that was popped at some moment is not pushed before every hart that was popping at that moment
 *    has finished (reclaim.h, 1): each pop stands in a section; the popper stores the moment's cookie in the node; a
 *    push at once needs that the cookie has passed, else the push goes through limbo. (With reclamation `tag` every
 *    cookie has passed.)
 * 4. Orders. A push (ck_stack's) has a store fence between the node's next and the swap, a pop a load fence
 *    between head and next (partners). `stack` and `in_limbo` are plain: only who has the link duty touches them, and
 *    the link duty passes with `linked` (sequentially consistent), or through the stack or limbo (their fences).
 * 5. Progress. put, pop: lock-free. claim, drop: wait-free. */
#ifndef FRAMELAB_LOCKFREE_INDEX_H
#define FRAMELAB_LOCKFREE_INDEX_H

#include "atomic.h"
#include "reclaim.h"

struct index_stack {
    _Alignas(2 * sizeof(void *)) ck_stack_t stack; /* for the double-width steps of `tag` */
};

/* A chunk's or chunk bitmap's index node. It is on a stack or in limbo, never on both. */
struct index_node {
    ck_stack_entry_t on_stack;
    struct reclaim_entry in_limbo;
    struct index_stack *stack; /* where it goes once it leaves limbo */
    _Atomic uint32_t linked;
};

_Static_assert(sizeof(void *) != 8 || sizeof(struct index_node) == 40, "metadata of a chunk: README.md");

/* Tries to get the link duty of an index node that is not linked. */
static inline bool index_claim(struct index_node *node)
{
    if (shared_load_seq_cst(&node->linked) != 0) {
        return false;
    }
    uint32_t unlinked = 0;
    return shared_cas_strong_seq_cst(&node->linked, &unlinked, 1);
}

/* With the link duty: gives it up. The caller then looks whether there is something free after all, and if so
 * claims. */
static inline void index_drop(struct index_node *node)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&node->linked) == 1);
    shared_store_seq_cst(&node->linked, 0);
}

/* With the link duty: puts the index node on a stack, now or when it may. */
void index_put(struct index_node *node, struct index_stack *stack, struct reclaim_hart *hart,
               _Atomic uint64_t *retries);
/* What reclaim_init is to call: puts the index node on its stack. (CK's own loop: races lost here are not counted.) */
void index_put_from_limbo(struct reclaim_entry *entry);

/* In a section. Pops an index node, with its link duty; NULL if the stack is empty. */
struct index_node *index_pop(struct index_stack *stack, const struct reclaim_hart *hart, _Atomic uint64_t *retries);

/* The index node on top, which stays there; NULL if there is none. A hint; in a section the index node may be looked
 * at. */
struct index_node *index_top(struct index_stack *stack);

/* At rest. How many index nodes are on a stack. */
uint64_t index_length(const struct index_stack *stack);

#endif
