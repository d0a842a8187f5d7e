/* SPDX-License-Identifier: MIT
 * A program around retiring. See code_smr.h.
 *
 * A node's contents are read and written by plain accesses: if they are not ordered, that is already a race. */
#include "code_smr.h"

#include <stdatomic.h>
#include <string.h>

#include "explore.h"
#include "smr_scheme.h"

#define NODES 3u
#define ROUNDS 2u
#define SECTIONS 2u
#define LOOKS 3u
/* More than a clock needs if nobody is in a section; a hart that is lets it be. */
#define COLLECTS 6u

struct told_node {
    struct smr_node node;
    _Atomic uint32_t owned;
    uint64_t says;
};

static struct {
    struct smr domain;
    struct smr_hart harts[CODE_SMR_HARTS];
    struct told_node nodes[NODES];
} it;

void code_smr_begin(const void *asked)
{
    const struct code_smr *plan = asked;
    memset(&it, 0, sizeof it);
    smr_init(&it.domain, (enum smr_scheme)plan->scheme, it.harts, CODE_SMR_HARTS);
    for (uint32_t i = 0; i < NODES; i++) {
        smr_push(&it.domain, &it.nodes[i].node);
    }
}

static struct told_node *told(struct smr_node *node)
{
    return (struct told_node *)(void *)node;
}

/* volatile: each look is one. */
static uint64_t read_told(const struct told_node *node)
{
    return *(const volatile uint64_t *)&node->says;
}

/* ---- the reader ---- */

SMR_INLINE void look(struct smr_hart *me, enum smr_scheme scheme)
{
    struct smr_node *top = smr_protect(me, 0, &it.domain.head, scheme);
    if (top == NULL) {
        return;
    }
    uint64_t first = read_told(told(top));
    for (uint32_t i = 1; i < LOOKS; i++) {
        if (read_told(told(top)) != first) {
            explore_fail("a node is written to while a section reads it");
        }
    }
}

SMR_INLINE void read_top(struct smr_hart *me, enum code_smr_flaw flaw, enum smr_scheme scheme)
{
    for (uint32_t i = 0; i < SECTIONS; i++) {
        if (flaw != CODE_SMR_UNPROTECTED) {
            smr_enter(me, scheme);
            look(me, scheme);
            smr_exit(me, scheme);
        } else {
            smr_offline(me);
            look(me, SMR_QSBR); /* whose protection is the section's alone */
        }
    }
}

/* ---- the writers ---- */

/* It has passed: nobody reads it. */
static void push_again(struct smr_node *node)
{
    told(node)->says++;
    atomic_store_explicit(&told(node)->owned, 0, memory_order_relaxed);
    smr_push(&it.domain, node);
}

SMR_INLINE void collect(struct smr_hart *me, enum smr_scheme scheme)
{
    smr_enter(me, scheme); /* quiescent */
    smr_exit(me, scheme);
    smr_collect(me);
    while (me->ready.count > 0) {
        push_again(smr_bag_take(&me->ready));
    }
}

SMR_INLINE struct smr_node *pop(struct smr_hart *me, enum smr_scheme scheme)
{
    smr_enter(me, scheme);
    struct smr_node *node = smr_pop(me, scheme);
    smr_exit(me, scheme);
    if (node != NULL && atomic_exchange_explicit(&told(node)->owned, 1, memory_order_relaxed) != 0) {
        explore_fail("a node is popped that has an owner");
    }
    return node;
}

SMR_INLINE void pop_and_retire(struct smr_hart *me, enum code_smr_flaw flaw, enum smr_scheme scheme)
{
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct smr_node *node = pop(me, scheme);
        if (node != NULL && flaw == CODE_SMR_AT_ONCE) {
            push_again(node);
        } else if (node != NULL) {
            smr_node(me, node, scheme);
        }
        for (uint32_t i = 0; i < COLLECTS; i++) {
            collect(me, scheme);
        }
    }
}

/* ---- both ---- */

SMR_INLINE void play(const struct code_smr *plan, uint32_t hart, enum smr_scheme scheme)
{
    struct smr_hart *me = &it.harts[hart];
    smr_online(me);
    if (hart == 0) {
        read_top(me, plan->flaw, scheme);
    } else {
        pop_and_retire(me, plan->flaw, scheme);
    }
    smr_offline(me);
}

void code_smr(void *asked, uint32_t hart)
{
    const struct code_smr *plan = asked;
    switch (plan->scheme) {
    case SMR_QSBR:
        play(plan, hart, SMR_QSBR);
        break;
    case SMR_EPOCH:
        play(plan, hart, SMR_EPOCH);
        break;
    default:
        play(plan, hart, SMR_HP);
        break;
    }
}
