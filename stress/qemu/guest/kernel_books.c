/* SPDX-License-Identifier: MIT
 * Who owns which frame. See kernel_books.h. */
#include "kernel_books.h"

#include "platform.h"

bool books_begin(struct books *books, uint64_t frames)
{
    struct frame_run extent = frame_run_inside(memory_map_extent(&kernel_map));
    books->plugged = kernel_withhold(frames, &books->plugged_node);
    void *memory = boot_alloc_zeroed(&kernel_boot, oracle_bytes(extent), CACHE_PAIR);
    books->collected = boot_alloc_zeroed(&kernel_boot, extent.count * sizeof *books->collected, CACHE_PAIR);
    if (memory == NULL || books->collected == NULL || books->plugged.size == 0) {
        console_line("Bail out! no memory for the books, or none to plug in");
        return false;
    }
    verdict_init(&books->verdict);
    oracle_init(&books->oracle, &books->verdict, &kernel_map, memory);
    return true;
}

bool books_open(struct books *books, const struct kernel_options *options, uint32_t harts, uint64_t frames)
{
    struct frame_allocator_config config;
    kernel_keep_frames(frames);
    books->allocator = kernel_allocator(options, harts, &config);
    if (books->allocator == NULL) {
        return false;
    }
    (void)oracle_learn_arenas(&books->oracle, books->allocator);
    oracle_plug(&books->oracle, frame_run_inside(books->plugged));
    return true;
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
