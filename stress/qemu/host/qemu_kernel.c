/* SPDX-License-Identifier: MIT
 * The kernel's place. See qemu_kernel.h. */
#include "qemu_kernel.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"

/* Where the Makefile builds kernels beside the command, and where it installs them. */
static const char *const PLACES[] = {"/qemu/", "/../share/framelab/qemu/", NULL};

#define LINE_BYTES 2048u
#define COMMIT_BYTES 64u /* as the format below has it, and a NUL */

bool qemu_kernel_find(struct qemu_machine *machine, const char *given, char *why, size_t why_bytes)
{
    const char *arch = qemu_arch_facts(machine->arch)->name;
    if (given != NULL) {
        int length = snprintf(machine->kernel, sizeof machine->kernel, "%s", given);
        (void)snprintf(why, why_bytes, "no kernel for %s at %s", arch, given);
        return length > 0 && (size_t)length < sizeof machine->kernel && access(given, R_OK) == 0;
    }
    char rest[32];
    (void)snprintf(rest, sizeof rest, "%s/kernel.elf", arch);
    (void)snprintf(
        why, why_bytes,
        "no kernel for %s lies beside this command: run `make qemu` (and `make install` again, if that is where "
        "it came from), or name one with --kernel",
        arch);
    return beside_program(PLACES, rest, machine->kernel, sizeof machine->kernel);
}

bool qemu_plugin_find(char *path, size_t path_bytes, char *why, size_t why_bytes)
{
    static const char *const places[] = {"/qemu/plugin/", "/../lib/framelab/", NULL};
    (void)snprintf(why, why_bytes,
                   "no plugin for QEMU lies beside this command: run `make plugin`, which says so if QEMU's header for "
                   "plugins is not to be had");
    return beside_program(places, "count.so", path, path_bytes);
}

/* Its next line: what .ci/commit said when it was built. */
static void set_commit(json_t *kernel, FILE *file)
{
    char commit[COMMIT_BYTES];
    int changed = 0;
    bool known = file != NULL && fscanf(file, "%63s %d", commit, &changed) == 2 && strcmp(commit, "unknown") != 0;
    json_object_set_new(kernel, "commit", known ? json_string(commit) : json_null());
    json_object_set_new(kernel, "dirty", known ? json_boolean(changed != 0) : json_null());
}

json_t *qemu_kernel_json(const struct qemu_machine *machine)
{
    static const char *const keys[] = {"compiler", "flags", "libraries"};
    char path[QEMU_PATH_BYTES + 8];
    char line[LINE_BYTES];
    json_t *kernel = json_pack("{s:s}", "path", machine->kernel);
    (void)snprintf(path, sizeof path, "%s.txt", machine->kernel);
    FILE *file = fopen(path, "re");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        bool known = file != NULL && fgets(line, sizeof line, file) != NULL;
        line[known ? strcspn(line, "\n") : 0] = '\0';
        json_object_set_new(kernel, keys[i], known ? json_string(line) : json_null());
    }
    set_commit(kernel, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    return kernel;
}
