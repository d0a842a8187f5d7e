/* SPDX-License-Identifier: MIT
 * Blocks of code, by address. See profile.h. */
#include "profile.h"

#include <inttypes.h>
#include <stdlib.h>

#define BUCKETS 4096u

struct profile {
    struct profile_block *buckets[BUCKETS];
    size_t count;
};

struct profile *profile_new(void)
{
    return calloc(1, sizeof(struct profile));
}

void profile_delete(struct profile *profile)
{
    for (uint32_t i = 0; profile != NULL && i < BUCKETS; i++) {
        while (profile->buckets[i] != NULL) {
            struct profile_block *block = profile->buckets[i];
            profile->buckets[i] = block->next;
            free(block);
        }
    }
    free(profile);
}

struct profile_block *profile_block(struct profile *profile, uint64_t address)
{
    struct profile_block **bucket = &profile->buckets[address / 2 % BUCKETS];
    for (struct profile_block *block = *bucket; block != NULL; block = block->next) {
        if (block->address == address) {
            return block;
        }
    }
    struct profile_block *block = malloc(sizeof *block);
    if (block != NULL) {
        *block = (struct profile_block){.address = address, .next = *bucket};
        *bucket = block;
        profile->count++;
    }
    return block;
}

void profile_clear(struct profile *profile)
{
    for (uint32_t i = 0; i < BUCKETS; i++) {
        for (struct profile_block *block = profile->buckets[i]; block != NULL; block = block->next) {
            block->instructions = 0;
        }
    }
}

static int by_address(const void *a, const void *b)
{
    const struct profile_block *const *x = a, *const *y = b;
    return ((*x)->address > (*y)->address) - ((*x)->address < (*y)->address);
}

bool profile_write(const struct profile *profile, FILE *out)
{
    const struct profile_block **sorted = calloc(profile->count + 1, sizeof *sorted);
    if (sorted == NULL) {
        return false;
    }
    size_t count = 0;
    for (uint32_t i = 0; i < BUCKETS; i++) {
        for (const struct profile_block *block = profile->buckets[i]; block != NULL; block = block->next) {
            if (block->instructions > 0) {
                sorted[count++] = block;
            }
        }
    }
    qsort(sorted, count, sizeof *sorted, by_address);
    for (size_t i = 0; i < count; i++) {
        const char *quote = sorted[i]->address > INT64_MAX ? "\"" : "";
        (void)fprintf(out, "%s[%s%" PRIu64 "%s,%" PRIu64 "]", i > 0 ? "," : "[", quote, sorted[i]->address, quote,
                      sorted[i]->instructions);
    }
    (void)fputs(count > 0 ? "]" : "[]", out);
    free(sorted);
    return true;
}
