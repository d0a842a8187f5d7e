/* SPDX-License-Identifier: MIT
 * Choosing a back end, and limbo. The theory stands in reclaim.h. */
#include "reclaim.h"

#include <string.h>

/* Entries in limbo that make a deferral poll as well. */
#define LIMBO_BEFORE_POLL 8u

const char *const reclaim_names[] = {"epoch", "urcu-memb", "urcu-qsbr", "tag", NULL};

/* ---- the choice --------------------------------------------------------------------------------------------- */

static const struct reclaim_backend *backend_of(const char *name)
{
    static const struct reclaim_backend *const own[] = {&reclaim_epoch, &reclaim_tag, NULL};
    const struct reclaim_backend *const *const lists[] = {own, platform_reclaim_backends()};
    for (uint32_t l = 0; l < 2; l++) {
        for (uint32_t i = 0; lists[l][i] != NULL; i++) {
            if (strcmp(lists[l][i]->name, name) == 0) {
                return lists[l][i];
            }
        }
    }
    return NULL;
}

bool reclaim_init(struct reclaim *reclaim, const char *name, reclaim_call *call)
{
    reclaim->backend = backend_of(name);
    if (reclaim->backend == NULL || !reclaim->backend->init(reclaim)) {
        return false;
    }
    FRAME_ASSERT(reclaim->backend->grace <= RECLAIM_GRACE_MAX);
    reclaim->call = call;
    ck_stack_init(&reclaim->limbo);
    reclaim->start = reclaim_now(reclaim);
    reclaim->polled = reclaim->start;
    return true;
}

void reclaim_add_hart(struct reclaim *reclaim, struct reclaim_hart *hart)
{
    FRAME_ASSERT(reclaim->backend != NULL);
    hart->reclaim = reclaim;
    hart->backend = reclaim->backend;
    hart->backend->add_hart(hart);
}

void reclaim_add_nested(struct reclaim *reclaim, struct reclaim_hart *hart)
{
    FRAME_ASSERT(reclaim->backend != NULL);
    hart->reclaim = reclaim;
    hart->backend = reclaim->backend;
    hart->nested = true;
}

/* ---- limbo -------------------------------------------------------------------------------------------------- */

static void limbo_push(struct reclaim *reclaim, struct reclaim_entry *entry)
{
    shared_stack_push(&reclaim->limbo, &entry->link);
}

/* With `polling`. Whoever pushed an entry wrote it before: ck_stack's fences. */
static void limbo_empty(struct reclaim_hart *hart)
{
    struct reclaim *reclaim = hart->reclaim;
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&reclaim->polling) == 1 + hart->number);
    ck_stack_entry_t *link = shared_stack_pop_all(&reclaim->limbo);
    while (link != NULL) {
        struct reclaim_entry *entry = (struct reclaim_entry *)(void *)link;
        link = link->next;
        if (!reclaim_passed(hart, entry->cookie)) {
            limbo_push(reclaim, entry);
            continue;
        }
        /* Before the call: after it the entry may come here again. Relaxed, as all that counts. */
        bare_sub_relaxed(&reclaim->pending, 1);
        reclaim->call(entry);
    }
}

static void peak_raise(struct reclaim *reclaim, uint32_t pending)
{
    uint32_t peak = bare_load_relaxed(&reclaim->peak);
    while (pending > peak && !bare_cas_weak_relaxed(&reclaim->peak, &peak, pending)) {
    }
}

void reclaim_defer(struct reclaim_hart *hart, struct reclaim_entry *entry)
{
    struct reclaim *reclaim = hart->reclaim;
    uint32_t pending = bare_add_relaxed(&reclaim->pending, 1) + 1;
    peak_raise(reclaim, pending);
    limbo_push(reclaim, entry);
    if (pending >= LIMBO_BEFORE_POLL) {
        reclaim_poll(hart);
    }
}

/* Acquire, partner of the release in reclaim_poll: the last poller's calls are done. */
static bool polling_begin(struct reclaim_hart *hart)
{
    uint32_t nobody = 0;
    return bare_cas_strong_acquire(&hart->reclaim->polling, &nobody, 1 + hart->number);
}

void reclaim_hart_ended(struct reclaim_hart *hart)
{
    struct reclaim *reclaim = hart->reclaim;
    if (hart->backend == &reclaim_epoch) {
        ck_pr_fence_memory(); /* what it read in its section, before */
        ck_pr_store_uint(&hart->epoch.active, 0);
    }
    if (bare_load_relaxed(&reclaim->polling) == 1 + hart->number) {
        shared_store_release(&reclaim->polling, 0);
    }
}

bool reclaim_poll(struct reclaim_hart *hart)
{
    struct reclaim *reclaim = hart->reclaim;
    if (hart->nested) {
        return false;
    }
    if (shared_load_relaxed(&reclaim->polling) != 0 || !polling_begin(hart)) {
        return false;
    }
    hart->backend->move(hart);
    uint64_t now = reclaim_now(reclaim);
    if (now != reclaim->polled) {
        reclaim->polled = now;
        limbo_empty(hart);
    }
    shared_store_release(&reclaim->polling, 0);
    return true;
}

/* Why nothing that was deferred before the call is in limbo when the answer is true. Let entry X have been, with the
 * cookie x. `start` is taken later, so x <= start, and once `start` has passed so has X. A poll of our own comes after
 * that look. If it empties limbo it finds X there or X is done: nobody else is at it, and who was has done X or put it
 * back. If it does not, the source shows what it showed when an earlier poll emptied limbo, at least start + grace. So
 * that poll came after the section below had been left (G), and with it after X was pushed: it found X, and X had
 * passed. Had `start` been taken in no section, nothing would order that poll after the push. Another's poll does not
 * do: it may not have come to X yet. */
bool reclaim_barrier(struct reclaim_hart *hart)
{
    FRAME_DEBUG_ASSERT(hart->backend != &reclaim_epoch || hart->epoch.active == 0);
    reclaim_enter(hart);
    uint64_t start = reclaim_cookie(hart);
    reclaim_exit(hart);
    for (uint32_t turn = 0; turn < hart->backend->barrier_turns; turn++) {
        bool passed = reclaim_passed(hart, start);
        if (reclaim_poll(hart) && passed) {
            return true;
        }
        platform_relax();
    }
    return false;
}

/* ---- the audit --------------------------------------------------------------------------------------------- */

uint32_t reclaim_pending(const struct reclaim *reclaim)
{
    return bare_load_relaxed(&reclaim->pending);
}

uint32_t reclaim_peak(const struct reclaim *reclaim)
{
    return bare_load_relaxed(&reclaim->peak);
}

uint64_t reclaim_advances(const struct reclaim *reclaim)
{
    return reclaim_now(reclaim) - reclaim->start;
}

void reclaim_jump(struct reclaim *reclaim, uint64_t advances)
{
    reclaim->backend->jump(reclaim, advances);
}
