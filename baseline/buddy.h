/* SPDX-License-Identifier: MIT
 * Buddy free lists over one arena, orders 0 to 10, with coalescing. The theory stands in buddy.c.
 *
 * No function here locks: all of them run under the lock of the allocator that owns the buddy, buddy_walk at rest.
 * A frame's owner word belongs to whoever owns the frame, and needs no lock. */
#ifndef FRAMELAB_BASELINE_BUDDY_H
#define FRAMELAB_BASELINE_BUDDY_H

#include "frame.h"

/* The largest block, log2 of frames: 4 MiB, as in the origin. */
#define BUDDY_ORDER_MAX 10u
#define BUDDY_TOP_FRAMES (1u << BUDDY_ORDER_MAX)

/* Eight bytes a frame. */
union buddy_word {
    struct {
        uint32_t next, prev; /* block numbers, or none */
    } link;                  /* while a free block starts here: its neighbours in the list of its order */
    uint64_t owner;          /* while the frame is out: its owner's */
};

struct buddy {
    uint64_t base;                       /* frame number of index 0: span.first rounded down to a top block */
    uint32_t first;                      /* index of the span's first frame */
    uint32_t end;                        /* index after the span, rounded up to a top block */
    uint64_t free_frames;                /* = sum over orders of 2^order * length of its list */
    uint32_t filled;                     /* bit o = list o is not empty */
    uint32_t heads[BUDDY_ORDER_MAX + 1]; /* first block of each list, or none */
    union buddy_word *words;             /* one a frame of the span */
    union buddy_word *top_words;         /* one a top block */
    uint8_t *marks;                      /* one a frame: 1 + order of the free block that starts here; 0: none */
    uint8_t *top_marks;                  /* one a top block: 1: free as a whole; 0: not */
};

/* True if a buddy can number the frames of `span`: up to some 16 TiB. */
bool buddy_can_span(struct frame_run span);

/* Bytes of a buddy over `span`: about 9 a frame. */
uint64_t buddy_bytes(struct frame_run span);

/* Lays out a buddy with nothing free in `memory`: buddy_bytes(span) bytes, cache-line aligned, zeroed or left by
 * buddy_clear. Touches only the head of it. */
struct buddy *buddy_init(void *memory, struct frame_run span);

/* The owner words, one for each frame of the span. */
static inline uint64_t *buddy_owner_words(const struct buddy *buddy)
{
    return &buddy->words[0].owner;
}

/* Takes all free blocks off the lists. */
void buddy_clear(struct buddy *buddy);

/* Makes a run free, merging it with what is free around it. Its frames were not free, and are inside the span. */
void buddy_give_run(struct buddy *buddy, struct frame_run run);

/* Up to `count` single frames from the smallest blocks there are; returns how many. */
uint32_t buddy_take_frames(struct buddy *buddy, pfn_t *frames, uint32_t count);

/* A run cut from the start of the smallest block that surely holds it; false if no list has such a block, which does
 * not mean that there is no such run. Constant time. */
bool buddy_take_run(struct buddy *buddy, struct frame_request request, pfn_t *first);

/* The lowest run that meets the request, wherever it lies; false if there is none. Linear in the span. */
bool buddy_search_run(struct buddy *buddy, struct frame_request request, pfn_t *first);

/* Calls `visit` for each free block inside the usable `regions` (ascending, disjoint), and checks the equations of
 * buddy.c. False with a log line for the first that is broken. */
bool buddy_walk(const struct buddy *buddy, const struct frame_run *regions, uint32_t region_count,
                void (*visit)(void *context, struct frame_run run), void *context);

#endif
