/* SPDX-License-Identifier: MIT
 * Every compile-time limit of framelab's core, with its unit and its reason. Not named limits.h: with this folder
 * on the include path, that would hide the C library's own from whoever includes <limits.h>, CK's locks among them. */
#ifndef FRAMELAB_CORE_FRAME_LIMITS_H
#define FRAMELAB_CORE_FRAME_LIMITS_H

#include <stdint.h>

/* Bytes in a frame, log2. 4 KiB is the base page of x86-64, AArch64 and RISC-V alike. */
#define FRAME_SHIFT 12u
#define FRAME_SIZE (UINT64_C(1) << FRAME_SHIFT)

/* Frames in a chunk, log2: 512 frames, 2 MiB, the huge page of the same three architectures. A chunk's
 * bitmap then fills one 64-byte cache line exactly. */
#define CHUNK_ORDER 9u
#define CHUNK_FRAMES (UINT64_C(1) << CHUNK_ORDER)

/* Frames in a group, log2: the frames that are counted together by one byte (core/refcount_view.h). With reference
 * counts 16, whose counts fill a cache line; without, where these bytes are all there is, 32: half the metadata. */
#ifdef FRAMELAB_NO_COUNTS
#define GROUP_ORDER 5u
#else
#define GROUP_ORDER 4u
#endif
#define GROUP_FRAMES (UINT64_C(1) << GROUP_ORDER)
#define CHUNK_GROUPS (CHUNK_FRAMES / GROUP_FRAMES)

/* Bytes that may travel between caches as one. Two 64-byte lines, since the x86 prefetcher fetches pairs. */
#define CACHE_LINE 64u
#define CACHE_PAIR 128u

/* Harts an allocator serves. QEMU's virt machine stops at 512. */
#define HART_MAX 512u

/* Regions that a memory map may hold, of each kind (RAM, reserved, free). The largest device trees of real
 * boards have a few dozen; a firmware memory map of a big server has about a hundred. */
#define REGION_MAX 256u

/* NUMA nodes. Linux's default for arm64 and x86-64 servers is 64 (1 << 6); each costs a row of distances. */
#define NODE_MAX 64u

/* Arenas that exist at one time, boot and hot-plugged together. */
#define ARENA_MAX 256u

/* Bytes of metadata that may be spent on the holes inside one arena before two regions become two arenas:
 * 528 KiB, as in the origin (core/README.md). A run-time knob; this is its default. */
#define HOLE_METADATA_BYTES_DEFAULT (UINT64_C(0x84000))

/* Largest magazine, frames. Above a few hundred the miss rate 1/M no longer shows; memory held per hart does, and the
 * time that a batch holds a lock. Linux's largest published batch, 2047 pages, has room. */
#define MAGAZINE_MAX 2048u
#define MAGAZINE_DEFAULT 64u

/* Magazines of each kind a hart: two, so that the global allocator is reached at most once in a batch of operations.
 * One is a choice for who wants to see what the second is good for. */
#define MAGAZINES_MAX 2u

/* The same for magazines of runs of 2, 4, ... 2^CACHE_ORDER_MAX frames. All harts' together hold at most this part of
 * memory, and each order its share of that. */
#define CACHE_ORDER_MAX 10u
#define RUN_MAGAZINE_MAX 64u
#define RUN_MAGAZINE_DEFAULT 32u
#define RUN_MAGAZINES_PART 8u

/* Largest alignment of a request: 1 GiB, the gigantic page of the three architectures. */
#define ALIGN_ORDER_MAX 18u

/* Knobs that one variant may declare. */
#define KNOB_MAX 16u

_Static_assert(CHUNK_FRAMES % GROUP_FRAMES == 0, "a chunk is a whole number of groups");
_Static_assert(CHUNK_FRAMES / 8 == CACHE_LINE, "a chunk's bitmap is one cache line");
_Static_assert(MAGAZINE_DEFAULT <= MAGAZINE_MAX, "the default magazine is a possible one");
_Static_assert(RUN_MAGAZINE_DEFAULT <= RUN_MAGAZINE_MAX, "so is that of runs");
_Static_assert(CACHE_ORDER_MAX >= CHUNK_ORDER, "chunks are among the cached runs");

#endif
