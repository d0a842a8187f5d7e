/* SPDX-License-Identifier: MIT
 * The frame allocator's public interface.
 *
 * Who may call what beside what, and what in a handler of interrupts that came in the middle of any of these calls on
 * the same hart:
 *
 *   call                          by whom, beside what             in a handler
 *   alloc, free, ref, unref, frame_ref_count, frame_at_addr
 *                                 any hart, beside anything        yes
 *   frame_arena_add / _remove     any hart, beside anything; they exclude one another
 *                                                                  FRAME_BUSY
 *   frame_zero_idle, _drain       any hart, beside anything        false
 *   frame_hart_leave, _join       any hart, of itself, beside anything
 *                                                                  FRAME_BUSY
 *   frame_hart_take_over          the same                         no: it would take what it interrupted for ended
 *   frame_hart_events, _node      any hart, of itself, beside anything
 *                                                                  yes
 *   frame_allocator_stats         anybody; exact at rest, a hint otherwise
 *                                                                  yes
 *   frame_allocator_node_stats    the same                         yes; FRAME_BUSY in the middle of a call that changes
 *                                                                  or counts arenas
 *   frame_allocator_validate      anybody, at rest only            false
 *   frame_allocator_init          any hart, once, before anything else
 *                                                                  no
 *
 * In a handler, which may itself be interrupted, to any depth: a call never waits for what it interrupted, and for
 * other harts for a moment only, so that FRAME_CONTENDED comes sooner. An allocation may answer FRAME_NO_MEMORY though
 * memory is free that its own hart's cache holds, or the interrupted call. A handler that came between two calls is
 * none: all is as it is elsewhere. With a variant that has a lock (`baseline`, but for lock=...-irq, which turns
 * interrupts off) all of the first six answer FRAME_BUSY in a handler (frame_ref_count: 0).
 *
 * A hart is who the platform gave a number (platform_hart_id in platform.h), and no two have the same. Who has none is
 * refused by every call that is for a hart: FRAME_BAD_HART, or false, 0, and zeroes where there is no status; nothing
 * is touched, and any number of such callers at one time do no harm. On the host a thread says which hart it is by
 * platform_host_hart_set (platform_host.h), which checks it.
 *
 * A call that returns anything but FRAME_OK has changed nothing. An allocation failure is not permanent.
 *
 * What cannot be detected: two harts that free the same frame at the same instant. Refusing that would take an
 * atomic read-modify-write on every free; a free after the first one has finished is always refused.
 *
 * In a build without reference counts (make COUNTS=0) a frame has one owner, and no free of a frame that is free is
 * refused: it is believed, and the frame will be handed out twice. FRAME_NOT_ALLOCATED and FRAME_SHARED do not occur.
 * Frames that are not the allocator's are refused as ever. frame_counts_references says which build it is. */
#ifndef FRAMELAB_CORE_FRAME_ALLOCATOR_H
#define FRAMELAB_CORE_FRAME_ALLOCATOR_H

#include <stddef.h>

#include "frame.h"
#include "stats.h"

struct boot_allocator;
struct frame_allocator;
struct memory_map;
struct ram_region;
struct variant;

struct frame_allocator_config {
    const struct variant *variant;
    uint64_t knobs[KNOB_MAX];           /* of the variant; knobs_reset() gives the defaults */
    uint32_t magazine;                  /* frames per magazine, 0 .. MAGAZINE_MAX; 0: caches off */
    uint32_t batch;                     /* frames a refill or spill moves, 1 .. magazine; 0: as magazine */
    uint32_t magazines;                 /* 1 or 2; with one the bound of one global access in a batch is lost */
    uint32_t run_magazine;              /* runs a magazine at most, 0 .. RUN_MAGAZINE_MAX; 0: none are cached */
    uint64_t hole_metadata_limit_bytes; /* HOLE_METADATA_BYTES_DEFAULT */
    bool drain;                         /* true; false: allocations fail though caches hold memory (no P5) */
    uint32_t hart_count;                /* platform_hart_count() .. HART_MAX: no caller may have a number beyond */
};

/* Fills in the variant's defaults. */
void frame_allocator_config_init(struct frame_allocator_config *config, const struct variant *variant,
                                 uint32_t hart_count);

/* Parses `name[:preset][,knob=value]...` against `variants` (NULL-terminated). The knobs `magazine`, `batch`,
 * `magazines`, `run-magazine` (0 unless said otherwise if `magazine` is 0), `hole-limit` (KiB) and `drain` belong to
 * every variant. False with one line in `why` if the text is invalid. */
bool frame_allocator_config_parse(struct frame_allocator_config *config, const struct variant *const *variants,
                                  const char *text, uint32_t hart_count, char *why, size_t why_bytes);

/* Writes every knob's value, core's and the variant's, as "knob=value,...". Returns the length needed. */
size_t frame_allocator_config_format(const struct frame_allocator_config *config, char *out, size_t out_bytes);

/* Every knob with its value: core's, which belong to every variant, then the variant's. Both have KNOB_MAX places;
 * returns how many there are. Of a variant that frame_allocator_config_parse takes. */
struct knob;
uint32_t frame_allocator_config_knobs(const struct frame_allocator_config *config, struct knob *knobs,
                                      uint64_t *values);

/* Builds an allocator in memory from `boot`, over all that `boot` then has left and the FDT's own region, given back
 * here: the caller has done parsing. `map` gives nodes and distances. Regions too small for their metadata are
 * logged and skipped. FRAME_BAD_CONFIG (also: fewer harts than the platform has), FRAME_BAD_HART, FRAME_NO_MEMORY (no
 * room for the allocator itself, or no arena). */
enum frame_status frame_allocator_init(struct frame_allocator **out, const struct frame_allocator_config *config,
                                       struct boot_allocator *boot, struct memory_map *map);

/* False in a build without reference counts. */
bool frame_counts_references(void);

/* One frame, its reference count 1. Of all allocations: FRAME_NO_MEMORY only if at some moment of the call nothing that
 * was free anywhere met the request, caches drained; never wrong, but with `drain` off. FRAME_CONTENDED if that could
 * not be told: others moved frames at each of many looks, a hart did not answer, or an arena was coming or going. */
enum frame_status frame_alloc_one(struct frame_allocator *fa, pfn_t *frame);
enum frame_status frame_alloc_one_zeroed(struct frame_allocator *fa, pfn_t *frame);

/* Exactly layout.size_bytes rounded up to whole frames, contiguous, aligned; every frame's count is 1. */
enum frame_status frame_alloc_contiguous(struct frame_allocator *fa, struct frame_layout layout, struct frame_run *run);
enum frame_status frame_alloc_contiguous_zeroed(struct frame_allocator *fa, struct frame_layout layout,
                                                struct frame_run *run);

/* The _zeroed functions do not zero what is known to hold zeroes, and prefer it: fresh memory, and what frame_zero_idle
 * has made of used memory. */

/* For idle time: takes a chunk that is free in the global allocator and not known to hold zeroes, zeroes it, and gives
 * it back as one that does. True if it did; false if it found none. At most 2 MiB are zeroed, and nothing waits: the
 * chunk is out meanwhile: an allocation that finds nothing then answers FRAME_CONTENDED. */
bool frame_zero_idle(struct frame_allocator *fa);

/* Frees a frame of which the caller holds the only reference, and knows it: if others had references, what they did
 * with them is ordered before this call. Who does not know calls frame_unref, which orders that itself. FRAME_FOREIGN,
 * FRAME_NOT_ALLOCATED, FRAME_SHARED. */
enum frame_status frame_free_one(struct frame_allocator *fa, pfn_t frame);
/* Frees an allocated run or any part of one, or several that lie side by side. The errors of frame_free_one. */
enum frame_status frame_free_run(struct frame_allocator *fa, struct frame_run run);
/* Frees what frame_alloc_contiguous gave for `layout`. Also FRAME_MISALIGNED and FRAME_LAYOUT_INVALID. */
enum frame_status frame_free_contiguous(struct frame_allocator *fa, pfn_t first, struct frame_layout layout);

/* One reference more, or one less; the last unref frees the frame. Without counts there is one reference at all times:
 * frame_ref gives FRAME_TOO_MANY_REFS, frame_unref frees. */
enum frame_status frame_ref(struct frame_allocator *fa, pfn_t frame);
enum frame_status frame_unref(struct frame_allocator *fa, pfn_t frame);
/* The number of references; 0 for a free or foreign frame. Without counts: 1 for every frame that may be handed out,
 * free or not; 0 for a foreign one. */
uint32_t frame_ref_count(struct frame_allocator *fa, pfn_t frame);

/* The frame at a physical address: FRAME_MISALIGNED inside a frame, FRAME_FOREIGN if it is none of ours;
 * FRAME_CONTENDED if none of ours has it, but some arena was coming or going for too long. */
enum frame_status frame_at_addr(struct frame_allocator *fa, phys_addr_t addr, pfn_t *frame);

/* The largest alignment, in bytes, that some arena could meet. */
uint64_t frame_max_alignment(const struct frame_allocator *fa);

/* Memory hot-plug. Add: FRAME_OVERLAP, FRAME_NO_MEMORY (too small for its metadata, or too many arenas).
 * Remove takes the arena that holds `frame`; FRAME_BUSY, changing nothing, while a frame of it is out; FRAME_CONTENDED,
 * changing nothing, if a hart did not answer, or others moved frames all the time so that it could not be told. When it
 * returns FRAME_OK the whole region, metadata included, belongs to the caller again. Every hart has to answer before
 * anything is taken away; one that stops in the moment after that costs the others FRAME_CONTENDED, in place of that
 * arena's memory, until the removal gives up. Both: FRAME_CONTENDED if another of them is under way for too long. */
enum frame_status frame_arena_add(struct frame_allocator *fa, struct phys_range range, uint32_t node);
enum frame_status frame_arena_remove(struct frame_allocator *fa, pfn_t frame);

/* Empties every hart's cache into the global allocator. False if a hart did not answer in time, or the caller is none.
 */
bool frame_allocator_drain(struct frame_allocator *fa);

/* Harts come and go; all that are below hart_count are there after init. The hart that leaves gives back all that it
 * holds: no drain, no removal of an arena and no grace period waits for it any more, and every call under its number
 * but frame_hart_join is refused (FRAME_BAD_HART). FRAME_BUSY in a handler; FRAME_BAD_HART, also if it has left;
 * FRAME_CONTENDED, and it is still there, if another hart kept its cache for too long. */
enum frame_status frame_hart_leave(struct frame_allocator *fa);
/* Under a number that has left: it is a hart again, of NUMA node `node`. FRAME_BAD_CONFIG: no such node; FRAME_BUSY:
 * the number has not left, or in a handler; FRAME_CONTENDED, and it is not, if others were in the way for too long. */
enum frame_status frame_hart_join(struct frame_allocator *fa, uint32_t node);
/* The same under the number of a hart that has ended, wherever it stood: the caller, who has that number now
 * (platform_hart_id), vouches for that. If it ended between two calls, all that it held is the caller's. If inside one,
 * what can be made whole is, and what it had on its way is lost: a batch at most, or the run that it was about
 * (frame_account.lost). FRAME_BUSY, too, if it ended while it changed arenas (or counted them, in a handler), or inside
 * a call of a variant whose state cannot be repaired (a lock that nobody will release): then its number is lost. Until
 * it is taken over, who has the number of a hart that ended inside a call passes for one that interrupted that. */
enum frame_status frame_hart_take_over(struct frame_allocator *fa, uint32_t node);

/* The calling hart's NUMA node: of who has left, the one that it was of. 0 for who is none. */
uint32_t frame_hart_node(const struct frame_allocator *fa);

void frame_allocator_stats(const struct frame_allocator *fa, struct frame_stats *stats);
/* What the calling hart has done beyond its cache so far: two looks tell which way an operation between them went. Any
 * hart, beside anything; wait-free, and nobody else's lines are looked at. Zeroes for who is none. */
void frame_hart_events(const struct frame_allocator *fa, struct frame_hart_events *events);
/* Of one NUMA node, below frame_allocator_nodes(). It looks at every frame: milliseconds a GiB. FRAME_BAD_CONFIG: no
 * such node; FRAME_CONTENDED: arenas were coming or going for too long. */
enum frame_status frame_allocator_node_stats(struct frame_allocator *fa, uint32_t node, struct frame_node_stats *stats);
uint32_t frame_allocator_nodes(const struct frame_allocator *fa);

/* At rest, where every frame is counted once. */
struct frame_account {
    uint64_t total;     /* usable frames of all arenas */
    uint64_t free;      /* in the global allocator */
    uint64_t cached;    /* in hart caches */
    uint64_t allocated; /* reference count above 0; without counts: the rest */
    uint64_t lost;      /* on their way when a hart ended in the middle of an operation (frame_hart_take_over) */
};

/* Checks free + cached + allocated + lost = total, each frame in one place only, counts that agree, and the variant's
 * own equations. False with a log line for the first that is broken. At rest only. Without counts a frame that got lost
 * passes for allocated; one that was freed twice is found while it lies in two places. */
bool frame_allocator_validate(struct frame_allocator *fa, struct frame_account *account);

/* Calls `visit` for each arena in service. At rest only. */
struct arena;
void frame_allocator_arenas(struct frame_allocator *fa, void (*visit)(void *context, const struct arena *arena),
                            void *context);

#endif
