/* SPDX-License-Identifier: MIT
 * Machines of a few frames, booted once and put back into the state after the boot in microseconds, for each execution.
 *
 * 1. Layouts (program.h) make frequent what is rare on a large machine:
 *    - a few frames are soon used up;
 *    - three chunks of four frames each make chunks go on and off the stacks all the time;
 *    - a region that begins just before a multiple of 64 has its frames in two words;
 *    - many chunks of two frames fill limbo.
 *    Each layout has RAM of its own, because what is metadata in one layout would not be zero in another. Beside it
 *    lies the memory of the second arena, which is added and removed while harts run (hot-plug): a few frames, or whole
 *    chunks where local chunks, local chunk bitmaps and coalescing are to be tried.
 * 2. Settings are values of knobs: caches of none to three frames, so that mostly the slow paths run, and knobs that
 *    select another protocol. If a spec names a knob itself, its value holds in all settings; if it names a knob of the
 *    caches, the settings change none of these. Runs are cached at every order, as many as `run-magazine=` says, though
 *    core would cache none with so little memory: no property (trial/property.h) depends on the share of memory in
 *    caches.
 * 3. Reset. The allocator's state and its arenas' metadata are copied back; the frames that a program wrote to, which
 *    small_machine_dirty is told, are zeroed. An allocator changes nothing else. */
#ifndef FRAMELAB_SIM_SMALL_MACHINE_H
#define FRAMELAB_SIM_SMALL_MACHINE_H

#include "frame_allocator.h"
#include "frame_model.h"

#define SMALL_SETTINGS 11u
#define SMALL_IMAGES_MAX 8u
#define SMALL_SPEC_MAX 256u

/* What memory looks like. */
enum small_layout {
    SMALL_TINY,   /* one arena of a few frames */
    SMALL_CHUNKS, /* one arena that has a few frames in each of three chunks */
    SMALL_ARENAS, /* two such arenas on one node */
    SMALL_NODES,  /* two, each on a node of its own */
    SMALL_WHOLE,  /* whole chunks, in the second arena too */
    SMALL_MANY,   /* two frames in each of so many chunks that limbo may hold more than it does before it is polled */
    SMALL_PLUG,   /* a few frames; whole chunks only in the second arena */
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
    char spec[SMALL_SPEC_MAX]; /* of the variant, with the setting's knobs */
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
/* Whether the layout has whole chunks, at boot or in its second arena. */
bool small_layout_has_chunks(enum small_layout layout);
/* Settings that every program may have: those in which little else is different are the first. */
#define SMALL_SETTINGS_PLAIN 4u
/* No caches, and so few looks at stacks that many places are popped within a grace period. */
#define SMALL_SETTING_ONE_CLASS 9u
/* Whether the setting caches runs, unless a spec says otherwise. */
bool small_setting_caches_runs(uint32_t setting);

/* The machine of this kind, booted when it is first asked for; as fresh. NULL with one line in `why`. One spec at a
 * time: another one forgets all machines. */
struct small_machine *small_machine_get(const char *spec, enum small_layout layout, uint32_t setting, uint32_t harts,
                                        char *why, size_t why_bytes);

/* A program is going to write to the first and the last word of a frame. */
void small_machine_dirty(uint64_t frame);

/* As it was booted. */
void small_machine_reset(struct small_machine *machine);

#endif
