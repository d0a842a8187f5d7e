/* SPDX-License-Identifier: MIT
 * Guests that are Linux, and their records. See linux_bench.h.
 *
 * Instructions. The guest tells by its clock, which under -icount counts the instructions of all harts together: of one
 * hart that is what is asked for. Of more it is the plugin (stress/qemu/plugin) that tells: the guest has it write a
 * line at the end of each hart's phase, and harts meet between phases, so that the last line of each `harts` lines has
 * what each hart had executed up to there. */
#include "linux_bench.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "frame_limits.h"
#include "linux_kernel.h"
#include "linux_symbols.h"
#include "qemu_counts.h"

#define WORDS_BYTES 2048u
#define FUNCTION_BYTES 128u

struct guest {
    struct linux_bench *bench;
    bool begun; /* its first record has come */
    char variant[BENCH_KNOBS_MAX];
    char bootargs[WORDS_BYTES];
};

struct linux_bench {
    const struct bench_plan *plan;
    struct linux_kernel kernel;
    struct qemu_machine machine;
    struct qemu_counts counts;     /* of the plugin; its file is NULL if there is none */
    struct linux_symbols *symbols; /* if instructions are counted by function; else NULL */
    struct guest *guests;
    uint32_t guest_count;
};

bool linux_bench_wanted(const struct bench_plan *plan)
{
    for (uint32_t i = 0; i < plan->variant_count; i++) {
        if (plan->variants[i].is_linux) {
            return true;
        }
    }
    return false;
}

bool linux_bench_check(const struct bench_plan *plan, char *why, size_t why_bytes)
{
    if (plan->counting.coherence) {
        (void)snprintf(why, why_bytes, "--coherence is of kernels of ours; linux is counted by instructions");
        return false;
    }
    if (plan->qemu->mttcg) {
        (void)snprintf(why, why_bytes, "--mode: linux is counted under icount only");
        return false;
    }
    if (plan->qemu->arch == QEMU_RISCV64 && plan->qemu->harts > 1) {
        (void)snprintf(why, why_bytes,
                       "--harts: Debian's linux for riscv64 does not come up with more than one under "
                       "icount; aarch64 has more");
        return false;
    }
    return true;
}

uint64_t linux_bench_usable(const struct bench_plan *plan)
{
    return (plan->machine.memory_bytes >> FRAME_SHIFT) / 4 * 3;
}

/* ---- the guests ---- */

struct linux_bench *linux_bench_open(const struct bench_plan *plan, char *why, size_t why_bytes)
{
    const char *arch = qemu_arch_facts(plan->qemu->arch)->name;
    struct linux_bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL) {
        (void)snprintf(why, why_bytes, "%s", strerror(errno));
        return NULL;
    }
    bench->plan = plan;
    bench->machine = *plan->qemu;
    bench->guests = calloc((size_t)plan->variant_count * plan->repeats, sizeof *bench->guests);
    if (bench->guests == NULL || !linux_kernel_find(&bench->kernel, arch, why, why_bytes)) {
        linux_bench_close(bench);
        return NULL;
    }
    memcpy(bench->machine.kernel, bench->kernel.image, sizeof bench->machine.kernel);
    memcpy(bench->machine.initrd, bench->kernel.initramfs, sizeof bench->machine.initrd);
    bool counts = qemu_counts_open(&bench->counts, plan, &bench->machine, why, why_bytes) == EXIT_STATUS_HOLDS;
    if (plan->counting.functions && counts) {
        bench->symbols = linux_symbols_open(bench->kernel.symbols);
        (void)snprintf(why, why_bytes, "no symbols lie beside the kernel: run `make linux`");
    }
    if (plan->counting.functions && bench->symbols == NULL) {
        linux_bench_close(bench);
        return NULL;
    }
    return bench;
}

void linux_bench_close(struct linux_bench *bench)
{
    qemu_counts_close(&bench->counts);
    linux_symbols_close(bench->symbols);
    free(bench->guests);
    free(bench);
}

json_t *linux_bench_json(const struct linux_bench *bench)
{
    return json_pack("{s:o}", "linux", linux_kernel_json(&bench->kernel, qemu_arch_facts(bench->machine.arch)->name));
}

static void write_list(FILE *text, const char *key, const struct option_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        (void)fprintf(text, "%s%" PRIu64, i > 0 ? "," : key, list->values[i]);
    }
}

static void write_rows(FILE *text, const struct bench_plan *plan)
{
    write_list(text, " harts=", &plan->harts);
    for (uint32_t i = 0; i < plan->size_count; i++) {
        (void)fprintf(text, "%s%d", i > 0 ? "," : " order=", plan->sizes[i].order);
    }
    for (uint32_t i = 0; i < plan->workload_count; i++) {
        const struct workload_choice *choice = &plan->workloads[i];
        (void)fprintf(text, "%s%s", i > 0 ? "," : " workload=", choice->kind->name);
        for (uint32_t k = 0; k < WORKLOAD_OPTION_MAX && choice->kind->options[k].name != NULL; k++) {
            (void)fprintf(text, ":%" PRIu64, choice->options[k]);
        }
    }
}

static bool write_bootargs(struct guest *guest, const struct bench_variant *variant, uint32_t repeat, bool first)
{
    const struct linux_bench *bench = guest->bench;
    const struct bench_plan *plan = bench->plan;
    const struct linux_variant *knobs = &variant->linux_own;
    const char *arch = qemu_arch_facts(bench->machine.arch)->name;
    char boot[LINUX_WORDS_BYTES];
    FILE *text = fmemopen(guest->bootargs, sizeof guest->bootargs, "w");
    if (text == NULL) {
        return false;
    }
    (void)snprintf(guest->variant, sizeof guest->variant, "linux:%s%s", bench->kernel.version,
                   variant->text + strlen("linux"));
    (void)fprintf(text, "%s -- variant=%s knobs=%s arch=%s", linux_kernel_words(arch, knobs->init_on_alloc, boot),
                  guest->variant, variant->knobs, arch);
    write_rows(text, plan);
    (void)fprintf(text, " seed=%" PRIu64 " requests=%" PRIu64 " usable=%" PRIu64 " repeat=%u", plan->seed,
                  plan->requests_most, linux_bench_usable(plan), repeat);
    if (knobs->pcp != LINUX_PCP_AUTO) {
        (void)fprintf(text, " lists=%" PRIu64, knobs->pcp);
    }
    if (knobs->fraction != 0) {
        (void)fprintf(text, " fraction=%" PRIu64, knobs->fraction);
    }
    (void)fprintf(text, "%s", first ? " null=1" : "");
    return fclose(text) == 0;
}

/* ---- the records ---- */

/* The next `count` lines of the plugin: an array, a new reference, shorter if they are not there. Those of records that
 * come later may be there too. Each guest's QEMU begins its file anew. */
static json_t *read_counts(struct guest *guest, size_t count)
{
    FILE *file = guest->bench->counts.file;
    json_t *lines = json_array(), *line;
    if (!guest->begun) {
        rewind(file);
    }
    guest->begun = true;
    clearerr(file); /* its end was where it is no more */
    while (json_array_size(lines) < count && (line = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL)) != NULL) {
        (void)json_array_append_new(lines, line);
    }
    return lines;
}

/* What each hart had executed by a line, of which NULL is the beginning. */
static json_int_t executed(const json_t *line, size_t hart)
{
    return json_integer_value(json_array_get(json_object_get(line, "hart_instructions"), hart));
}

/* What each hart has executed between two lines. */
static json_t *difference(const json_t *before, const json_t *after, size_t harts)
{
    json_t *numbers = json_array();
    for (size_t i = 0; i < harts; i++) {
        (void)json_array_append_new(numbers, json_integer(executed(after, i) - executed(before, i)));
    }
    return numbers;
}

/* Adds to each phase what the plugin has counted. Harts that meet between phases tell once each of every one; of a
 * workload that is otherwise only the whole is known, so its instructions if it has one phase. */
static void add_counted(const json_t *lines, json_t *phases, size_t harts)
{
    json_t *phase;
    const size_t count = json_array_size(lines);
    const bool each = count == harts * json_array_size(phases);
    size_t at;
    json_array_foreach(phases, at, phase)
    {
        if (each || json_array_size(phases) == 1) {
            const json_t *before = each && at > 0 ? json_array_get(lines, at * harts - 1) : NULL;
            const json_t *after = json_array_get(lines, each ? (at + 1) * harts - 1 : count - 1);
            (void)json_object_set_new(phase, "hart_instructions", difference(before, after, harts));
        }
    }
}

/* Instructions by function, of all harts and phases: an object, a new reference. The parts into which a compiler cuts a
 * function have names with a dot. */
static json_t *functions_json(const struct linux_symbols *symbols, const json_t *blocks)
{
    json_t *functions = json_object(), *block;
    size_t i;
    json_array_foreach(blocks, i, block)
    {
        char name[FUNCTION_BYTES];
        const json_t *at = json_array_get(block, 0); /* of more than 63 bits it is text */
        const char *found = linux_symbols_function(
            symbols, json_is_string(at) ? strtoull(json_string_value(at), NULL, 10) : (uint64_t)json_integer_value(at));
        (void)snprintf(name, sizeof name, "%.*s", found != NULL ? (int)strcspn(found, ".") : 1,
                       found != NULL ? found : "?");
        json_int_t before = json_integer_value(json_object_get(functions, name));
        (void)json_object_set_new(functions, name, json_integer(before + json_integer_value(json_array_get(block, 1))));
    }
    return functions;
}

/* What the plugin has told of this record; the guest says in how many lines. */
static int add_told(struct guest *guest, json_t *record, json_t *phases, size_t harts)
{
    const size_t told = (size_t)json_integer_value(json_object_get(record, "told"));
    json_t *lines = read_counts(guest, told);
    const size_t count = json_array_size(lines) == told ? told : 0;
    (void)json_object_del(record, "told");
    if (count > 0) {
        add_counted(lines, phases, harts);
    }
    if (count > 0 && guest->bench->symbols != NULL) {
        const json_t *blocks = json_object_get(json_array_get(lines, count - 1), "blocks");
        (void)json_object_set_new(record, "functions", functions_json(guest->bench->symbols, blocks));
    }
    json_decref(lines);
    return count > 0 ? EXIT_STATUS_HOLDS
                     : status_say(guest->bench->plan->argv[0], EXIT_STATUS_VIOLATED, "the plugin has told nothing");
}

static int complete(void *context, json_t *record)
{
    struct guest *guest = context;
    const struct linux_bench *bench = guest->bench;
    json_t *phases = json_object_get(record, "phases"), *phase;
    size_t harts = (size_t)json_integer_value(json_object_get(record, "harts")), at;
    if (bench->counts.file == NULL) {
        (void)json_object_del(record, "told");
    } else {
        return add_told(guest, record, phases, harts);
    }
    json_array_foreach(phases, at, phase)
    {
        if (harts == 1) {
            (void)json_object_set(phase, "hart_instructions", json_object_get(phase, "hart_clock"));
        }
    }
    return EXIT_STATUS_HOLDS;
}

bool linux_bench_guest(struct linux_bench *bench, const struct bench_variant *variant, uint32_t repeat, bool first,
                       struct qemu_campaign_guest *made)
{
    const struct bench_plan *plan = bench->plan;
    struct guest *guest = &bench->guests[bench->guest_count++];
    const uint64_t rows = (uint64_t)plan->workload_count * plan->size_count * plan->harts.count;
    guest->bench = bench;
    *made = (struct qemu_campaign_guest){.variant = guest->variant,
                                         .machine = &bench->machine,
                                         .bootargs = guest->bootargs,
                                         .records = first ? 2 * rows : rows,
                                         .complete = complete,
                                         .context = guest};
    return write_bootargs(guest, variant, repeat, first);
}
