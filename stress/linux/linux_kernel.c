/* SPDX-License-Identifier: MIT
 * Linux's place, and what it is. See linux_kernel.h. */
#include "linux_kernel.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"

static const char *const PLACES[] = {"/linux/", NULL};

#define LINE_BYTES 4096u
#define NAME_BYTES 64u
#define PREFIX "CONFIG_"

/* Options of which an operation's instructions depend. */
static const char told[] =
    " ARM64_BTI ARM64_LSE ARM64_PTR_AUTH CMA COMPACTION DEBUG_LIST DEBUG_VM HZ INIT_ON_ALLOC_DEFAULT_ON KASAN KFENCE "
    "LIST_HARDENED LOCKDEP MEMCG NUMA PAGE_OWNER PAGE_POISONING PAGE_REPORTING PREEMPT PREEMPT_DYNAMIC "
    "PREEMPT_VOLUNTARY SHUFFLE_PAGE_ALLOCATOR STACKPROTECTOR TRANSPARENT_HUGEPAGE ";

static FILE *open_file(const struct linux_kernel *kernel, const char *name)
{
    char path[LINUX_PATH_BYTES + 32];
    (void)snprintf(path, sizeof path, "%s/%s", kernel->folder, name);
    return fopen(path, "re");
}

/* "6.1.176" of a line as "linux-image-6.1.0-50-arm64_6.1.176-1_arm64". */
static void read_version(struct linux_kernel *kernel)
{
    char line[LINE_BYTES];
    FILE *file = open_file(kernel, "packages");
    (void)snprintf(kernel->version, sizeof kernel->version, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *version = strchr(line, '_');
        if (strncmp(line, "linux-image-", 12) == 0 && version != NULL) {
            (void)snprintf(kernel->version, sizeof kernel->version, "%.*s", (int)strspn(version + 1, "0123456789."),
                           version + 1);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

bool linux_kernel_find(struct linux_kernel *kernel, const char *arch, char *why, size_t why_bytes)
{
    (void)snprintf(why, why_bytes, "no Linux for %s lies beside this command: run `make linux`", arch);
    if (!beside_program(PLACES, arch, kernel->folder, sizeof kernel->folder)) {
        return false;
    }
    int image = snprintf(kernel->image, sizeof kernel->image, "%.4000s/Image", kernel->folder);
    int initramfs = snprintf(kernel->initramfs, sizeof kernel->initramfs, "%.4000s/initramfs.cpio", kernel->folder);
    (void)snprintf(kernel->symbols, sizeof kernel->symbols, "%.4000s/symbols", kernel->folder);
    read_version(kernel);
    return image > 0 && initramfs > 0 && access(kernel->image, R_OK) == 0 && access(kernel->initramfs, R_OK) == 0;
}

const char *linux_kernel_words(const char *arch, bool init_on_alloc, char words[LINUX_WORDS_BYTES])
{
    (void)snprintf(words, LINUX_WORDS_BYTES,
                   "console=%s rdinit=/init quiet printk.time=0 panic=-1 nokaslr nowatchdog cryptomgr.notests=1 "
                   "transparent_hugepage=never numa_balancing=disable init_on_alloc=%d",
                   strcmp(arch, "aarch64") == 0 ? "ttyAMA0" : "ttyS0", init_on_alloc ? 1 : 0);
    return words;
}

/* The text of a file, its lines joined by blanks; null if there is none. */
static json_t *read_words(const struct linux_kernel *kernel, const char *name)
{
    char text[LINE_BYTES];
    FILE *file = open_file(kernel, name);
    size_t length = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    while (length > 0 && text[length - 1] == '\n') {
        length--;
    }
    for (size_t i = 0; i < length; i++) {
        text[i] = text[i] == '\n' ? ' ' : text[i];
    }
    return length > 0 ? json_stringn(text, length) : json_null();
}

/* Those of `told` that are set: "CONFIG_NAME=value". */
static json_t *read_config(const struct linux_kernel *kernel)
{
    json_t *config = json_object();
    char line[LINE_BYTES];
    FILE *file = open_file(kernel, "config");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *value = strchr(line, '=');
        char name[NAME_BYTES];
        if (strncmp(line, PREFIX, strlen(PREFIX)) != 0 || value == NULL) {
            continue;
        }
        *value = '\0';
        (void)snprintf(name, sizeof name, " %.60s ", line + strlen(PREFIX));
        if (strstr(told, name) != NULL) {
            (void)json_object_set_new(config, line + strlen(PREFIX), json_stringn(value + 1, strcspn(value + 1, "\n")));
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return config;
}

json_t *linux_kernel_json(const struct linux_kernel *kernel, const char *arch)
{
    char words[LINUX_WORDS_BYTES];
    return json_pack("{s:s, s:o, s:o, s:o, s:s}", "version", kernel->version, "release", read_words(kernel, "release"),
                     "packages", read_words(kernel, "packages"), "config", read_config(kernel), "words",
                     linux_kernel_words(arch, false, words));
}
