/* SPDX-License-Identifier: MIT
 * Who owns which frame. See kernel_books.h. */
#include "kernel_books.h"

#include "platform.h"

bool books_begin(struct books *books)
{
    uint64_t start = UINT64_MAX, end = 0;
    for (uint32_t i = 0; i < kernel_map.ram_count; i++) {
        const struct phys_range *ram = &kernel_map.ram[i].range;
        start = ram->start.value < start ? ram->start.value : start;
        end = ram->start.value + ram->size > end ? ram->start.value + ram->size : end;
    }
    books->first = start >> FRAME_SHIFT;
    books->count = (end >> FRAME_SHIFT) - books->first;
    books->owners = boot_alloc_zeroed(&kernel_boot, books->count * sizeof *books->owners, CACHE_PAIR);
    books->collected = boot_alloc_zeroed(&kernel_boot, books->count * sizeof *books->collected, CACHE_PAIR);
    return books->owners != NULL && books->collected != NULL;
}

/* Relaxed, all of it: whose a frame is was settled by the allocator, and so is who writes when. */
static void owner_change(struct books *books, struct frame_run run, uint32_t before, uint32_t after)
{
    for (uint64_t i = 0; i < run.count; i++) {
        uint64_t frame = run.first.value + i - books->first;
        uint32_t found = frame < books->count
                             ? atomic_exchange_explicit(&books->owners[frame], after, memory_order_relaxed)
                             : UINT32_MAX;
        if (found != before && atomic_fetch_add_explicit(&books->wrong, 1, memory_order_relaxed) == 0) {
            console_line("# frame 0x%llx: owner %ld, not %ld", (unsigned long long)run.first.value + i,
                         (long)(int32_t)found - 1, (long)before - 1);
        }
    }
}

void books_take(struct books *books, uint32_t hart, struct frame_run run)
{
    owner_change(books, run, 0, hart + 1);
}

void books_give(struct books *books, uint32_t hart, struct frame_run run)
{
    owner_change(books, run, hart + 1, 0);
}

uint64_t books_held(const struct books *books, uint32_t hart)
{
    uint64_t held = 0;
    for (uint64_t i = 0; i < books->count; i++) {
        held += atomic_load_explicit(&books->owners[i], memory_order_relaxed) == hart + 1;
    }
    return held;
}

uint64_t books_collect(struct books *books)
{
    uint64_t count = 0;
    enum frame_status status;
    while ((status = frame_alloc_one(books->allocator, &books->collected[count])) == FRAME_OK) {
        books_take(books, platform_hart_id(), frame_run(books->collected[count], 1));
        count++;
        FRAME_ASSERT(count < books->count);
        schedule_progress();
    }
    FRAME_ASSERT(status == FRAME_NO_MEMORY || status == FRAME_CONTENDED);
    for (uint64_t i = 0; i < count; i++) {
        books_give(books, platform_hart_id(), frame_run(books->collected[i], 1));
        FRAME_ASSERT(frame_free_one(books->allocator, books->collected[i]) == FRAME_OK);
        schedule_progress();
    }
    return count;
}
