/* SPDX-License-Identifier: MIT
 * The audit: statistics while harts run, and at rest the equation
 *
 *        free + cached + allocated = total,   every frame in exactly one of them
 *
 * (P2). "Free" is what the variant's walk visits, "cached" what lies in magazines and hart-local memory, "allocated"
 * what neither visits. Where a hart ended in the middle of an operation, and its number was taken over, what it had
 * under way is lost, a fourth term: frames that are in no place and have no reference. To see that no frame is in two
 * places, a frame that is visited is marked in the words that count it, and the mark taken away afterwards; a second
 * visit finds the mark. A frame without a mark must have a reference, or it is lost. In a build without reference
 * counts there is room to mark one group of a chunk at a time, so that all is walked sixteen times; and a frame that is
 * lost passes for allocated. */
#include "hart_cache.h"

struct audit {
    struct frame_allocator *fa;
    uint64_t visited; /* frames, in this walk */
    uint32_t pass;    /* of MARK_PASSES */
    uint64_t lost;    /* frames, on their way when somebody ended in the middle of an operation */
    bool restoring;
    bool sound;
};

static void complain(struct audit *audit, pfn_t frame, const char *what)
{
    if (audit->sound) {
        platform_log("validate: frame 0x%llx %s", (unsigned long long)frame.value, what);
    }
    audit->sound = false;
}

static void mark_frame(struct audit *audit, const struct arena *arena, pfn_t frame)
{
    struct refcount_view view = refcount_view_of(arena);
    if (audit->restoring) {
        mark_set(&view, frame, false);
        return;
    }
    if (mark_is_set(&view, frame)) {
        complain(audit, frame, "is in two places");
        return;
    }
    if (!count_may_be_free(&view, frame)) {
        complain(audit, frame, "is free or cached but has references");
    }
    mark_set(&view, frame, true);
}

/* One run that is free or cached. */
static void visit_run(void *context, struct frame_run run)
{
    struct audit *audit = context;
    if (run.count == 0) {
        return;
    }
    audit->visited += run.count;
    for (uint32_t i = 0; i < audit->fa->arena_count; i++) {
        const struct arena *arena = audit->fa->arenas[i];
        if (arena_covers(arena, run)) {
            for (uint64_t f = run.first.value; f < frame_run_end(run); f++) {
                if (mark_is_due(pfn(f), audit->pass)) {
                    mark_frame(audit, arena, pfn(f));
                }
            }
            return;
        }
    }
    complain(audit, run.first, "is free or cached but in no usable region of an arena");
}

static bool walk_free(struct audit *audit)
{
    return audit->fa->variant->walk_free(audit->fa->global, visit_run, audit);
}

static void walk_magazine(struct audit *audit, uint32_t order, const struct magazine *magazine)
{
    for (uint32_t i = 0; i < magazine_count(magazine); i++) {
        visit_run(audit, frame_run(magazine->firsts[i], UINT64_C(1) << order));
    }
}

static void walk_cached(struct audit *audit)
{
    const struct frame_allocator *fa = audit->fa;
    for (uint32_t h = 0; h < fa->hart_count; h++) {
        for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
            walk_magazine(audit, order, cache_loaded(&fa->harts[h].caches[order]));
            walk_magazine(audit, order, cache_previous(&fa->harts[h].caches[order]));
        }
        const struct zero_reserve *zero = &fa->harts[h].zero;
        visit_run(audit, frame_run(zero->next, zero_reserve_left(zero)));
        if (fa->harts[h].list != NULL && !frame_list_walk(fa->harts[h].list, visit_run, audit)) {
            platform_log("validate: the list of hart %u: length, end or order is not what it should be", h);
            audit->sound = false;
        }
        if (fa->variant->local_walk != NULL) {
            fa->variant->local_walk(fa->global, h, visit_run, audit);
        }
    }
}

/* Frames of one arena that were to be marked in this pass and are not: they must be out. */
static uint64_t count_allocated(struct audit *audit, const struct arena *arena)
{
    struct refcount_view view = refcount_view_of(arena);
    uint64_t allocated = 0;
    for (uint32_t r = 0; r < arena->region_count; r++) {
        for (uint64_t f = 0; f < arena->regions[r].count; f++) {
            pfn_t frame = pfn(arena->regions[r].first.value + f);
            if (!mark_is_due(frame, audit->pass) || mark_is_set(&view, frame)) {
                continue;
            }
            if (count_may_be_out(&view, frame)) {
                allocated++;
            } else if (bare_load_relaxed(&audit->fa->taken_over) > 0) {
                audit->lost++;
            } else {
                complain(audit, frame, "is lost: neither free nor cached nor referenced");
            }
        }
    }
    return allocated;
}

/* One pass: `sum` has what is free and cached, and of what is allocated the frames that it was for. */
static bool take_stock(struct audit *audit, struct frame_account *sum)
{
    audit->restoring = false;
    audit->visited = 0;
    bool variant_sound = walk_free(audit);
    sum->free = audit->visited;
    walk_cached(audit);
    sum->cached = audit->visited - sum->free;
    for (uint32_t i = 0; i < audit->fa->arena_count; i++) {
        sum->allocated += count_allocated(audit, audit->fa->arenas[i]);
    }
    audit->restoring = true;
    walk_free(audit);
    walk_cached(audit);
    return variant_sound;
}

bool frame_allocator_validate(struct frame_allocator *fa, struct frame_account *account)
{
    const struct hart *self = hart_self(fa);
    if (!hart_is_none(fa, self) && hart_is_inside(self)) {
        platform_log("validate: the hart is in the middle of an operation");
        return false;
    }
    struct audit audit = {.fa = fa, .sound = true};
    struct frame_account sum = {0};
    bool sound = true;
    for (uint32_t i = 0; i < fa->arena_count; i++) {
        sum.total += fa->arenas[i]->usable_frames;
    }
    for (; audit.pass < MARK_PASSES && sound; audit.pass++) {
        bool variant_sound = take_stock(&audit, &sum);
        sound = variant_sound && audit.sound;
    }
    sum.lost = audit.lost;
    if (sound && sum.free + sum.cached + sum.allocated + sum.lost != sum.total) {
        platform_log("validate: %llu free + %llu cached + %llu allocated + %llu lost is not %llu in total",
                     (unsigned long long)sum.free, (unsigned long long)sum.cached, (unsigned long long)sum.allocated,
                     (unsigned long long)sum.lost, (unsigned long long)sum.total);
        sound = false;
    }
    if (account != NULL) {
        *account = sum;
    }
    return sound;
}

static void add_counts(const struct hart_counts *counts, struct frame_stats *stats)
{
    stats->global_takes += bare_load_relaxed(&counts->global_takes);
    stats->global_gives += bare_load_relaxed(&counts->global_gives);
    stats->refill_frames += bare_load_relaxed(&counts->refill_frames);
    stats->spill_frames += bare_load_relaxed(&counts->spill_frames);
    stats->drains += bare_load_relaxed(&counts->drains);
    stats->drain_timeouts += bare_load_relaxed(&counts->drain_timeouts);
    stats->bypasses += bare_load_relaxed(&counts->bypasses);
    stats->failures += bare_load_relaxed(&counts->failures);
    stats->contentions += bare_load_relaxed(&counts->contentions);
    stats->frames_known_zero += bare_load_relaxed(&counts->frames_known_zero);
    stats->frames_zeroed += bare_load_relaxed(&counts->frames_zeroed);
    stats->nested += bare_load_relaxed(&counts->nested);
}

static void add_hart_stats(const struct hart *hart, struct frame_stats *stats)
{
    /* Magazines outlive every hart's use of them; their owner may be changing them, which makes the sum a hint. */
    for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
        const struct cache *cache = &hart->caches[order];
        uint64_t runs = magazine_count(cache_loaded(cache)) + (uint64_t)magazine_count(cache_previous(cache));
        stats->frames_in_caches += runs << order;
    }
    stats->frames_in_caches +=
        zero_reserve_left(&hart->zero) + (hart->list != NULL ? frame_list_length(hart->list) : 0);
    add_counts(&hart->counts, stats);
    add_counts(&hart->spare->nested, stats);
    stats->nested_failures += bare_load_relaxed(&hart->spare->nested.failures);
}

void frame_allocator_stats(const struct frame_allocator *fa, struct frame_stats *stats)
{
    *stats = (struct frame_stats){0};
    stats->frames_total = bare_load_relaxed(&fa->frames_total);
    stats->metadata_bytes = bare_load_relaxed(&fa->metadata_bytes);
    for (uint32_t h = 0; h < fa->hart_count; h++) {
        add_hart_stats(&fa->harts[h], stats);
    }
    if (fa->variant->add_stats != NULL) {
        fa->variant->add_stats(fa->global, stats);
    }
}

uint32_t frame_hart_node(const struct frame_allocator *fa)
{
    const struct hart *hart = hart_self(fa);
    return hart_is_none(fa, hart) ? 0 : bare_load_relaxed(&hart->node); /* the hart's own word */
}

void frame_hart_events(const struct frame_allocator *fa, struct frame_hart_events *events)
{
    const struct hart *hart = hart_self(fa);
    if (hart_is_none(fa, hart)) {
        *events = (struct frame_hart_events){0}; /* what the sentinel counts is nobody's */
        return;
    }
    const struct hart_counts *counts = &hart->counts;
    *events = (struct frame_hart_events){
        .global_takes = bare_load_relaxed(&counts->global_takes),
        .global_gives = bare_load_relaxed(&counts->global_gives),
        .bypasses = bare_load_relaxed(&counts->bypasses),
        .drains = bare_load_relaxed(&counts->drains),
        .nested = bare_load_relaxed(&hart->spare->nested.nested),
    };
}

/* ---- by NUMA node ------------------------------------------------------------------------------------------- */

uint32_t frame_allocator_nodes(const struct frame_allocator *fa)
{
    return fa->node_count;
}

/* Frames of an arena without a reference: a hint while harts run. */
static uint64_t count_unreferenced(const struct arena *arena)
{
    struct refcount_view view = refcount_view_of(arena);
    uint64_t count = 0;
    for (uint32_t r = 0; r < arena->region_count; r++) {
        for (uint64_t f = 0; f < arena->regions[r].count; f++) {
            count += count_read(&view, pfn(arena->regions[r].first.value + f)) == 0;
        }
    }
    return count;
}

enum frame_status frame_allocator_node_stats(struct frame_allocator *fa, uint32_t node, struct frame_node_stats *stats)
{
    *stats = (struct frame_node_stats){0};
    if (node >= fa->node_count) {
        return FRAME_BAD_CONFIG;
    }
    enum frame_status status = arenas_lock(fa);
    if (status != FRAME_OK) {
        return status;
    }
    stats->frames_free = COUNTS_REFERENCES ? 0 : FRAMES_UNKNOWN;
    for (uint32_t a = 0; a < fa->arena_count; a++) {
        if (fa->arenas[a]->node == node) {
            stats->frames_total += fa->arenas[a]->usable_frames;
            stats->frames_free += COUNTS_REFERENCES ? count_unreferenced(fa->arenas[a]) : 0;
        }
    }
    arenas_unlock(fa);
    for (uint32_t h = 0; h < fa->hart_count; h++) {
        const struct hart *hart = &fa->harts[h];
        uint64_t taken =
            bare_load_relaxed(&hart->counts.taken[node]) + bare_load_relaxed(&hart->spare->nested.taken[node]);
        *(bare_load_relaxed(&hart->node) == node ? &stats->taken_near : &stats->taken_far) += taken;
    }
    return FRAME_OK;
}
