/* SPDX-License-Identifier: MIT
 * The stacks. The theory stands in index.h. */
#include "index.h"

void index_put_from_limbo(struct reclaim_entry *entry)
{
    struct index_node *node =
        (struct index_node *)(void *)((unsigned char *)entry - offsetof(struct index_node, in_limbo));
    struct index_stack *stack = node->stack;
    FRAME_DEBUG_ASSERT(stack != NULL);
    ck_pr_fence_load_store(); /* who pops the index node may write `stack` anew; the push itself orders stores alone */
    shared_stack_push(&stack->stack, &node->on_stack);
}

void index_put(struct index_node *node, struct index_stack *stack, struct reclaim_hart *hart, _Atomic uint64_t *retries)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&node->linked) == 1);
    node->stack = stack;
    if (!reclaim_passed(hart, node->in_limbo.cookie)) {
        reclaim_defer(hart, &node->in_limbo);
        return;
    }
    while (!shared_stack_try_push(&stack->stack, &node->on_stack)) {
        counter_add(retries, 1);
    }
}

struct index_node *index_pop(struct index_stack *stack, const struct reclaim_hart *hart, _Atomic uint64_t *retries)
{
    ck_stack_entry_t *entry = NULL;
    while (!reclaim_try_pop(hart, &stack->stack, &entry)) {
        if (index_top(stack) == NULL) {
            return NULL;
        }
        counter_add(retries, 1);
    }
    /* What is written to the index node from here on comes after what those who had it before read and wrote there. */
    ck_pr_fence_acquire();
    struct index_node *node = (struct index_node *)(void *)entry;
    node->in_limbo.cookie = reclaim_cookie(hart);
    return node;
}

struct index_node *index_top(struct index_stack *stack)
{
    return (struct index_node *)(void *)shared_stack_top(&stack->stack);
}

uint64_t index_length(const struct index_stack *stack)
{
    uint64_t length = 0;
    for (const ck_stack_entry_t *entry = stack->stack.head; entry != NULL; entry = entry->next) {
        length++;
    }
    return length;
}
