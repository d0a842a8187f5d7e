/* SPDX-License-Identifier: MIT
 * Selecting and building arenas.
 *
 * 1. Merging. A group of free regions grows upward, region by region, while the next one belongs to the same node,
 *    the metadata spent on holes stays within the limit, and the whole has more frames to hand out than either part
 *    alone (a small region far away may bring less than the hole costs). Parts that have no place for their metadata
 *    yet may always come together: more may follow. The region that ends a group begins the next. If in the end a
 *    group does not hold its metadata, its first region is skipped and the search begins anew with the second.
 * 2. The cost of a hole is real: the bytes by which the metadata of the span below it grows when the span is
 *    extended across it, the variant's part included.
 * 3. Place. The metadata takes the end of the region where that destroys the fewest whole chunks; among those, the
 *    one where it leaves least of the fragment after the last chunk; among those, the highest.
 * 4. Size. It is computed for the regions before the metadata is cut out. If that swallows a region whole, one
 *    region fewer is described, and the few bytes over stay unused: smaller never needs more.
 *
 * All of it is a pure function of the regions, except arena_build. */
#include "arena.h"

#include <stdio.h>
#include <string.h>

#include "platform.h"
#include "refcounts.h"
#include "region.h"

#define WHY_BYTES 128u

/* ---- layout -------------------------------------------------------------------------------------------------- */

/* Offsets of an arena's parts from the start of its metadata. Counts change all the time, the descriptor never: the
 * parts begin on cache-line pairs, so that nobody who reads one waits for who writes another. */
struct arena_layout {
    uint64_t regions;
    uint64_t frame_refcounts;
    uint64_t group_bytes;
    uint64_t variant;
    uint64_t bytes;
};

static struct arena_layout arena_layout(struct frame_run span, uint32_t region_count,
                                        uint64_t (*variant_bytes)(struct frame_run span))
{
    uint64_t chunks = ((frame_run_end(span) - 1) >> CHUNK_ORDER) - (span.first.value >> CHUNK_ORDER) + 1;
    struct arena_layout layout;

    layout.regions = align_up_u64(sizeof(struct arena), _Alignof(struct frame_run));
    layout.frame_refcounts = align_up_u64(layout.regions + region_count * sizeof(struct frame_run), CACHE_PAIR);
    layout.group_bytes = align_up_u64(layout.frame_refcounts + span.count * FRAME_COUNT_BYTES, CACHE_PAIR);
    layout.variant = align_up_u64(layout.group_bytes + chunks * CHUNK_GROUPS, CACHE_PAIR);
    layout.bytes = layout.variant + variant_bytes(span);
    return layout;
}

uint64_t arena_metadata_bytes(struct frame_run span, uint32_t region_count,
                              uint64_t (*variant_bytes)(struct frame_run span))
{
    FRAME_ASSERT(span.count != 0);
    return arena_layout(span, region_count, variant_bytes).bytes;
}

static uint64_t frames_for_bytes(uint64_t bytes)
{
    return align_up_u64(bytes, FRAME_SIZE) >> FRAME_SHIFT;
}

/* ---- the place of the metadata ------------------------------------------------------------------------------- */

static uint64_t whole_chunks(struct frame_run run)
{
    uint64_t first = align_up_u64(run.first.value, CHUNK_FRAMES) / CHUNK_FRAMES;
    uint64_t end = frame_run_end(run) / CHUNK_FRAMES;
    return end > first ? end - first : 0;
}

/* Frames of the run after its last chunk boundary; all of them if it has none. */
static uint64_t tail_frames(struct frame_run run)
{
    uint64_t tail = frame_run_end(run) % CHUNK_FRAMES;
    return tail < run.count ? tail : run.count;
}

static struct frame_run without_tail(struct frame_run run, uint64_t frames)
{
    FRAME_ASSERT(frames <= run.count);
    return frame_run(run.first, run.count - frames);
}

/* Index of the region whose end suits `frames` of metadata best; one of them holds it. */
static uint32_t find_metadata_region(const struct arena_plan *plan, uint64_t frames)
{
    uint32_t best = UINT32_MAX;
    uint64_t best_lost = UINT64_MAX;
    uint64_t best_left = UINT64_MAX;

    for (uint32_t i = 0; i < plan->region_count; i++) {
        struct frame_run region = plan->regions[i];
        if (region.count < frames) {
            continue;
        }
        struct frame_run rest = without_tail(region, frames);
        uint64_t lost = whole_chunks(region) - whole_chunks(rest);
        uint64_t left = tail_frames(rest);
        if (lost < best_lost || (lost == best_lost && left <= best_left)) {
            best = i;
            best_lost = lost;
            best_left = left;
        }
    }
    FRAME_ASSERT(best != UINT32_MAX);
    return best;
}

/* Cuts the metadata out of the plan's regions. */
static void plan_metadata(struct arena_plan *plan, uint64_t (*variant_bytes)(struct frame_run span))
{
    FRAME_ASSERT(plan->region_count > 0);
    uint64_t frames = frames_for_bytes(arena_metadata_bytes(plan->span, plan->region_count, variant_bytes));
    uint32_t chosen = find_metadata_region(plan, frames);
    struct frame_run *region = &plan->regions[chosen];

    *region = without_tail(*region, frames);
    plan->metadata = (struct phys_range){frame_addr(pfn(frame_run_end(*region))), frames << FRAME_SHIFT};
    plan->usable_frames -= frames;
    if (region->count == 0) {
        plan->region_count--;
        memmove(region, region + 1, (plan->region_count - chosen) * sizeof(*region));
    }
    plan->metadata_bytes = arena_metadata_bytes(plan->span, plan->region_count, variant_bytes);
}

/* ---- selection ----------------------------------------------------------------------------------------------- */

/* A plan that grows, before its metadata has a place. */
struct group {
    struct arena_plan plan;
    uint64_t largest; /* frames of its largest region */
};

static bool regions_wrap(const struct ram_region *regions, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct phys_range clipped;
        if (!phys_range_clip(regions[i].range.start.value, regions[i].range.size, &clipped) ||
            clipped.size != regions[i].range.size) {
            return true;
        }
    }
    return false;
}

static bool regions_are_disjoint(const struct ram_region *regions, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (phys_ranges_overlap(regions[i].range, regions[j].range)) {
                return false;
            }
        }
    }
    return true;
}

/* The lowest region that starts at `from` or above and has a whole frame; NULL if there is none. */
static const struct ram_region *next_region(const struct ram_region *regions, uint32_t count, uint64_t from)
{
    const struct ram_region *next = NULL;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t start = regions[i].range.start.value;
        if (start >= from && (next == NULL || start < next->range.start.value) &&
            frame_run_inside(regions[i].range).count != 0) {
            next = &regions[i];
        }
    }
    return next;
}

static void group_begin(struct group *group, const struct ram_region *region)
{
    struct frame_run run = frame_run_inside(region->range);
    struct arena_plan *plan = &group->plan;
    FRAME_ASSERT(run.count > 0);

    plan->span = run;
    plan->regions[0] = run;
    plan->region_count = 1;
    plan->node = region->node;
    plan->usable_frames = run.count;
    plan->hole_frames = 0;
    plan->hole_metadata_bytes = 0;
    group->largest = run.count;
}

/* Frames that can be handed out once the metadata has its place; 0 if no region holds it, or it leaves nothing. */
static uint64_t frames_to_hand_out(struct frame_run span, uint32_t region_count, uint64_t usable, uint64_t largest,
                                   uint64_t (*variant_bytes)(struct frame_run span))
{
    FRAME_ASSERT(region_count > 0);
    uint64_t frames = frames_for_bytes(arena_metadata_bytes(span, region_count, variant_bytes));
    return frames <= largest && frames < usable ? usable - frames : 0;
}

static uint64_t group_frames(const struct group *group, uint64_t (*variant_bytes)(struct frame_run span))
{
    const struct arena_plan *plan = &group->plan;
    return frames_to_hand_out(plan->span, plan->region_count, plan->usable_frames, group->largest, variant_bytes);
}

/* Adds the next higher region; returns false, changing nothing, if it must begin a group of its own. */
static bool group_grow(struct group *group, const struct ram_region *region,
                       const struct arena_selection_options *options)
{
    struct arena_plan *plan = &group->plan;
    struct frame_run run = frame_run_inside(region->range);
    struct frame_run to_hole_end = frame_run(plan->span.first, run.first.value - plan->span.first.value);
    struct frame_run span = frame_run(plan->span.first, to_hole_end.count + run.count);
    uint64_t hole_frames = to_hole_end.count - plan->span.count;
    uint32_t region_count = plan->region_count + (hole_frames != 0);
    uint64_t usable = plan->usable_frames + run.count;
    FRAME_ASSERT(run.first.value >= frame_run_end(plan->span));

    if (region->node != plan->node || region_count > REGION_MAX) {
        return false;
    }
    uint64_t hole_bytes = plan->hole_metadata_bytes +
                          arena_metadata_bytes(to_hole_end, plan->region_count, options->variant_bytes) -
                          arena_metadata_bytes(plan->span, plan->region_count, options->variant_bytes);
    if (hole_bytes > options->hole_metadata_limit_bytes) {
        return false;
    }
    /* A region that touches the one below continues it: a run may cross from one to the other. */
    struct frame_run joined = hole_frames != 0 ? run
                                               : frame_run(plan->regions[region_count - 1].first,
                                                           plan->regions[region_count - 1].count + run.count);
    uint64_t largest = joined.count > group->largest ? joined.count : group->largest;
    uint64_t below = group_frames(group, options->variant_bytes);
    uint64_t above = frames_to_hand_out(run, 1, run.count, run.count, options->variant_bytes);
    uint64_t apart = below > above ? below : above;
    if (apart != 0 && frames_to_hand_out(span, region_count, usable, largest, options->variant_bytes) <= apart) {
        return false;
    }

    plan->span = span;
    plan->regions[region_count - 1] = joined;
    plan->region_count = region_count;
    plan->usable_frames = usable;
    plan->hole_frames += hole_frames;
    plan->hole_metadata_bytes = hole_bytes;
    group->largest = largest;
    return true;
}

static void report_skipped(const struct arena_selection_options *options, const struct ram_region *region,
                           uint64_t frames, const char *why)
{
    char line[WHY_BYTES];
    if (options->skipped == NULL) {
        return;
    }
    (void)snprintf(line, sizeof(line), "%s (%llu frames)", why, (unsigned long long)frames);
    options->skipped(options->context, *region, line);
}

enum frame_status arena_select(const struct ram_region *regions, uint32_t region_count,
                               const struct arena_selection_options *options,
                               enum frame_status (*emit)(void *context, const struct arena_plan *plan))
{
    if (regions_wrap(regions, region_count)) {
        return FRAME_BAD_CONFIG;
    }
    if (!regions_are_disjoint(regions, region_count)) {
        return FRAME_OVERLAP;
    }
    for (uint32_t i = 0; i < region_count; i++) {
        if (frame_run_inside(regions[i].range).count == 0) {
            report_skipped(options, &regions[i], 0, "no whole frame");
        }
    }

    const struct ram_region *first = next_region(regions, region_count, 0);
    while (first != NULL) {
        struct group group;
        group_begin(&group, first);
        const struct ram_region *next = next_region(regions, region_count, phys_range_end(first->range));
        const struct ram_region *second = next;
        while (next != NULL && group_grow(&group, next, options)) {
            next = next_region(regions, region_count, phys_range_end(next->range));
        }
        if (group_frames(&group, options->variant_bytes) == 0) {
            report_skipped(options, first, frame_run_inside(first->range).count, "too small for its own metadata");
            first = second;
            continue;
        }
        plan_metadata(&group.plan, options->variant_bytes);
        enum frame_status status = emit(options->context, &group.plan);
        if (status != FRAME_OK) {
            return status;
        }
        first = next;
    }
    return FRAME_OK;
}

/* ---- building ------------------------------------------------------------------------------------------------ */

struct arena *arena_build(const struct arena_plan *plan, uint64_t (*variant_bytes)(struct frame_run span),
                          bool memory_is_zero)
{
    struct arena_layout layout = arena_layout(plan->span, plan->region_count, variant_bytes);
    unsigned char *base = platform_phys_to_virt(plan->metadata.start);
    FRAME_ASSERT(layout.bytes <= plan->metadata.size);
    FRAME_ASSERT((uintptr_t)base % CACHE_PAIR == 0);

    if (!memory_is_zero) {
        memset(base, 0, layout.bytes);
    }
    struct frame_run *regions = (struct frame_run *)(void *)(base + layout.regions);
    memcpy(regions, plan->regions, plan->region_count * sizeof(*regions));

    struct arena *arena = (struct arena *)(void *)base;
    *arena = (struct arena){
        .span = plan->span,
        .usable_frames = plan->usable_frames,
        .node = plan->node,
        .region_count = plan->region_count,
        .regions = regions,
        .frame_refcounts = (_Atomic uint32_t *)(void *)(base + layout.frame_refcounts),
        .group_bytes = (_Atomic uint8_t *)(base + layout.group_bytes),
        .metadata = plan->metadata,
        .variant = base + layout.variant,
    };
    return arena;
}

bool arena_covers(const struct arena *arena, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    uint32_t low = 0;
    uint32_t high = arena->region_count;

    while (low < high) { /* the first region that ends after the run's first frame */
        uint32_t middle = low + (high - low) / 2;
        if (frame_run_end(arena->regions[middle]) <= run.first.value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == arena->region_count || !frame_run_contains(arena->regions[low], run.first)) {
        return false;
    }
    return run.count <= frame_run_end(arena->regions[low]) - run.first.value;
}
