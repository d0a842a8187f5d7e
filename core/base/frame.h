/* SPDX-License-Identifier: MIT
 * The words of the field as types: frame numbers, runs, physical ranges, layouts, and what can go wrong. */
#ifndef FRAMELAB_CORE_FRAME_H
#define FRAMELAB_CORE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "frame_limits.h"

/* A page frame number: a physical address divided by FRAME_SIZE. */
typedef struct {
    uint64_t value;
} pfn_t;

/* A physical address, in bytes. */
typedef struct {
    uint64_t value;
} phys_addr_t;

/* `count` contiguous frames from `first`. */
struct frame_run {
    pfn_t first;
    uint64_t count;
};

/* `size` bytes of physical memory from `start`. start + size never wraps in a range that core made. */
struct phys_range {
    phys_addr_t start;
    uint64_t size;
};

/* What a caller asks for, in bytes: any size above 0, any power-of-two alignment up to frame_max_alignment().
 * An alignment below FRAME_SIZE means FRAME_SIZE. */
struct frame_layout {
    uint64_t size_bytes;
    uint64_t align_bytes;
};

/* The same in frames, checked: what core hands to a variant. */
struct frame_request {
    uint64_t count;       /* frames, at least 1 */
    uint32_t align_order; /* the first frame's number is a multiple of 2^align_order */
};

/* Why an operation was refused. A refused operation changed nothing. */
enum frame_status {
    FRAME_OK = 0,
    FRAME_NO_MEMORY,         /* at some moment of the call nothing that was free met it; a retry may succeed */
    FRAME_CONTENDED,         /* others were in the way, or a hart did not answer, until patience ran out; retry */
    FRAME_LAYOUT_INVALID,    /* size 0, an alignment that is not a power of two, or a size that wraps */
    FRAME_LAYOUT_IMPOSSIBLE, /* no arena could ever meet this layout */
    FRAME_FOREIGN,           /* not a frame of this allocator: outside RAM, in a hole, or reserved */
    FRAME_MISALIGNED,        /* an address or a run that does not lie on the boundary it claims */
    FRAME_NOT_ALLOCATED,     /* a double free, or a reference to a free frame */
    FRAME_SHARED,            /* a free of a frame that others still hold; use frame_unref */
    FRAME_TOO_MANY_REFS,     /* a reference more would overflow the count, or there is none to count it */
    FRAME_BUSY,              /* an arena of which a frame is out; a call in a handler that interrupted another */
    FRAME_OVERLAP,           /* an arena over memory that an arena already covers */
    FRAME_BAD_CONFIG,        /* a knob, hart count or region list that is invalid */
    FRAME_BAD_HART,          /* the caller has no hart number (core/base/platform.h), or one that has left */
    FRAME_STATUS_COUNT
};

/* Returns a short English sentence for a status; never NULL. */
const char *frame_status_text(enum frame_status status);

static inline pfn_t pfn(uint64_t value)
{
    return (pfn_t){value};
}

static inline struct frame_run frame_run(pfn_t first, uint64_t count)
{
    return (struct frame_run){first, count};
}

/* First frame number after the run. */
static inline uint64_t frame_run_end(struct frame_run run)
{
    return run.first.value + run.count;
}

static inline bool frame_run_contains(struct frame_run run, pfn_t frame)
{
    return frame.value - run.first.value < run.count;
}

/* Physical address of a frame's first byte. */
static inline phys_addr_t frame_addr(pfn_t frame)
{
    return (phys_addr_t){frame.value << FRAME_SHIFT};
}

/* The frame that a physical address lies in. */
static inline pfn_t frame_containing(phys_addr_t addr)
{
    return pfn(addr.value >> FRAME_SHIFT);
}

static inline uint64_t align_up_u64(uint64_t value, uint64_t power_of_two)
{
    return (value + power_of_two - 1) & ~(power_of_two - 1);
}

static inline uint64_t align_down_u64(uint64_t value, uint64_t power_of_two)
{
    return value & ~(power_of_two - 1);
}

/* Whole frames inside a byte range: the start rounded up, the end rounded down. count 0 if there is none. */
static inline struct frame_run frame_run_inside(struct phys_range range)
{
    uint64_t first = (range.start.value >> FRAME_SHIFT) + ((range.start.value & (FRAME_SIZE - 1)) != 0);
    uint64_t end = (range.start.value + range.size) >> FRAME_SHIFT;
    return frame_run(pfn(first), end > first ? end - first : 0);
}

#endif
