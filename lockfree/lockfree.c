/* SPDX-License-Identifier: MIT
 * The lock-free variant: its knobs, how it is built, and its table. How it works stands in state.h. */
#include "lockfree.h"

#include "state.h"

enum lockfree_knob { KNOB_CLASSES, KNOB_SHARDS, KNOB_LOCAL, KNOB_RECLAIM, KNOB_COUNT };

static const char *const off_on[] = {"off", "on", NULL};

static const struct knob lockfree_knobs[KNOB_COUNT] = {
    [KNOB_CLASSES] = {"classes", "stacks of partly free chunks, by fullness; 1: no preference", NULL, 1, CLASS_MAX, 8},
    [KNOB_SHARDS] = {"shards", "parts of an arena with stacks of their own, at most; never more than harts", NULL, 1,
                     SHARD_MAX, SHARD_MAX},
    [KNOB_LOCAL] = {"local", "harts keep frames of a chunk as private bits", off_on, 0, 1, 1},
    [KNOB_RECLAIM] = {"reclaim", "what makes a popped index node safe to push again", reclaim_names, 0, 3, 0},
};

static enum frame_status lockfree_init(struct global *global, const struct global_config *config)
{
    FRAME_ASSERT(config->hart_count > 0);
    struct lockfree *lf = lockfree_of(global);
    lf->config = *config;
    lf->pool_options.class_count = (uint32_t)config->knobs[KNOB_CLASSES];
    uint32_t shards = (uint32_t)config->knobs[KNOB_SHARDS];
    lf->pool_options.shard_count = shards < config->hart_count ? shards : config->hart_count;
    lf->private_local_chunks = config->hart_caches && config->knobs[KNOB_LOCAL] != 0;
    ck_stack_init(&lf->arenas);
    const char *reclaim = reclaim_names[config->knobs[KNOB_RECLAIM]];
    if (!reclaim_init(&lf->reclaim, reclaim, index_put_from_limbo)) {
        platform_log("lockfree: reclaim=%s: this platform has no such reclamation", reclaim);
        return FRAME_BAD_CONFIG;
    }
    for (uint32_t h = 0; h < config->hart_count; h++) {
        lf->harts[h].pool_hart.mark = SCAN_MARKS + h;
        lf->harts[h].pool_hart.home = h;
        lf->harts[h].pool_hart.reclaim.number = h;
        reclaim_add_hart(&lf->reclaim, &lf->harts[h].pool_hart.reclaim);
        lf->harts[h].nested.home = h;
        reclaim_add_nested(&lf->reclaim, &lf->harts[h].nested.reclaim);
    }
    return FRAME_OK;
}

static bool lockfree_nests(const struct global *global)
{
    (void)global;
    return true;
}

const struct variant lockfree_variant = {
    .name = "lockfree",
    .summary = "Concurrency Kit stacks of 2 MiB chunks, epoch reclamation, no lock",
    .knobs = lockfree_knobs,
    .knob_count = KNOB_COUNT,
    .magazine_default = MAGAZINE_DEFAULT,
    .global_bytes = sizeof(struct lockfree),
    .hart_bytes = sizeof(struct lockfree_hart),
    .arena_bytes = pool_bytes,
    .init = lockfree_init,
    .attach = lockfree_attach,
    .detach = lockfree_detach,
    .quiesce = lockfree_quiesce,
    .repair_local = lockfree_repair_local,
    .repair = lockfree_repair,
    .nests = lockfree_nests,
    .take = lockfree_take,
    .give = lockfree_give,
    .take_run = lockfree_take_run,
    .give_run = lockfree_give_run,
    .find = lockfree_find,
    .local_drain = lockfree_local_drain,
    .local_walk = lockfree_local_walk,
    .walk_free = lockfree_walk_free,
    .add_stats = lockfree_add_stats,
};
