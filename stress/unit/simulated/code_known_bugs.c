/* SPDX-License-Identifier: MIT
 * Programs around known bugs. See code_known_bugs.h. */
#include "code_known_bugs.h"

#include <ck_epoch.h>
#include <ck_stack.h>
#include <stddef.h>
#include <string.h>

#include "explore.h"

/* ---- batch pop ---- */

#define NODES 3u

struct node {
    ck_stack_entry_t link;
    uint32_t taken; /* by how many */
};

static struct {
    _Alignas(16) ck_stack_t stack;
    struct node nodes[NODES];
} batch;

void code_batch_pop_begin(const void *is_fixed)
{
    (void)is_fixed;
    memset(&batch, 0, sizeof batch);
    for (uint32_t i = 0; i < NODES; i++) {
        ck_stack_push_upmc(&batch.stack, &batch.nodes[i].link);
    }
}

/* With the generation bumped, as upstream has it now. */
static ck_stack_entry_t *batch_pop_fixed(ck_stack_t *stack)
{
    ck_stack_t seen, empty;
    seen.generation = ck_pr_load_ptr(&stack->generation);
    ck_pr_fence_load();
    seen.head = ck_pr_load_ptr(&stack->head);
    do {
        empty.generation = seen.generation + 1;
        empty.head = NULL;
    } while (!ck_pr_cas_ptr_2_value(stack, &seen, &empty, &seen));
    return seen.head;
}

static void node_take(ck_stack_entry_t *entry)
{
    struct node *node = (struct node *)(void *)entry;
    if (ck_pr_faa_32(&node->taken, 1) != 0) {
        explore_fail("a node is taken that has an owner");
    }
}

/* All of them, and the first goes back. */
static void take_all(bool is_fixed)
{
    ck_stack_entry_t *first = is_fixed ? batch_pop_fixed(&batch.stack) : ck_stack_batch_pop_mpmc(&batch.stack);
    for (ck_stack_entry_t *entry = first; entry != NULL; entry = ck_pr_load_ptr(&entry->next)) {
        node_take(entry);
    }
    if (first != NULL) {
        ck_pr_store_32(&((struct node *)(void *)first)->taken, 0);
        ck_stack_push_mpmc(&batch.stack, first);
    }
}

void code_batch_pop(void *is_fixed, uint32_t hart)
{
    if (hart == 0) {
        for (uint32_t i = 0; i < 2; i++) {
            ck_stack_entry_t *entry = ck_stack_pop_mpmc(&batch.stack);
            if (entry != NULL) {
                node_take(entry);
            }
        }
    } else {
        take_all(*(const bool *)is_fixed);
    }
}

/* ---- a section's loads ---- */

#define OBJECTS 3u
#define SECTIONS 3u

struct object {
    ck_epoch_entry_t entry;
    uint32_t freed;
};

static struct {
    ck_epoch_t epoch;
    ck_epoch_record_t records[2];
    struct object objects[OBJECTS];
    struct object *published;
} epochs;

void code_epoch_begin_begin(const void *is_fixed)
{
    (void)is_fixed;
    memset(&epochs, 0, sizeof epochs);
    ck_epoch_init(&epochs.epoch);
    for (uint32_t i = 0; i < 2; i++) {
        ck_epoch_register(&epochs.epoch, &epochs.records[i], NULL);
    }
    epochs.published = &epochs.objects[0];
}

static void object_free(ck_epoch_entry_t *entry)
{
    struct object *object = (struct object *)(void *)((unsigned char *)entry - offsetof(struct object, entry));
    ck_pr_store_32(&object->freed, 1);
}

static void read_in_section(bool is_fixed)
{
    ck_epoch_begin(&epochs.records[0], NULL);
    if (is_fixed) {
        ck_pr_fence_load();
    }
    struct object *object = ck_pr_load_ptr(&epochs.published);
    for (uint32_t looks = 0; looks < 3; looks++) {
        if (ck_pr_load_32(&object->freed) != 0) {
            explore_fail("an object is freed while a section looks at it");
        }
    }
    ck_epoch_end(&epochs.records[0], NULL);
}

/* Another object takes its place; then it is to be freed, in a section, so that the epoch moves. */
static void replace(uint32_t i)
{
    struct object *old = &epochs.objects[i];
    ck_pr_store_ptr(&epochs.published, &epochs.objects[i + 1]);
    ck_pr_fence_memory();
    ck_epoch_call(&epochs.records[1], &old->entry, object_free);
    for (uint32_t polls = 0; polls < 3; polls++) {
        ck_epoch_begin(&epochs.records[1], NULL);
        ck_pr_fence_load();
        (void)ck_epoch_poll(&epochs.records[1]);
        ck_epoch_end(&epochs.records[1], NULL);
    }
}

void code_epoch_begin(void *is_fixed, uint32_t hart)
{
    if (hart == 0) {
        for (uint32_t i = 0; i < SECTIONS; i++) {
            read_in_section(*(const bool *)is_fixed);
        }
    } else {
        for (uint32_t i = 0; i + 1 < OBJECTS; i++) {
            replace(i);
        }
    }
}
