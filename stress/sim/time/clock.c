/* SPDX-License-Identifier: MIT
 * See clock.h. */
#include "clock.h"

#include "frame_limits.h"
#include "run.h"

#define ABSENT UINT32_MAX

static struct {
    struct entry {
        uint64_t ps;
        uint32_t hart;
    } heap[HART_MAX];
    uint32_t place[HART_MAX]; /* of each hart in the heap; ABSENT */
    uint32_t count;
} clock_heap;

static bool before(struct entry a, struct entry b)
{
    return a.ps != b.ps ? a.ps < b.ps : a.hart < b.hart;
}

static void put(uint32_t at, struct entry entry)
{
    clock_heap.heap[at] = entry;
    clock_heap.place[entry.hart] = at;
}

static void sift_up(uint32_t at, struct entry entry)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        if (!before(entry, clock_heap.heap[parent])) {
            break;
        }
        put(at, clock_heap.heap[parent]);
        at = parent;
    }
    put(at, entry);
}

static void sift_down(uint32_t at, struct entry entry)
{
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < clock_heap.count && before(clock_heap.heap[child + 1], clock_heap.heap[child])) {
            child++;
        }
        if (child >= clock_heap.count || !before(clock_heap.heap[child], entry)) {
            break;
        }
        put(at, clock_heap.heap[child]);
        at = child;
    }
    put(at, entry);
}

void clock_reset(void)
{
    clock_heap.count = 0;
    for (uint32_t i = 0; i < HART_MAX; i++) {
        clock_heap.place[i] = ABSENT;
    }
}

void clock_insert(uint32_t hart, uint64_t ps)
{
    sift_up(clock_heap.count++, (struct entry){ps, hart});
}

void clock_remove(uint32_t hart)
{
    uint32_t at = clock_heap.place[hart];
    if (at == ABSENT) {
        return;
    }
    clock_heap.place[hart] = ABSENT;
    struct entry last = clock_heap.heap[--clock_heap.count];
    if (at < clock_heap.count) {
        sift_down(at, last);
        sift_up(clock_heap.place[last.hart], last);
    }
}

void clock_advance(uint32_t hart, uint64_t ps)
{
    sift_down(clock_heap.place[hart], (struct entry){ps, hart});
}

uint32_t clock_first(void)
{
    return clock_heap.count > 0 ? clock_heap.heap[0].hart : RUN_NOBODY;
}
