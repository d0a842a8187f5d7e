/* SPDX-License-Identifier: MIT
 * A chunk: 512 frames, two cache lines. What is free in it, decided without locks.
 *
 * 1. Truth. Two words decide: the bitmap (set = free) and the state word {free count, flags}. Everything else about
 *    a chunk is a hint. The invariant, at every instant and for every hart:
 *
 *        (I1)   set bits  =  count + reserved + unannounced
 *
 *    `reserved`: frames that some hart has subtracted from the count and not yet taken out of the bitmap;
 *    `unannounced`: bits that some hart has set and not yet added to the count. Both are at least 0, so
 *    set bits >= count + reserved.
 * 2. Transitions.
 *      reserve k      CAS  count -> count - k, if count >= k       acquire
 *      take k bits    CAS  a bitmap word, some of its bits -> 0    relaxed
 *      set k bits     fetch-or on a bitmap word                    relaxed
 *      announce k     CAS  count -> count + k                      release
 *      claim whole    CAS  count 512 -> 0, then store 0 to all words
 *      give whole     store all ones to all words, then CAS count 0 -> 512
 *    Taking n frames anywhere = reserve n, take n bits. By I1 a hart with a reservation of n finds n set bits; if it
 *    loses a race for one, another hart took that bit and I1 still holds for it. Taking given frames = reserve, take
 *    those bits, and if one is gone, set the others back and announce all n.
 *    Claim whole: count = 512 leaves no room for reserved or unannounced, so nobody else is at the bitmap, and plain
 *    stores suffice; the same holds while all 512 frames belong to the hart that gives them back.
 * 3. Orders. announce releases and reserve acquires (partners): whoever sees the count sees the bits, and the chain of
 *    read-modify-writes on the state word is one release sequence, so that it sees the bits of every giver and not
 *    just the last. The bitmap itself is relaxed: a word's modification order is all that I1 needs, and contents of
 *    frames are ordered by core's fences around take and give through these very words. reserve needs no release:
 *    nobody reads anything that a taker wrote. Where a flag is cleared the CAS also releases, and where one is set it
 *    also acquires (partners): with the flag passes the duty towards an index, and what the last hart that had it
 *    wrote down, popped_epoch.
 * 4. ABA. A CAS on the state word or on a bitmap word that succeeds on an old value that came back is right all the
 *    same: the words hold their whole meaning and point nowhere.
 * 5. Progress. Every operation is lock-free: a CAS fails only because another hart's succeeded. give is wait-free but
 *    for that. A hart stopped with a reservation or with unannounced bits keeps those frames (512 at most, the ones
 *    it was about to own or to give) and nothing else.
 * 6. Flags say on which index the chunk is, or who sees to it that it will be: index.h. */
#ifndef FRAMELAB_LOCKFREE_CHUNK_H
#define FRAMELAB_LOCKFREE_CHUNK_H

#include "ck.h"
#include "frame.h"

#define CHUNK_WORDS (CHUNK_FRAMES / 64)

/* The state word. */
#define CHUNK_COUNT UINT32_C(0x3ff)   /* free frames, 0 .. 512 */
#define CHUNK_PARTIAL UINT32_C(0x400) /* on the index of chunks for single frames and small runs */
#define CHUNK_WHOLE UINT32_C(0x800)   /* on the index of whole chunks */
#define CHUNK_FULL ((uint32_t)CHUNK_FRAMES)

/* A chunk's place on one index. It is on the stack or in limbo, never on both. */
struct chunk_place {
    ck_stack_entry_t on_stack;
    ck_epoch_entry_t in_limbo;
};

struct chunk {
    _Alignas(CACHE_PAIR) _Atomic uint64_t bits[CHUNK_WORDS];
    _Alignas(CACHE_LINE) _Atomic uint32_t state;
    uint32_t number;                  /* in its arena, constant */
    _Atomic uint32_t popped_epoch[2]; /* when it was last popped from each index; see index.c */
    struct chunk_place places[2];     /* partial, whole */
};

_Static_assert(sizeof(struct chunk) == 2 * CACHE_LINE, "128 bytes a chunk");

static inline uint32_t chunk_state(const struct chunk *chunk)
{
    return atomic_load_explicit(&chunk->state, memory_order_relaxed);
}

static inline uint32_t chunk_count(uint32_t state)
{
    return state & CHUNK_COUNT;
}

/* A counter with one writer: a load and a store make an increment. */
static inline void count_one(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* Up to `count` frames into `frames`; `base` is the chunk's first. Returns how many. In all operations `retries`, of
 * which the calling hart is the only writer, counts lost races. */
uint32_t chunk_take(struct chunk *chunk, uint64_t base, pfn_t *frames, uint32_t count, _Atomic uint64_t *retries);

/* All 512 frames, if all are free; clears `flags` of the state in the same step. */
bool chunk_claim_whole(struct chunk *chunk, uint32_t flags, _Atomic uint64_t *retries);

/* The frames [offset, offset + count), fewer than 512, if all are free. Gives *relist != 0 when taking them back after
 * a lost race brought flags into being that the caller must act on, as for chunk_give. */
bool chunk_claim(struct chunk *chunk, uint32_t offset, uint32_t count, uint32_t *relist, _Atomic uint64_t *retries);

/* Looks for `count` <= 512 free frames in a row at a multiple of 2^align_order and claims them. The alignment is that
 * of frame numbers: a chunk begins at a multiple of 512. */
bool chunk_claim_run(struct chunk *chunk, uint32_t count, uint32_t align_order, uint32_t *offset, uint32_t *relist,
                     _Atomic uint64_t *retries);

/* True if chunk_claim_run would now find such a run. A hint. */
bool chunk_has_run(const struct chunk *chunk, uint32_t count, uint32_t align_order);

/* Takes back the frames that are set in `mask` (CHUNK_WORDS words), `count` of them, all of them out. Returns the flag
 * that this brought into being, 0 if none: the caller must then put the chunk on that index. */
uint32_t chunk_give(struct chunk *chunk, const uint64_t *mask, uint32_t count, _Atomic uint64_t *retries);

/* Takes back [offset, offset + count). */
uint32_t chunk_give_range(struct chunk *chunk, uint32_t offset, uint32_t count, _Atomic uint64_t *retries);

/* The caller has popped the chunk from index `flag` and wants to keep it in hand as one for single frames: makes the
 * flag CHUNK_PARTIAL. False, and `flag` still the caller's to take away, if another hart has that duty, or if the chunk
 * has become whole again. */
bool chunk_hold(struct chunk *chunk, uint32_t flag, _Atomic uint64_t *retries);

/* Takes flag `flag` away, since the chunk has left that index, and sees that a chunk with free frames has one: returns
 * the flag that came into being, as chunk_give. */
uint32_t chunk_unflag(struct chunk *chunk, uint32_t flag, _Atomic uint64_t *retries);

/* The first offset >= `from` whose frame is not free, or 512. A hint. */
uint32_t chunk_next_used(const struct chunk *chunk, uint32_t from);
/* The first offset >= `from` whose frame is free, or 512. A hint. */
uint32_t chunk_next_free(const struct chunk *chunk, uint32_t from);

#endif
