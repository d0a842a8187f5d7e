/* SPDX-License-Identifier: MIT
 * The allocator that is none. See null_allocator.h. */
#include "null_allocator.h"

enum frame_status null_alloc(struct null_allocator *null, uint64_t count, pfn_t *first)
{
    *first = pfn(null->next);
    null->next += count;
    return FRAME_OK;
}

enum frame_status null_free(struct null_allocator *null, pfn_t first)
{
    null->last_freed = first.value;
    return FRAME_OK;
}
