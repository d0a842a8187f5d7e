/* SPDX-License-Identifier: MIT
 * Building an allocator, and arenas that come and go.
 *
 * 1. Init takes from the boot allocator: the descriptor, the variant's shared state, the harts' caches. What is left
 *    becomes arenas (arena.h), and with it the FDT's own region.
 * 2. Adding an arena is the same for one region at a time, while harts run: nobody sees it before the variant has
 *    attached it. While arenas come or go, `arena_transfers` is odd: an allocation that finds nothing then does not
 *    believe it.
 * 3. Removing one, in two steps. First every hart has to answer, and to let its cache be closed and emptied (a cached
 *    frame would pin the arena); if one does not, the removal is refused, and nothing was taken from anybody. Then,
 *    the caches still closed, the variant detaches the arena if all of its frames are there, and every hart has to
 *    answer once more, since nobody may be looking at it still. Harts look in three ways: through the views of their
 *    caches, which are empty and stay so; past their caches, which bypasses_wait waits out; and inside the variant,
 *    which quiesces. If a hart stops just between, the arena is attached again; until then `arena_transfers` is odd,
 *    and nobody believes that its memory or its frames are not there.
 * 4. Add and remove exclude one another by a flag; a second one waits for a bounded time and then says
 *    FRAME_CONTENDED. */
#include <string.h>

#include "boot_allocator.h"
#include "hart_cache.h"
#include "memory_map.h"
#include "poison.h"
#include "region.h"

/* Turns that a second hot-plug operation waits for the first. */
#ifndef HOTPLUG_TURNS /* a test may have less patience */
#define HOTPLUG_TURNS 20000u
#endif

/* ---- node order --------------------------------------------------------------------------------------------- */

/* For every node: all nodes by distance, itself first, ties by number (insertion sort: at most 64). */
static void node_order_init(struct frame_allocator *fa, const struct memory_map *map)
{
    FRAME_ASSERT(map->node_count > 0 && map->node_count <= NODE_MAX);
    fa->node_count = map->node_count;
    for (uint32_t from = 0; from < fa->node_count; from++) {
        uint8_t *order = &fa->node_order[from * fa->node_count];
        const uint8_t *distance = map->distance[from];
        for (uint32_t node = 0; node < fa->node_count; node++) {
            uint32_t at = node;
            for (; at > 0 && (node == from || (order[at - 1] != from && distance[order[at - 1]] > distance[node]));
                 at--) {
                order[at] = order[at - 1];
            }
            order[at] = (uint8_t)node;
        }
    }
    for (uint32_t hart = 0; hart < fa->hart_count; hart++) { /* until it joins with another */
        fa->hart_node[hart] = map->hart_count > 0 ? map->hart_node[hart % map->hart_count] : 0;
    }
}

/* ---- arenas ------------------------------------------------------------------------------------------------- */

/* How long a run an empty arena offers at each alignment, and the sums: what must be known without a look at an arena
 * that may be going. */
static void summary_update(struct frame_allocator *fa)
{
    FRAME_DEBUG_ASSERT(fa->arena_count <= ARENA_MAX);
    uint64_t frames = 0, metadata = 0;
    for (uint32_t a = 0; a < fa->arena_count; a++) {
        frames += fa->arenas[a]->usable_frames;
        metadata += fa->arenas[a]->metadata.size;
    }
    bare_store_relaxed(&fa->frames_total, frames);
    bare_store_relaxed(&fa->metadata_bytes, metadata);
    for (uint32_t order = 0; order <= ALIGN_ORDER_MAX; order++) {
        uint64_t longest = 0;
        for (uint32_t a = 0; a < fa->arena_count; a++) {
            for (uint32_t r = 0; r < fa->arenas[a]->region_count; r++) {
                struct frame_run region = fa->arenas[a]->regions[r];
                uint64_t skip = align_up_u64(region.first.value, UINT64_C(1) << order) - region.first.value;
                uint64_t length = region.count > skip ? region.count - skip : 0;
                longest = length > longest ? length : longest;
            }
        }
        bare_store_relaxed(&fa->longest_run[order], longest);
    }
}

/* Arenas in the making: for whom, and which memory is known to hold zeroes. */
struct arena_builder {
    struct frame_allocator *fa;
    bool ram_is_zero;
    struct phys_range except; /* though this part does not */
};

static bool ranges_overlap(struct phys_range a, struct phys_range b)
{
    return a.size > 0 && b.size > 0 && a.start.value <= b.start.value + (b.size - 1) &&
           b.start.value <= a.start.value + (a.size - 1);
}

/* What a fresh arena's frames hold: what is not known to be zero is dirty. */
static void note_zeroes(const struct arena_builder *builder, struct arena *arena)
{
    struct refcount_view view = refcount_view_of(arena);
    struct phys_range span = {frame_addr(arena->span.first), arena->span.count << FRAME_SHIFT};
    refcounts_init(&view, arena->span, arena->regions, arena->region_count);
    arena->is_zero = builder->ram_is_zero;
    for (uint32_t r = 0; POISONS && r < arena->region_count && !builder->ram_is_zero; r++) {
        poison_forget(arena->regions[r]);
    }
    if (!builder->ram_is_zero) {
        refcounts_mark_dirty(&view, arena->span);
    } else {
        bare_add_relaxed(&builder->fa->zero_gives, 1);
        struct phys_range dirty = phys_range_outward(builder->except);
        uint64_t start = dirty.start.value > span.start.value ? dirty.start.value : span.start.value;
        uint64_t end = phys_range_end(dirty) < phys_range_end(span) ? phys_range_end(dirty) : phys_range_end(span);
        if (start < end) {
            refcounts_mark_dirty(&view, frame_run_inside(phys_range(start, end)));
        }
    }
}

static enum frame_status arena_put_in_service(void *context, const struct arena_plan *plan)
{
    const struct arena_builder *builder = context;
    struct frame_allocator *fa = builder->fa;
    if (fa->arena_count == ARENA_MAX) {
        return FRAME_NO_MEMORY;
    }
    bool metadata_is_zero = builder->ram_is_zero && !ranges_overlap(plan->metadata, builder->except);
    struct arena *arena = arena_build(plan, fa->variant->arena_bytes, metadata_is_zero);
    note_zeroes(builder, arena);
    /* Before it is in service: nobody may get a frame of it while others are told that what it offers is impossible. */
    fa->arenas[fa->arena_count++] = arena;
    summary_update(fa);
    enum frame_status status = fa->variant->attach(fa->global, arena);
    fa->arena_count -= status == FRAME_OK ? 0 : 1;
    return status;
}

static void region_skipped(void *context, struct ram_region region, const char *why)
{
    (void)context;
    platform_log("skipping %llu KiB of RAM at 0x%llx: %s", (unsigned long long)(region.range.size >> 10),
                 (unsigned long long)region.range.start.value, why);
}

static enum frame_status arenas_add(struct arena_builder *builder, const struct ram_region *regions, uint32_t count)
{
    struct frame_allocator *fa = builder->fa;
    const struct arena_selection_options options = {
        .hole_metadata_limit_bytes = fa->hole_metadata_limit_bytes,
        .variant_bytes = fa->variant->arena_bytes,
        .skipped = region_skipped,
        .context = builder,
    };
    enum frame_status status = arena_select(regions, count, &options, arena_put_in_service);
    summary_update(fa);
    return status;
}

/* ---- init --------------------------------------------------------------------------------------------------- */

static uint64_t magazine_bytes(uint32_t capacity)
{
    return align_up_u64(sizeof(struct magazine) + capacity * sizeof(pfn_t), CACHE_PAIR);
}

static void cache_init(struct cache *cache, uint32_t capacity, uint32_t batch, unsigned char **memory)
{
    FRAME_ASSERT(batch <= capacity);
    cache->capacity = capacity;
    cache->batch = batch;
    atomic_init(&cache->loaded, (struct magazine *)(void *)*memory);
    *memory += magazine_bytes(capacity);
    atomic_init(&cache->previous, (struct magazine *)(void *)*memory);
    *memory += magazine_bytes(capacity);
}

static bool harts_init(struct frame_allocator *fa, const struct frame_allocator_config *config,
                       struct boot_allocator *boot)
{
    uint64_t list_bytes = config->variant->cache == CACHE_LIST ? frame_list_bytes() : 0;
    uint64_t hart_bytes =
        list_bytes + 2 * magazine_bytes(config->magazine) + 2 * CACHE_ORDER_MAX * magazine_bytes(config->run_magazine);
    struct hart *sentinel = boot_alloc_zeroed(boot, (UINT64_C(1) + config->hart_count) * sizeof *sentinel, CACHE_PAIR);
    unsigned char *magazines = boot_alloc_zeroed(boot, config->hart_count * hart_bytes, CACHE_PAIR);
    struct hart_spare *spare = boot_alloc_zeroed(boot, config->hart_count * sizeof *spare, CACHE_PAIR);
    if (sentinel == NULL || magazines == NULL || spare == NULL) {
        return false;
    }
    atomic_init(&sentinel->drain, 1); /* for ever */
    fa->harts = sentinel + 1;
    uint32_t batch = config->batch == 0 ? config->magazine : config->batch;
    for (uint32_t i = 0; i < config->hart_count; i++) {
        struct cache *caches = fa->harts[i].caches;
        fa->harts[i].spare = &spare[i];
        atomic_init(&fa->harts[i].node, fa->hart_node[i]);
        fa->harts[i].list = list_bytes > 0 ? (struct frame_list *)(void *)magazines : NULL;
        magazines += list_bytes;
        cache_init(&caches[0], config->magazine, batch, &magazines);
        for (uint32_t order = 1; order < CACHE_ORDERS; order++) {
            cache_init(&caches[order], config->run_magazine, config->run_magazine, &magazines);
        }
        for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
            spare[i].magazines[order][0] = cache_loaded(&caches[order]);
            spare[i].magazines[order][1] = cache_previous(&caches[order]);
        }
    }
    return true;
}

/* Before the first operation: runs in all harts' magazines are at most a part of memory. Half of it goes to the orders
 * in equal shares, so that small memory has magazines of small runs, half by the runs' size. */
static void run_magazines_limit(struct frame_allocator *fa)
{
    FRAME_ASSERT(fa->hart_count > 0);
    uint64_t frames = bare_load_relaxed(&fa->frames_total) / RUN_MAGAZINES_PART;
    uint64_t half = frames / (UINT64_C(2) * fa->hart_count) / 2; /* of what one magazine of every order may hold */
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        for (uint32_t order = 1; order < CACHE_ORDERS; order++) {
            struct cache *cache = &fa->harts[i].caches[order];
            uint64_t most = (half / CACHE_ORDER_MAX >> order) + (half >> CACHE_ORDERS);
            cache->capacity = cache->capacity < most ? cache->capacity : (uint32_t)most;
            cache->batch = cache->capacity;
        }
    }
}

static enum frame_status global_init(struct frame_allocator *fa, const struct frame_allocator_config *config,
                                     struct boot_allocator *boot)
{
    FRAME_ASSERT((config->variant->take == NULL) == (config->variant->give == NULL));
    FRAME_ASSERT((config->variant->local_drain == NULL) == (config->variant->local_walk == NULL));
    const struct global_config global_config = {
        .hart_count = config->hart_count,
        .node_count = fa->node_count,
        .hart_caches = config->magazine > 0,
        .node_order = fa->node_order,
        .hart_node = fa->hart_node,
        .knobs = config->knobs,
    };
    fa->global = boot_alloc_zeroed(boot, variant_global_bytes(config->variant, config->hart_count), CACHE_PAIR);
    if (fa->global == NULL) {
        return FRAME_NO_MEMORY;
    }
    enum frame_status status =
        config->variant->init == NULL ? FRAME_OK : config->variant->init(fa->global, &global_config);
    fa->nests = status == FRAME_OK && config->variant->nests != NULL && config->variant->nests(fa->global);
    return status;
}

enum frame_status frame_allocator_init(struct frame_allocator **out, const struct frame_allocator_config *config,
                                       struct boot_allocator *boot, struct memory_map *map)
{
    if (config->hart_count == 0 || config->hart_count > HART_MAX || config->magazine > MAGAZINE_MAX ||
        config->batch > config->magazine || config->magazines == 0 || config->magazines > MAGAZINES_MAX ||
        config->run_magazine > RUN_MAGAZINE_MAX || config->hart_count < platform_hart_count()) {
        return FRAME_BAD_CONFIG;
    }
    if (platform_hart_id() == HART_NONE) {
        return FRAME_BAD_HART;
    }
    struct frame_allocator *fa = boot_alloc_zeroed(boot, sizeof *fa, CACHE_PAIR);
    /* Two lists of regions, then one: too large for a kernel's stack, and only needed for a moment. */
    struct ram_region *regions = boot_alloc_zeroed(boot, 2 * REGION_MAX * sizeof *regions, CACHE_PAIR);
    if (fa == NULL || regions == NULL) {
        return FRAME_NO_MEMORY;
    }
    fa->variant = config->variant;
    fa->hart_count = config->hart_count;
    fa->magazines = config->magazines;
    fa->hole_metadata_limit_bytes = config->hole_metadata_limit_bytes;
    fa->drain = config->drain;
    node_order_init(fa, map);
    if (!harts_init(fa, config, boot)) {
        return FRAME_NO_MEMORY;
    }
    enum frame_status status = global_init(fa, config, boot);
    if (status != FRAME_OK) {
        return status;
    }
    uint32_t count = boot_allocator_finish(boot, regions);
    count += memory_map_release_fdt(map, regions + count, REGION_MAX);
    struct arena_builder builder = {fa, platform_ram_is_zero(), map->fdt};
    status = arenas_add(&builder, regions, count);
    run_magazines_limit(fa);
    if (status == FRAME_OK && fa->arena_count == 0) {
        status = FRAME_NO_MEMORY;
    }
    *out = fa;
    return status;
}

/* ---- hot-plug ----------------------------------------------------------------------------------------------- */

/* What arenas_locked is while the calling hart has the lock. Who is no hart may have it, too, to count. */
static uint32_t arenas_holder(void)
{
    uint32_t hart = platform_hart_id();
    return hart == HART_NONE ? 1 : 2 + hart;
}

bool arenas_are_locked_here(const struct frame_allocator *fa)
{
    return platform_hart_id() != HART_NONE && bare_load_relaxed(&fa->arenas_locked) == arenas_holder();
}

enum frame_status arenas_lock(struct frame_allocator *fa)
{
    if (arenas_are_locked_here(fa)) {
        return FRAME_BUSY;
    }
    for (uint32_t turn = 0; turn < HOTPLUG_TURNS; turn++) {
        uint32_t nobody = 0;
        /* Acquire, partner of the release in arenas_unlock. */
        if (shared_cas_strong_acquire(&fa->arenas_locked, &nobody, arenas_holder())) {
            return FRAME_OK;
        }
        platform_relax();
    }
    return FRAME_CONTENDED;
}

void arenas_unlock(struct frame_allocator *fa)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&fa->arenas_locked) == arenas_holder());
    bare_store_release(&fa->arenas_locked, 0);
}

/* Frames come or go with an arena. The release fence and its partner are those of a hart's transfers. */
static void arenas_transfer_begin(struct frame_allocator *fa)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&fa->arena_transfers) % 2 == 0);
    shared_store_relaxed(&fa->arena_transfers, bare_load_relaxed(&fa->arena_transfers) + 1);
    fence_release();
}

static void arenas_transfer_end(struct frame_allocator *fa)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&fa->arena_transfers) % 2 == 1);
    uint64_t transfers = bare_load_relaxed(&fa->arena_transfers);
    shared_store_release(&fa->arena_transfers, transfers + 1);
}

static bool overlaps_arena(const struct frame_allocator *fa, struct frame_run run)
{
    for (uint32_t i = 0; i < fa->arena_count; i++) {
        struct frame_run span = fa->arenas[i]->span;
        if (run.first.value < frame_run_end(span) && span.first.value < frame_run_end(run)) {
            return true;
        }
    }
    return false;
}

/* Held, and with the lock. */
static enum frame_status arena_add(struct frame_allocator *fa, struct frame_run run, uint32_t node)
{
    FRAME_DEBUG_ASSERT(arenas_are_locked_here(fa));
    if (overlaps_arena(fa, run)) {
        return FRAME_OVERLAP;
    }
    const struct ram_region region = {{frame_addr(run.first), run.count << FRAME_SHIFT}, node};
    uint32_t before = fa->arena_count;
    struct arena_builder builder = {.fa = fa, .ram_is_zero = false}; /* it may have been in use before */
    arenas_transfer_begin(fa);
    enum frame_status status = arenas_add(&builder, &region, 1);
    arenas_transfer_end(fa);
    return status == FRAME_OK && fa->arena_count == before ? FRAME_NO_MEMORY : status;
}

/* Begins an operation on arenas: held, and with the lock, if FRAME_OK; then to hot_plug_end. The lock may be the
 * hart's already though it is in no operation: what was interrupted counts arenas, and keeps it. */
static enum frame_status hot_plug_begin(struct frame_allocator *fa, struct hart *hart, struct caller *caller)
{
    *caller = hart_hold(hart);
    enum frame_status status = caller->nested ? FRAME_BUSY : arenas_lock(fa);
    if (status != FRAME_OK) {
        hart_let_go(hart, *caller);
    }
    return status;
}

static void hot_plug_end(struct frame_allocator *fa, struct hart *hart, struct caller caller)
{
    arenas_unlock(fa);
    hart_let_go(hart, caller);
}

enum frame_status frame_arena_add(struct frame_allocator *fa, struct phys_range range, uint32_t node)
{
    struct frame_run run = frame_run_inside(range);
    struct hart *hart = hart_self(fa);
    if (hart_is_absent(fa, hart)) {
        return FRAME_BAD_HART;
    }
    if (range.size == 0 || range.start.value + range.size < range.start.value || node >= fa->node_count) {
        return FRAME_BAD_CONFIG;
    }
    if (run.count == 0) {
        return FRAME_NO_MEMORY;
    }
    struct caller caller;
    enum frame_status status = hot_plug_begin(fa, hart, &caller);
    if (status == FRAME_OK) {
        status = arena_add(fa, run, node);
        hot_plug_end(fa, hart, caller);
    }
    return status;
}

static bool variant_quiesces(struct frame_allocator *fa)
{
    return fa->variant->quiesce == NULL || fa->variant->quiesce(fa->global, platform_hart_id());
}

/* Whether every hart has answered: whoever was bypassing its cache has ended that, and so has the variant whatever it
 * waits for. With all caches closed for a drain no hart can then still be looking at what was detached before. */
static bool harts_answer(struct frame_allocator *fa)
{
    return bypasses_wait(fa) && variant_quiesces(fa);
}

/* Takes the arena out of service while all caches are closed for a drain, so that a frame of it that is not out is in
 * the global allocator. FRAME_BUSY, FRAME_CONTENDED: it was not, or is back. */
static enum frame_status arena_detach(struct frame_allocator *fa, struct arena *arena)
{
    FRAME_DEBUG_ASSERT(arenas_are_locked_here(fa));
    arenas_transfer_begin(fa);
    enum frame_status status = fa->variant->detach(fa->global, arena);
    shared_begin();
    if (status == FRAME_OK && !harts_answer(fa)) {
        arena->is_zero = false; /* its counts know more */
        /* The slot that detach left is free, so this cannot fail. */
        status = fa->variant->attach(fa->global, arena);
        FRAME_ASSERT(status == FRAME_OK);
        status = FRAME_CONTENDED;
    }
    arenas_transfer_end(fa);
    return status;
}

/* Whether a frame of the arena has a reference: then it is out, or was at some moment of the caller's operation. */
static bool arena_has_reference(const struct arena *arena)
{
    struct refcount_view view = refcount_view_of(arena);
    bool out = false;
    for (uint32_t r = 0; r < arena->region_count && COUNTS_REFERENCES && !out; r++) {
        for (uint64_t i = 0; i < arena->regions[r].count && !out; i++) {
            out = count_read(&view, pfn(arena->regions[r].first.value + i)) > 0;
        }
    }
    return out;
}

/* One attempt. FRAME_BUSY only on proof: a reference, or nobody moved a frame between the moment at which all caches
 * were empty and the end of a detach that found one missing. */
static enum frame_status arena_try_remove(struct frame_allocator *fa, struct caller caller, struct arena *arena)
{
    struct transfers before;
    enum drained drained = harts_drain_begin(fa, caller, &before);
    enum frame_status status = drained == DRAINED_ALL ? arena_detach(fa, arena) : FRAME_CONTENDED;
    /* arena_detach moved arena_transfers by two. */
    if (status == FRAME_BUSY && !transfers_none(before, transfers_now(fa, caller), 2) && !arena_has_reference(arena)) {
        status = FRAME_CONTENDED;
    }
    harts_drain_end(fa, caller, drained);
    return status;
}

/* Every hart has to answer before anything is taken from anybody: who is refused then has changed nothing. */
static enum frame_status arena_remove(struct frame_allocator *fa, struct caller caller, uint32_t index)
{
    FRAME_DEBUG_ASSERT(index < fa->arena_count);
    enum frame_status status = FRAME_CONTENDED;
    bool answered = harts_answer(fa);
    for (uint32_t turn = 0; turn < RETRY_MAX && status == FRAME_CONTENDED && answered; turn++) {
        status = arena_try_remove(fa, caller, fa->arenas[index]);
    }
    if (status == FRAME_OK) {
        fa->arenas[index] = fa->arenas[--fa->arena_count];
        summary_update(fa);
    }
    return status;
}

/* Which of the arenas holds a frame; arena_count: none. */
static uint32_t arena_index(const struct frame_allocator *fa, pfn_t frame)
{
    uint32_t i = 0;
    while (i < fa->arena_count && !frame_run_contains(fa->arenas[i]->span, frame)) {
        i++;
    }
    return i;
}

enum frame_status frame_arena_remove(struct frame_allocator *fa, pfn_t frame)
{
    struct hart *hart = hart_self(fa);
    if (hart_is_absent(fa, hart)) {
        return FRAME_BAD_HART;
    }
    struct caller caller;
    enum frame_status status = hot_plug_begin(fa, hart, &caller);
    if (status == FRAME_OK) {
        uint32_t index = arena_index(fa, frame);
        status = index < fa->arena_count ? arena_remove(fa, caller, index) : FRAME_FOREIGN;
        hot_plug_end(fa, hart, caller);
    }
    return status;
}

void frame_allocator_arenas(struct frame_allocator *fa, void (*visit)(void *context, const struct arena *arena),
                            void *context)
{
    for (uint32_t i = 0; i < fa->arena_count; i++) {
        visit(context, fa->arenas[i]);
    }
}
