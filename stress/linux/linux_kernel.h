/* SPDX-License-Identifier: MIT
 * The Linux that QEMU boots, with our workloads in it: where it lies (`make linux`), what it is. */
#ifndef FRAMELAB_STRESS_LINUX_KERNEL_H
#define FRAMELAB_STRESS_LINUX_KERNEL_H

#include <jansson.h>
#include <stdbool.h>

#define LINUX_PATH_BYTES 4096u
#define LINUX_WORDS_BYTES 1024u
#define LINUX_VERSION_BYTES 64u

struct linux_kernel {
    char folder[LINUX_PATH_BYTES]; /* in which all of it lies */
    char image[LINUX_PATH_BYTES], initramfs[LINUX_PATH_BYTES];
    char symbols[LINUX_PATH_BYTES];    /* linux_symbols.h */
    char version[LINUX_VERSION_BYTES]; /* "6.1.176" */
};

/* Finds the one for an architecture, by its name, beside this program. False with one line in `why` that says what to
 * do. */
bool linux_kernel_find(struct linux_kernel *kernel, const char *arch, char *why, size_t why_bytes);

/* The beginning of its command line on that architecture: its console, and that nothing but what is measured runs. */
const char *linux_kernel_words(const char *arch, bool init_on_alloc, char words[LINUX_WORDS_BYTES]);

/* An object, a new reference: "version", "release", "packages", "config" (an object of the options that what is
 * measured depends on), "words". */
json_t *linux_kernel_json(const struct linux_kernel *kernel, const char *arch);

#endif
