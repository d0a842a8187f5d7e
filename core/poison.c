/* SPDX-License-Identifier: MIT
 * Filling and checking free frames. The theory stands in poison.h. */
#include "poison.h"

#define FRAME_WORDS (FRAME_SIZE / sizeof(uint64_t))
#define LAST_WORD (FRAME_WORDS - 1)

static uint64_t poison_of(pfn_t frame)
{
    return UINT64_C(0xf4eedf4a3ef4ee00) ^ frame.value;
}

static uint64_t *words_of(pfn_t frame)
{
    return platform_phys_to_virt(frame_addr(frame));
}

void poison_fill(struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    for (uint64_t i = 0; i < run.count && i < POISON_FRAMES; i++) {
        pfn_t frame = pfn(run.first.value + i);
        uint64_t *words = words_of(frame);
        words[0] = poison_of(frame);
        for (uint32_t w = 1; w < FRAME_WORDS; w *= 2) { /* few calls: debug builds are slow at loops */
            memcpy(words + w, words, w * sizeof *words);
        }
    }
}

static void poison_remove(pfn_t frame)
{
    uint64_t *words = words_of(frame);
    words[0] = 0;
    words[LAST_WORD] = 0;
}

static bool is_poisoned(pfn_t frame)
{
    const uint64_t *words = words_of(frame);
    return words[0] == poison_of(frame) || words[LAST_WORD] == poison_of(frame);
}

static void frame_check(pfn_t frame)
{
    const uint64_t *words = words_of(frame);
    if (words[0] == poison_of(frame) && memcmp(words, words + 1, FRAME_SIZE - sizeof *words) == 0) {
        return; /* each word is as the one before */
    }
    for (uint32_t w = 0; w < FRAME_WORDS; w++) {
        if (words[w] != poison_of(frame)) {
            platform_panic("frame 0x%llx was written to while it was free: at offset %u is 0x%llx",
                           (unsigned long long)frame.value, (unsigned)(w * sizeof *words),
                           (unsigned long long)words[w]);
        }
    }
}

void poison_check(const struct refcount_view *view, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    for (uint64_t i = 0; i < run.count; i++) {
        pfn_t frame = pfn(run.first.value + i);
        bool is_zero = view != NULL && count_is_zero(view, frame);
        if (!is_zero && is_poisoned(frame)) {
            frame_check(frame);
            poison_remove(frame);
        }
    }
}

void poison_forget(struct frame_run run)
{
    for (uint64_t i = 0; i < run.count; i++) {
        pfn_t frame = pfn(run.first.value + i);
        if (is_poisoned(frame)) {
            poison_remove(frame);
        }
    }
}
