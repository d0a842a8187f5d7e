/* SPDX-License-Identifier: MIT
 * Another program that uses the allocator:  cc example.c $(pkg-config --cflags --libs framelab)  */
#include <framelab.h>
#include <stdio.h>

int main(void)
{
    struct frame_allocator *fa = framelab_open("lockfree", UINT64_C(1) << 30, 1);
    struct frame_run run;
    if (fa == NULL || frame_alloc_contiguous_zeroed(fa, (struct frame_layout){3 << 20, 2 << 20}, &run) != FRAME_OK) {
        return 1;
    }
    printf("%llu frames from 0x%llx\n", (unsigned long long)run.count, (unsigned long long)frame_addr(run.first).value);
    return frame_free_run(fa, run) != FRAME_OK;
}
