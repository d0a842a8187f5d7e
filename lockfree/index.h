/* SPDX-License-Identifier: MIT
 * The index: CK stacks by which chunks with free frames, and blocks with whole chunks, are found without a search.
 *
 * 1. A hint. What stands on a stack says nothing certain; the bits decide (chunk.h, block.h). What is popped and has
 *    nothing free is dropped, so nothing ever has to leave a stack's middle.
 * 2. `listed` says that the place is on a stack, in limbo on its way there, or that some hart has the duty to put it
 *    there or to drop it: the hart that popped it, or that set the flag. So a place is never pushed twice.
 *
 *        (I)   bits are set  ==>  listed, or some hart is about to look (it owes a look)
 *
 *    A giver that finds a word 0 sets bits, then reads `listed`; a hart that drops clears `listed`, then reads the
 *    bits. All four are sequentially consistent, so at least one of the two sees the other. A giver that finds the word
 *    not 0 owes nothing: those bits were there before, and (I) held for them. A scan finds what a hart stopped in
 *    between has left undone (state.h).
 * 3. ABA. A place that was popped at some moment is not pushed before every hart that was popping at that moment has
 *    finished (reclaim.h, 1): each pop stands in a section; the popper stamps the place with the moment; a push at once
 *    needs that the stamp has passed, else the push goes through limbo. (With reclamation `tag` every stamp has
 *    passed.)
 * 4. Orders. A push (ck_stack's) has a store fence between the place's next and the swap, a pop a load fence
 *    between head and next (partners). `stack` and `in_limbo` are plain: only who has the duty touches them, and
 *    the duty passes with `listed` (sequentially consistent), or through the stack or limbo (their fences).
 * 5. Progress. put, pop: lock-free. claim, drop: wait-free. */
#ifndef FRAMELAB_LOCKFREE_INDEX_H
#define FRAMELAB_LOCKFREE_INDEX_H

#include "atomic.h"
#include "reclaim.h"

struct index_stack {
    _Alignas(2 * sizeof(void *)) ck_stack_t stack; /* for the double-width steps of `tag` */
};

/* A chunk's or block's place in the index. It is on a stack or in limbo, never on both. */
struct place {
    ck_stack_entry_t on_stack;
    struct reclaim_entry in_limbo;
    struct index_stack *stack; /* where it goes once it leaves limbo */
    _Atomic uint32_t listed;
};

_Static_assert(sizeof(void *) != 8 || sizeof(struct place) == 40, "metadata of a chunk: README.md");

/* Tries to get the duty of a place that is not listed. */
static inline bool index_claim(struct place *place)
{
    if (shared_load_seq_cst(&place->listed) != 0) {
        return false;
    }
    uint32_t unlisted = 0;
    return shared_cas_strong_seq_cst(&place->listed, &unlisted, 1);
}

/* With the duty: gives it up. The caller then looks whether there is something free after all, and if so claims. */
static inline void index_drop(struct place *place)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&place->listed) == 1);
    shared_store_seq_cst(&place->listed, 0);
}

/* With the duty: puts the place on a stack, now or when it may. */
void index_put(struct place *place, struct index_stack *stack, struct reclaim_hart *hart, _Atomic uint64_t *retries);
/* What reclaim_init is to call: puts the place on its stack. (CK's own loop: races lost here are not counted.) */
void index_put_from_limbo(struct reclaim_entry *entry);

/* In a section. Pops a place, with its duty; NULL if the stack is empty. */
struct place *index_pop(struct index_stack *stack, const struct reclaim_hart *hart, _Atomic uint64_t *retries);

/* The place on top, which stays there; NULL if there is none. A hint; in a section the place may be looked at. */
struct place *index_top(struct index_stack *stack);

/* At rest. How many places are on a stack. */
uint64_t index_length(const struct index_stack *stack);

#endif
