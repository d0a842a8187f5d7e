/* SPDX-License-Identifier: MIT
 * A program around retiring. See code_retire.h.
 *
 * A node's contents are read and written by plain accesses: if they are not ordered, that is already a race. */
#include "code_retire.h"

#include <stdatomic.h>
#include <string.h>

#include "explore.h"
#include "retire_scheme.h"

#define NODES 3u
#define ROUNDS 2u
#define SECTIONS 2u
#define LOOKS 3u
/* More than a clock needs if nobody is in a section; a hart that is lets it be. */
#define COLLECTS 6u

struct told_node {
    struct retire_node node;
    _Atomic uint32_t owned;
    uint64_t says;
};

static struct {
    struct retire all;
    struct retire_hart harts[CODE_RETIRE_HARTS];
    struct told_node nodes[NODES];
} it;

void code_retire_begin(const void *asked)
{
    const struct code_retire *plan = asked;
    memset(&it, 0, sizeof it);
    retire_init(&it.all, (enum retire_scheme)plan->scheme, it.harts, CODE_RETIRE_HARTS);
    for (uint32_t i = 0; i < NODES; i++) {
        retire_push(&it.all, &it.nodes[i].node);
    }
}

static struct told_node *told(struct retire_node *node)
{
    return (struct told_node *)(void *)node;
}

/* volatile: each look is one. */
static uint64_t read_told(const struct told_node *node)
{
    return *(const volatile uint64_t *)&node->says;
}

/* ---- the reader ---- */

RETIRE_INLINE void look(struct retire_hart *me, enum retire_scheme scheme)
{
    struct retire_node *top = retire_protect(me, 0, &it.all.head, scheme);
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

RETIRE_INLINE void read_top(struct retire_hart *me, enum code_retire_flaw flaw, enum retire_scheme scheme)
{
    for (uint32_t i = 0; i < SECTIONS; i++) {
        if (flaw != CODE_RETIRE_UNPROTECTED) {
            retire_enter(me, scheme);
            look(me, scheme);
            retire_exit(me, scheme);
        } else {
            retire_offline(me);
            look(me, RETIRE_QSBR); /* whose protection is the section's alone */
        }
    }
}

/* ---- the writers ---- */

/* It has passed: nobody reads it. */
static void push_again(struct retire_node *node)
{
    told(node)->says++;
    atomic_store_explicit(&told(node)->owned, 0, memory_order_relaxed);
    retire_push(&it.all, node);
}

RETIRE_INLINE void collect(struct retire_hart *me, enum retire_scheme scheme)
{
    retire_enter(me, scheme); /* quiescent */
    retire_exit(me, scheme);
    retire_collect(me);
    while (me->ready.count > 0) {
        push_again(retire_bag_take(&me->ready));
    }
}

RETIRE_INLINE struct retire_node *pop(struct retire_hart *me, enum retire_scheme scheme)
{
    retire_enter(me, scheme);
    struct retire_node *node = retire_pop(me, scheme);
    retire_exit(me, scheme);
    if (node != NULL && atomic_exchange_explicit(&told(node)->owned, 1, memory_order_relaxed) != 0) {
        explore_fail("a node is popped that has an owner");
    }
    return node;
}

RETIRE_INLINE void pop_and_retire(struct retire_hart *me, enum code_retire_flaw flaw, enum retire_scheme scheme)
{
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct retire_node *node = pop(me, scheme);
        if (node != NULL && flaw == CODE_RETIRE_AT_ONCE) {
            push_again(node);
        } else if (node != NULL) {
            retire_node(me, node, scheme);
        }
        for (uint32_t i = 0; i < COLLECTS; i++) {
            collect(me, scheme);
        }
    }
}

/* ---- both ---- */

RETIRE_INLINE void play(const struct code_retire *plan, uint32_t hart, enum retire_scheme scheme)
{
    struct retire_hart *me = &it.harts[hart];
    retire_online(me);
    if (hart == 0) {
        read_top(me, plan->flaw, scheme);
    } else {
        pop_and_retire(me, plan->flaw, scheme);
    }
    retire_offline(me);
}

void code_retire(void *asked, uint32_t hart)
{
    const struct code_retire *plan = asked;
    switch (plan->scheme) {
    case RETIRE_QSBR:
        play(plan, hart, RETIRE_QSBR);
        break;
    case RETIRE_EPOCH:
        play(plan, hart, RETIRE_EPOCH);
        break;
    default:
        play(plan, hart, RETIRE_HP);
        break;
    }
}
