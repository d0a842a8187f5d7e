/* SPDX-License-Identifier: MIT
 * Fuzz target: any bytes at all, read as a device tree. With clang:
 *     clang -fsanitize=fuzzer,address,undefined -DFRAMELAB_LIBFUZZER ... fuzz_memory_map.c
 * makes a libFuzzer program; without FRAMELAB_LIBFUZZER it is a program of its own that replays the files named on
 * its command line. A broken invariant ends it with abort(), which a fuzzer takes for the crash that it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct tree_check check;
    void *blob = malloc(bytes != 0 ? bytes : 1); /* aligned, and not a byte longer than the input */
    if (blob == NULL) {
        return 0;
    }
    memcpy(blob, data, bytes);
    const char *broken = tree_broken(&check, blob, bytes);
    free(blob);
    if (broken != NULL) {
        (void)fprintf(stderr, "fuzz_memory_map: %s\n", broken);
        abort();
    }
    return 0;
}

#ifndef FRAMELAB_LIBFUZZER
#define INPUT_BYTES_MAX (16u << 20)

int main(int argc, char **argv)
{
    static uint8_t input[INPUT_BYTES_MAX];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            perror(argv[i]);
            return 2;
        }
        size_t bytes = fread(input, 1, sizeof(input), file);
        bool failed = ferror(file) != 0;
        (void)fclose(file);
        if (failed) {
            perror(argv[i]);
            return 2;
        }
        (void)LLVMFuzzerTestOneInput(input, bytes);
        (void)printf("%s: holds\n", argv[i]);
    }
    return 0;
}
#endif
