/* SPDX-License-Identifier: MIT
 * Machines of a few frames. See small_machine.h. */
#include "small_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "boot_allocator.h"
#include "hart_cache.h"
#include "platform.h"
#include "platform_host.h"
#include "variants.h"

#define MIB (UINT64_C(1) << 20)
/* A chunk below a multiple of 128 MiB: what has more than one chunk has two chunk bitmaps, and so, in lockfree, two
 * shards. */
#define RAM_START (UINT64_C(0x80000000) - 2 * MIB)
#define LAYOUT_BYTES (128 * MIB)
/* Offsets in a layout's RAM: of the second arena and of the allocator's state. */
#define SECOND_OFFSET (48 * MIB)
#define STATE_OFFSET (64 * MIB)
#define STATE_BYTES (4 * MIB)
#define REGIONS_MAX 11u
#define MACHINES_MAX 512u
#define DIRTY_MAX 1024u

/* Of a layout, in frames from its start. The last two or so of an arena go for its metadata. */
static const struct {
    uint32_t frames; /* to hand out, about */
    uint32_t nodes;
    bool apart; /* every region is an arena */
    uint32_t region_count;
    struct {
        uint32_t first, count, node;
    } regions[REGIONS_MAX];
    struct {
        uint32_t first, count; /* from SECOND_OFFSET */
    } second;
} LAYOUTS[SMALL_LAYOUT_COUNT] = {
    [SMALL_TINY] = {6, 1, false, 1, {{60, 7, 0}}, {62, 6}},
    [SMALL_CHUNKS] = {12, 1, false, 3, {{62, 4, 0}, {512 + 62, 4, 0}, {1024 + 62, 7, 0}}, {62, 6}},
    [SMALL_ARENAS] = {8, 1, true, 2, {{62, 5, 0}, {1024 + 62, 5, 0}}, {62, 6}},
    [SMALL_NODES] = {8, 2, true, 2, {{62, 5, 0}, {1024 + 62, 5, 1}}, {62, 6}},
    [SMALL_WHOLE] = {2048, 1, false, 1, {{0, 4 * 512 + 7, 0}}, {0, 512 + 4}},
    [SMALL_MANY] = {21,
                    1,
                    false,
                    11,
                    {{62, 7, 0}, /* the metadata's place as well */
                     {512 + 62, 2, 0},
                     {1024 + 62, 2, 0},
                     {1536 + 62, 2, 0},
                     {2048 + 62, 2, 0},
                     {2560 + 62, 2, 0},
                     {3072 + 62, 2, 0},
                     {3584 + 62, 2, 0},
                     {4096 + 62, 2, 0},
                     {4608 + 62, 2, 0},
                     {5120 + 62, 2, 0}},
                    {62, 6}},
    [SMALL_PLUG] = {5, 1, false, 1, {{60, 6, 0}}, {0, 2 * 512 + 7}},
};

/* A setting as text: the caches' knobs, and others, which a variant may not have. */
#define OTHER_KNOBS_MAX 2u
static const struct {
    const char *caches, *others[OTHER_KNOBS_MAX];
} SETTINGS[SMALL_SETTINGS] = {
    {"magazine=0,run-magazine=0", {NULL}},
    {"magazine=1,batch=1,run-magazine=1", {NULL}},
    {"magazine=2,batch=1,run-magazine=0", {NULL}},
    {"magazine=2,batch=2,run-magazine=1", {NULL}},
    {"magazine=2,batch=1,magazines=1,run-magazine=1", {NULL}},
    {"magazine=3,batch=2,run-magazine=2", {NULL}},
    {"magazine=2,batch=1,run-magazine=0", {"local=off"}},
    {"magazine=2,batch=2,magazines=1,run-magazine=2", {"local=off"}},
    {"magazine=1,batch=1,run-magazine=1", {"shards=1"}},
    {"magazine=0,run-magazine=0", {"classes=1"}},
    {"magazine=2,batch=1,run-magazine=1", {"classes=1", "shards=1"}},
};

static struct {
    bool mapped;
    char spec[SMALL_SPEC_MAX];
    struct small_machine *machines[MACHINES_MAX];
    uint32_t count;
    uint64_t dirty[DIRTY_MAX]; /* frames */
    uint32_t dirty_count;
    struct memory_map map;
    struct boot_allocator boot;
} all;

uint32_t small_layout_frames(enum small_layout layout)
{
    return LAYOUTS[layout].frames;
}

bool small_layout_has_chunks(enum small_layout layout)
{
    return layout == SMALL_WHOLE || layout == SMALL_PLUG;
}

bool small_setting_caches_runs(uint32_t setting)
{
    return strstr(SETTINGS[setting].caches, "run-magazine=0") == NULL;
}

/* ---- the memory map ---- */

static uint64_t layout_start(enum small_layout layout)
{
    return RAM_START + (uint64_t)layout * LAYOUT_BYTES;
}

static void map_add(struct memory_map *map, uint64_t start, uint64_t bytes, uint32_t node)
{
    const struct ram_region region = {{{start}, bytes}, node};
    map->ram[map->ram_count++] = region;
    map->free[map->free_count++] = region;
}

static void map_make(struct memory_map *map, const struct small_machine *machine, uint64_t state_bytes)
{
    enum small_layout layout = machine->layout;
    memset(map, 0, sizeof *map);
    map->hart_count = machine->harts;
    map->node_count = LAYOUTS[layout].nodes;
    for (uint32_t from = 0; from < map->node_count; from++) {
        map->node_id[from] = from;
        for (uint32_t to = 0; to < map->node_count; to++) {
            map->distance[from][to] = from == to ? 10 : 20;
        }
    }
    for (uint32_t hart = 0; hart < machine->harts; hart++) {
        map->hart_node[hart] = hart % (map->node_count > 0 ? map->node_count : 1);
    }
    for (uint32_t r = 0; r < LAYOUTS[layout].region_count; r++) {
        map_add(map, layout_start(layout) + LAYOUTS[layout].regions[r].first * FRAME_SIZE,
                LAYOUTS[layout].regions[r].count * FRAME_SIZE, LAYOUTS[layout].regions[r].node);
    }
    map_add(map, layout_start(layout) + STATE_OFFSET, state_bytes, 0);
}

/* ---- booting ---- */

struct found {
    struct frame_run runs[FRAME_MODEL_RUNS];
    struct phys_range metadata[SMALL_IMAGES_MAX];
    uint32_t run_count, metadata_count;
};

static void note_arena(void *context, const struct arena *arena)
{
    struct found *found = context;
    for (uint32_t r = 0; r < arena->region_count && found->run_count < FRAME_MODEL_RUNS; r++) {
        found->runs[found->run_count++] = arena->regions[r];
    }
    if (found->metadata_count < SMALL_IMAGES_MAX) {
        found->metadata[found->metadata_count++] = arena->metadata;
    }
}

/* Zeroes, as fresh memory is: metadata of an earlier boot lies there. */
static void clear_regions(enum small_layout layout)
{
    for (uint32_t r = 0; r < LAYOUTS[layout].region_count; r++) {
        const phys_addr_t start = {layout_start(layout) + LAYOUTS[layout].regions[r].first * FRAME_SIZE};
        memset(platform_phys_to_virt(start), 0, LAYOUTS[layout].regions[r].count * FRAME_SIZE);
    }
}

static bool boot(struct small_machine *machine, uint64_t state_bytes, char *why, size_t why_bytes)
{
    map_make(&all.map, machine, state_bytes);
    clear_regions(machine->layout);
    boot_allocator_init(&all.boot, &all.map);
    memset(platform_phys_to_virt((phys_addr_t){layout_start(machine->layout) + STATE_OFFSET}), 0, state_bytes);
    enum frame_status status = frame_allocator_init(&machine->fa, &machine->config, &all.boot, &all.map);
    if (status != FRAME_OK) {
        (void)snprintf(why, why_bytes, "%s cannot be built over a few frames: %s", machine->config.variant->name,
                       frame_status_text(status));
    }
    return status == FRAME_OK;
}

/* Whether all that core and the variant asked the boot allocator for lies in the memory for state. */
static bool state_fits(const struct small_machine *machine, uint64_t state_bytes)
{
    const struct frame_allocator *fa = machine->fa;
    const void *const parts[] = {fa, fa->global, fa->harts, fa->harts[0].spare, cache_loaded(&fa->harts[0].caches[0])};
    const unsigned char *start = platform_phys_to_virt((phys_addr_t){layout_start(machine->layout) + STATE_OFFSET});
    for (uint32_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if ((uintptr_t)parts[i] - (uintptr_t)start >= state_bytes) {
            return false;
        }
    }
    return true;
}

/* The first time to see how much state there is, so that the second time nothing is left beside it to become an arena
 * of its own. What alignment costs is in no count: that may take another frame. */
static bool boot_exactly(struct small_machine *machine, char *why, size_t why_bytes, uint64_t *state_bytes)
{
    bool good = boot(machine, STATE_BYTES, why, why_bytes);
    *state_bytes = align_up_u64(all.boot.taken_bytes, FRAME_SIZE);
    good = good && boot(machine, *state_bytes, why, why_bytes);
    if (good && !state_fits(machine, *state_bytes)) {
        *state_bytes += FRAME_SIZE;
        good = boot(machine, *state_bytes, why, why_bytes);
        FRAME_ASSERT(!good || state_fits(machine, *state_bytes));
    }
    return good;
}

static bool image_take(struct small_machine *machine, phys_addr_t start, uint64_t bytes)
{
    struct small_image *image = &machine->images[machine->image_count++];
    image->at = platform_phys_to_virt(start);
    image->bytes = bytes;
    image->copy = malloc(bytes);
    if (image->copy != NULL) {
        memcpy(image->copy, image->at, bytes);
    }
    return image->copy != NULL;
}

static void sort_runs(struct found *found)
{
    for (uint32_t i = 1; i < found->run_count; i++) {
        struct frame_run run = found->runs[i];
        uint32_t at = i;
        for (; at > 0 && found->runs[at - 1].first.value > run.first.value; at--) {
            found->runs[at] = found->runs[at - 1];
        }
        found->runs[at] = run;
    }
}

/* What the second arena has to hand out: it is added, looked at, and forgotten. */
static bool second_probe(struct small_machine *machine)
{
    struct found with = {.run_count = 0};
    machine->second = (struct phys_range){
        {layout_start(machine->layout) + SECOND_OFFSET + LAYOUTS[machine->layout].second.first * FRAME_SIZE},
        LAYOUTS[machine->layout].second.count * FRAME_SIZE};
    machine->second_node = LAYOUTS[machine->layout].nodes - 1;
    if (frame_arena_add(machine->fa, machine->second, machine->second_node) != FRAME_OK) {
        return false;
    }
    frame_allocator_arenas(machine->fa, note_arena, &with);
    for (uint32_t i = 0; i < with.run_count; i++) {
        if (with.runs[i].first.value == frame_run_inside(machine->second).first.value) {
            machine->second_frames = with.runs[i];
        }
    }
    small_machine_reset(machine);
    return machine->second_frames.count > 0;
}

/* Whether a spec names a knob; `knob` may go on after its name. */
static bool names(const char *spec, const char *knob)
{
    size_t length = strcspn(knob, "=");
    const char *at = strchr(spec, ',');
    while (at != NULL && (strncmp(at + 1, knob, length) != 0 || at[1 + length] != '=')) {
        at = strchr(at + 1, ',');
    }
    return at != NULL;
}

/* Core has room for so many runs in each magazine, and has then set all capacities to what memory is worth. */
static void cache_runs(struct small_machine *machine)
{
    for (uint32_t h = 0; h < machine->harts && names(machine->spec, "run-magazine"); h++) {
        for (uint32_t order = 1; order < CACHE_ORDERS; order++) {
            struct cache *cache = &machine->fa->harts[h].caches[order];
            cache->capacity = machine->config.run_magazine;
            cache->batch = machine->config.run_magazine;
        }
    }
}

static bool build(struct small_machine *machine, char *why, size_t why_bytes)
{
    struct found found = {.run_count = 0};
    uint64_t state_bytes;
    if (!boot_exactly(machine, why, why_bytes, &state_bytes)) {
        return false;
    }
    cache_runs(machine);
    frame_allocator_arenas(machine->fa, note_arena, &found);
    bool made = image_take(machine, (phys_addr_t){layout_start(machine->layout) + STATE_OFFSET}, state_bytes);
    for (uint32_t i = 0; i < found.metadata_count && made; i++) {
        made = image_take(machine, found.metadata[i].start, found.metadata[i].size);
    }
    if (!made || !second_probe(machine)) {
        (void)snprintf(why, why_bytes, "no memory for a small machine, or its second arena");
        return false;
    }
    sort_runs(&found);
    frame_model_clear(&machine->model);
    for (uint32_t i = 0; i < found.run_count; i++) {
        frame_model_add(&machine->model, found.runs[i], true);
        machine->largest_run = found.runs[i].count > machine->largest_run ? found.runs[i].count : machine->largest_run;
    }
    frame_model_add(&machine->model, machine->second_frames, false);
    return true;
}

/* ---- the machines ---- */

static void machine_free(struct small_machine *machine)
{
    for (uint32_t i = 0; i < machine->image_count; i++) {
        free(machine->images[i].copy);
    }
    free(machine);
}

static void forget_all(const char *spec)
{
    for (uint32_t i = 0; i < all.count; i++) {
        machine_free(all.machines[i]);
    }
    all.count = 0;
    (void)snprintf(all.spec, sizeof all.spec, "%s", spec);
}

static bool ram_get(char *why, size_t why_bytes)
{
    all.mapped =
        all.mapped || host_ram_map((struct phys_range){{RAM_START}, SMALL_LAYOUT_COUNT * LAYOUT_BYTES}, why, why_bytes);
    return all.mapped;
}

static void spec_add(struct small_machine *machine, const char *knobs)
{
    size_t length = strlen(machine->spec);
    (void)snprintf(machine->spec + length, sizeof machine->spec - length, ",%s", knobs);
}

static bool has_knob(const struct variant *variant, const char *knob)
{
    size_t length = strcspn(knob, "=");
    uint32_t i = 0;
    while (i < variant->knob_count &&
           (strlen(variant->knobs[i].name) != length || strncmp(variant->knobs[i].name, knob, length) != 0)) {
        i++;
    }
    return i < variant->knob_count;
}

/* The spec, and of the setting what it does not say itself and the variant knows. */
static void spec_make(struct small_machine *machine, const char *spec)
{
    const struct variant *variant = machine->config.variant;
    bool sized = names(spec, "magazine") || names(spec, "batch") || names(spec, "magazines") ||
                 names(spec, "run-magazine") || variant->magazine_default == 0;
    (void)snprintf(machine->spec, sizeof machine->spec, "%s", spec);
    if (!sized) {
        spec_add(machine, SETTINGS[machine->setting].caches);
    }
    for (uint32_t i = 0; i < OTHER_KNOBS_MAX; i++) {
        const char *knob = SETTINGS[machine->setting].others[i];
        if (knob != NULL && has_knob(variant, knob) && !names(spec, knob)) {
            spec_add(machine, knob);
        }
    }
}

static bool config_make(struct small_machine *machine, const char *spec, char *why, size_t why_bytes)
{
    struct frame_allocator_config *config = &machine->config;
    if (!frame_allocator_config_parse(config, framelab_variants, spec, machine->harts, why, why_bytes)) {
        return false;
    }
    spec_make(machine, spec);
    if (!frame_allocator_config_parse(config, framelab_variants, machine->spec, machine->harts, why, why_bytes)) {
        return false;
    }
    if (LAYOUTS[machine->layout].apart) {
        config->hole_metadata_limit_bytes = 0;
    }
    return true;
}

static struct small_machine *machine_new(const char *spec, enum small_layout layout, uint32_t setting, uint32_t harts,
                                         char *why, size_t why_bytes)
{
    struct small_machine *machine = calloc(1, sizeof *machine);
    if (machine == NULL) {
        (void)snprintf(why, why_bytes, "no memory for a small machine");
        return NULL;
    }
    machine->layout = layout;
    machine->setting = setting;
    machine->harts = harts;
    if (!config_make(machine, spec, why, why_bytes) || !build(machine, why, why_bytes)) {
        machine_free(machine);
        return NULL;
    }
    return machine;
}

struct small_machine *small_machine_get(const char *spec, enum small_layout layout, uint32_t setting, uint32_t harts,
                                        char *why, size_t why_bytes)
{
    if (!ram_get(why, why_bytes)) {
        return NULL;
    }
    if (strcmp(all.spec, spec) != 0) {
        forget_all(spec);
    }
    platform_host_hart_count_set(harts);
    for (uint32_t i = 0; i < all.count; i++) {
        struct small_machine *machine = all.machines[i];
        if (machine->layout == layout && machine->setting == setting && machine->harts == harts) {
            small_machine_reset(machine);
            return machine;
        }
    }
    struct small_machine *made =
        all.count < MACHINES_MAX ? machine_new(spec, layout, setting, harts, why, why_bytes) : NULL;
    if (made != NULL) {
        all.machines[all.count++] = made;
    }
    return made;
}

void small_machine_dirty(uint64_t frame)
{
    if (all.dirty_count < DIRTY_MAX) {
        all.dirty[all.dirty_count++] = frame;
    }
}

/* Of whatever machine was played on last. */
static void clean(void)
{
    for (uint32_t i = 0; i < all.dirty_count; i++) {
        uint64_t *words = platform_phys_to_virt(frame_addr(pfn(all.dirty[i])));
        words[0] = 0;
        words[FRAME_SIZE / sizeof *words - 1] = 0;
    }
    all.dirty_count = 0;
}

void small_machine_reset(struct small_machine *machine)
{
    clean();
    for (uint32_t i = 0; i < machine->image_count; i++) {
        memcpy(machine->images[i].at, machine->images[i].copy, machine->images[i].bytes);
    }
}
