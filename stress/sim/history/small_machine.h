/* SPDX-License-Identifier: MIT
 * Machines of a few frames, booted once and put back to that state in microseconds: what an execution needs.
 *
 * 1. Layouts are made so that the rare is common. A few frames are soon used up; three chunks with four
 *    frames each make chunks go on and off the stacks all the time; a region that begins just before a multiple of 64
 *    has its frames in two words. Each layout lies in RAM of its own, since what was metadata of one would not be zero
 *    in another. Beside it lies the second arena's memory, which the allocator is not given at boot (hot-plug).
 * 2. Settings: the caches' sizes, from none to two frames, so that the slow paths are what runs. A spec that says
 *    `magazine=` itself has one setting.
 * 3. Reset. All that an allocator changes is its state and its arenas' metadata, which are copied back, and the frames
 *    that a program wrote to, which are told (small_machine_dirty) and zeroed. */
#ifndef FRAMELAB_SIM_SMALL_MACHINE_H
#define FRAMELAB_SIM_SMALL_MACHINE_H

#include "frame_allocator.h"
#include "frame_model.h"

#define SMALL_SETTINGS 4u
#define SMALL_IMAGES_MAX 8u

/* What memory looks like. */
enum small_layout {
    SMALL_TINY,   /* one arena of a few frames */
    SMALL_CHUNKS, /* one arena that has a few frames in each of three chunks */
    SMALL_ARENAS, /* two such arenas on one node */
    SMALL_NODES,  /* two, each on a node of its own */
    SMALL_WHOLE,  /* whole chunks */
    SMALL_LAYOUT_COUNT
};

/* A part of RAM as it was after the boot. */
struct small_image {
    void *at;
    void *copy;
    size_t bytes;
};

struct small_machine {
    enum small_layout layout;
    uint32_t setting, harts;
    struct frame_allocator_config config;
    struct frame_allocator *fa;
    struct frame_model model;       /* all frames free; the second arena's are not served */
    struct phys_range second;       /* arena, to be added and removed */
    struct frame_run second_frames; /* that it hands out */
    uint32_t second_node;
    uint64_t largest_run; /* frames, of the fresh allocator */
    struct small_image images[SMALL_IMAGES_MAX];
    uint32_t image_count;
};

/* Frames that a layout has to hand out, for who writes programs: no promise. */
uint32_t small_layout_frames(enum small_layout layout);

/* The machine of this kind, booted when it is first asked for; as fresh. NULL with one line in `why`. One spec at a
 * time: another one forgets all machines. */
struct small_machine *small_machine_get(const char *spec, enum small_layout layout, uint32_t setting, uint32_t harts,
                                        char *why, size_t why_bytes);

/* A program is going to write to the first and the last word of a frame. */
void small_machine_dirty(uint64_t frame);

/* As it was booted. */
void small_machine_reset(struct small_machine *machine);

#endif
