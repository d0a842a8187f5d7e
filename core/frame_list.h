/* SPDX-License-Identifier: MIT
 * A list of free frames: what a hart keeps in place of magazines if the variant says CACHE_LIST. The theory stands in
 * frame_list.c. Private to core.
 *
 * Each call is of the hart whose list it is, in its section, or of a drainer in its place (hart_cache.h), unless it
 * says otherwise. */
#ifndef FRAMELAB_CORE_FRAME_LIST_H
#define FRAMELAB_CORE_FRAME_LIST_H

#include "variant.h"

struct frame_list;

/* Bytes of one list, a multiple of CACHE_PAIR; zeroed memory, so aligned, is an empty one. */
uint64_t frame_list_bytes(void);

/* A frame, or a run, out of the list; false if it has none that meets the request. */
bool frame_list_take(struct frame_list *list, struct frame_request request, pfn_t *first);

/* Puts the frames of a run at the end. Inside an operation of the calling hart, for it may have to look for the run's
 * arena. */
void frame_list_give(const struct variant *variant, struct global *global, struct frame_list *list,
                     struct frame_run run);

/* Takes the next run off a list that is to be emptied: the longest that it begins with, once it is sorted. False if it
 * is empty; then it has forgotten all arenas. */
bool frame_list_drain(struct frame_list *list, struct frame_run *run);

/* Frames in it; anybody, a hint. */
uint64_t frame_list_length(const struct frame_list *list);

/* At rest: calls `visit` for each frame, and checks the list's equations; false if one is broken. */
bool frame_list_walk(const struct frame_list *list, void (*visit)(void *context, struct frame_run run), void *context);

#endif
