/* SPDX-License-Identifier: MIT
 * The plugin's lines into records. See qemu_counts.h. */
#include "qemu_counts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "qemu_kernel.h"
#include "qemu_symbols.h"

#define L2_WAYS 16u
#define LINE_BYTES 64u
#define FUNCTION_BYTES 128u

/* Its path, in which a comma is written twice, and its words. It writes to a file of this process that has no name. */
static bool set_plugin(const struct qemu_counts *counts, struct qemu_machine *machine, const char *path)
{
    const struct bench_counting *wanted = &counts->plan->counting;
    FILE *text = fmemopen(machine->plugin, sizeof machine->plugin, "w");
    if (text == NULL) {
        return false;
    }
    for (; *path != '\0'; path++) {
        (void)fprintf(text, *path == ',' ? ",," : "%c", *path);
    }
    (void)fprintf(text, ",out=/proc/self/fd/%d", fileno(counts->file));
    if (wanted->coherence) {
        (void)fprintf(text, ",caches=on,l2=%llu:%u,code=0x%llx",
                      (unsigned long long)(wanted->l2_bytes / LINE_BYTES / L2_WAYS), L2_WAYS,
                      (unsigned long long)counts->code);
    }
    (void)fputs(wanted->functions ? ",blocks=on" : "", text);
    return fclose(text) == 0;
}

int qemu_counts_open(struct qemu_counts *counts, const struct bench_plan *plan, struct qemu_machine *machine, char *why,
                     size_t why_bytes)
{
    char path[QEMU_PATH_BYTES];
    *counts = (struct qemu_counts){.plan = plan,
                                   .code = qemu_arch_facts(machine->arch)->code,
                                   .per_guest = (uint64_t)plan->workload_count * plan->size_count * plan->harts.count *
                                                plan->repeats};
    if (!qemu_plugin_find(path, sizeof path, why, why_bytes)) {
        return EXIT_STATUS_SKIPPED;
    }
    counts->file = tmpfile();
    counts->symbols = qemu_symbols_open(machine->kernel);
    if (counts->file == NULL || fcntl(fileno(counts->file), F_SETFD, 0) != 0 || !set_plugin(counts, machine, path)) {
        (void)snprintf(why, why_bytes, "a file for the plugin: %s", strerror(errno));
        return EXIT_STATUS_USAGE;
    }
    return EXIT_STATUS_HOLDS;
}

void qemu_counts_close(struct qemu_counts *counts)
{
    if (counts->file != NULL) {
        (void)fclose(counts->file);
    }
    qemu_symbols_close(counts->symbols);
}

/* ---- a record ---- */

/* Operations of all harts and phases. */
static json_int_t operations_of(const json_t *record)
{
    json_int_t operations = 0;
    size_t i;
    json_t *phase;
    json_array_foreach(json_object_get(record, "phases"), i, phase)
    {
        operations += json_integer_value(json_object_get(phase, "operations"));
    }
    return operations * json_integer_value(json_object_get(record, "harts"));
}

/* Which function of the kernel an address is in, with the parts into which a compiler cuts one, whose names have a dot;
 * or whose it is. */
static void function_of(const struct qemu_counts *counts, uint64_t address, char name[FUNCTION_BYTES])
{
    const char *found = qemu_symbols_function(counts->symbols, address);
    found = found != NULL ? found : address < counts->code ? "firmware" : "?";
    (void)snprintf(name, FUNCTION_BYTES, "%.*s", (int)strcspn(found, "."), found);
}

/* Instructions by function: an object, a new reference. */
static json_t *functions_json(const struct qemu_counts *counts, const json_t *blocks)
{
    json_t *functions = json_object(), *block;
    size_t i;
    json_array_foreach(blocks, i, block)
    {
        char name[FUNCTION_BYTES];
        function_of(counts, (uint64_t)json_integer_value(json_array_get(block, 0)), name);
        json_int_t before = json_integer_value(json_object_get(functions, name));
        (void)json_object_set_new(functions, name, json_integer(before + json_integer_value(json_array_get(block, 1))));
    }
    return functions;
}

static void add_coherence(json_t *record, const json_t *line)
{
    static const char *const keys[] = {"accesses", "l1_misses", "l2_misses",     "transfers",
                                       "upgrades", "misses",    "invalidations", NULL};
    json_t *coherence = json_pack("{s:I}", "operations", operations_of(record));
    for (const char *const *key = keys; *key != NULL; key++) {
        (void)json_object_set(coherence, *key, json_object_get(line, *key));
    }
    (void)json_object_set_new(record, "coherence", coherence);
}

int qemu_counts_complete(void *context, json_t *record)
{
    struct qemu_counts *counts = context;
    if (counts->records++ % counts->per_guest == 0) {
        rewind(counts->file);
    }
    json_t *line = json_loadf(counts->file, JSON_DISABLE_EOF_CHECK, NULL);
    if (line == NULL) {
        return status_say(counts->plan->argv[0], EXIT_STATUS_VIOLATED,
                          "the plugin has told nothing: the kernel has no markers for it");
    }
    if (counts->plan->counting.coherence) {
        add_coherence(record, line);
    }
    if (counts->plan->counting.functions) {
        (void)json_object_set_new(record, "functions", functions_json(counts, json_object_get(line, "blocks")));
    }
    json_decref(line);
    return EXIT_STATUS_HOLDS;
}
