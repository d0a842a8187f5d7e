/* SPDX-License-Identifier: MIT
 * Populations. See population.h. */
#include "population.h"

#include <string.h>

#include "arena.h"
#include "platform.h"

static uint64_t chunk_bytes(const struct frame_index *chunks)
{
    return align_up_u64(chunks->total * sizeof(uint16_t), CACHE_PAIR);
}

uint64_t population_bytes(const struct memory_map *map, uint64_t frame_max)
{
    struct frame_index chunks;
    frame_index_init(&chunks, map->ram, map->ram_count, CHUNK_ORDER);
    return align_up_u64(frame_max * sizeof(pfn_t), CACHE_PAIR) + 2 * chunk_bytes(&chunks);
}

static uint64_t chunk_of(const struct population *population, uint64_t frame)
{
    uint64_t chunk = frame_index_of(&population->chunks, frame);
    FRAME_ASSERT(chunk != FRAME_INDEX_NONE);
    return chunk;
}

static void learn_arena(void *context, const struct arena *arena)
{
    struct population *population = context;
    for (uint32_t i = 0; i < arena->region_count; i++) {
        uint64_t frame = arena->regions[i].first.value;
        uint64_t end = frame_run_end(arena->regions[i]);
        while (frame < end) {
            uint64_t chunk_end = align_down_u64(frame, CHUNK_FRAMES) + CHUNK_FRAMES;
            uint64_t next = chunk_end < end ? chunk_end : end;
            uint16_t *unusable = &population->unusable[chunk_of(population, frame)];
            *unusable = (uint16_t)(*unusable - (next - frame));
            frame = next;
        }
    }
    population->usable += arena->usable_frames;
}

void population_init(struct population *population, struct frame_allocator *allocator, const struct memory_map *map,
                     uint64_t frame_max, uint64_t seed, void *memory)
{
    *population = (struct population){.frames = memory, .frame_max = frame_max, .random = random_stream(seed, 0)};
    frame_index_init(&population->chunks, map->ram, map->ram_count, CHUNK_ORDER);
    unsigned char *words = (unsigned char *)memory + align_up_u64(frame_max * sizeof(pfn_t), CACHE_PAIR);
    population->unusable = (uint16_t *)(void *)words;
    population->taken = (uint16_t *)(void *)(words + chunk_bytes(&population->chunks));
    memset(population->frames, 0, frame_max * sizeof(pfn_t)); /* every page is there before anything is timed */
    for (uint64_t i = 0; i < population->chunks.total; i++) {
        population->unusable[i] = CHUNK_FRAMES;
    }
    frame_allocator_arenas(allocator, learn_arena, population);
}

/* The last steps of a Fisher-Yates shuffle: each of the first `count` may come to be any of the last. */
void population_scatter(struct population *population, uint64_t count)
{
    FRAME_ASSERT(count <= population->count);
    for (uint64_t end = population->count; count > 0; end--, count--) {
        uint64_t chosen = random_below(&population->random, end);
        pfn_t keep = population->frames[end - 1];
        population->frames[end - 1] = population->frames[chosen];
        population->frames[chosen] = keep;
    }
}

/* How many whole chunks have so many frames out, by that number. */
struct tally {
    uint64_t chunks[CHUNK_FRAMES + 1];
    uint64_t out; /* frames of them */
};

static void count_out(struct population *population, struct tally *tally)
{
    memcpy(population->taken, population->unusable, population->chunks.total * sizeof population->taken[0]);
    for (uint64_t i = 0; i < population->count; i++) {
        population->taken[chunk_of(population, population->frames[i].value)]++;
    }
    *tally = (struct tally){.out = 0};
    for (uint64_t i = 0; i < population->chunks.total; i++) {
        if (population->unusable[i] == 0) {
            tally->chunks[population->taken[i]]++;
            tally->out += population->taken[i];
        }
    }
}

struct population_spread population_look(struct population *population)
{
    struct tally tally;
    count_out(population, &tally);
    struct population_spread spread = {.migrations = tally.out};
    uint64_t room = (tally.out + CHUNK_FRAMES - 1) / CHUNK_FRAMES; /* chunks that hold all */
    for (uint32_t out = CHUNK_FRAMES; room > 0; out--) {
        uint64_t kept = tally.chunks[out] < room ? tally.chunks[out] : room;
        spread.migrations -= kept * out;
        room -= kept;
    }
    spread.free_share = (double)(tally.chunks[0] * CHUNK_FRAMES) / (double)population->usable;
    return spread;
}
