/* SPDX-License-Identifier: MIT
 * Who owns which frame. See kernel_books.h. */
#include "kernel_books.h"

#include "platform.h"

bool books_begin(struct books *books)
{
    void *memory = boot_alloc_zeroed(&kernel_boot, oracle_bytes(&kernel_map), CACHE_PAIR);
    books->collected =
        boot_alloc_zeroed(&kernel_boot, oracle_frames(&kernel_map) * sizeof *books->collected, CACHE_PAIR);
    if (memory == NULL || books->collected == NULL) {
        return false;
    }
    verdict_init(&books->verdict);
    oracle_init(&books->oracle, &books->verdict, &kernel_map, memory);
    return true;
}

void books_open(struct books *books, struct frame_allocator *allocator, struct phys_range plugged)
{
    books->allocator = allocator;
    (void)oracle_learn_arenas(&books->oracle, allocator);
    oracle_plug(&books->oracle, frame_run_inside(plugged));
}

struct judge books_judge(struct books *books, uint32_t hart)
{
    return (struct judge){.allocator = books->allocator, .verdict = &books->verdict, .hart = hart};
}

uint64_t books_collect(struct books *books)
{
    struct judge judge = books_judge(books, platform_hart_id());
    return oracle_collect(&books->oracle, &judge, books->collected, schedule_progress);
}
