/* SPDX-License-Identifier: MIT
 * Makes command lines of runs, and their keys. See paper_plan.h. */
#include "paper_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flat.h"
#include "format_into.h"
#include "harts.h"
#include "provenance.h"
#include "qemu_kernel.h"

#define WORD_BYTES 4096u
#define SEED_DEFAULT 1

/* ---- What runs depend on ---------------------------------------------------------------------------------------- */

/* FNV-1a over a file, going on from `hash`; unchanged if it cannot be read. */
static uint64_t hash_file(uint64_t hash, const char *path)
{
    unsigned char block[4096];
    size_t got;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return hash;
    }
    while ((got = fread(block, 1, sizeof block, file)) > 0) {
        hash = provenance_hash_more(hash, block, got);
    }
    (void)fclose(file);
    return hash;
}

/* And of the plugin that runs may count by. */
static uint64_t hash_kernels(void)
{
    uint64_t hash = 0;
    char plugin[QEMU_PATH_BYTES], why[256];
    for (int arch = 0; arch < QEMU_ARCH_COUNT; arch++) {
        struct qemu_machine machine = {.arch = (enum qemu_arch)arch};
        if (qemu_kernel_find(&machine, NULL, why, sizeof why)) {
            hash = hash_file(hash, machine.kernel);
        }
    }
    if (qemu_plugin_find(plugin, sizeof plugin, why, sizeof why)) {
        hash = hash_file(hash, plugin);
    }
    return hash;
}

/* The processor's name and how many cores there are; a machine that does not tell its name has 0 for it. */
static uint64_t hash_processor(void)
{
    char line[1024];
    uint64_t hash = 0;
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file != NULL && hash == 0 && fgets(line, sizeof line, file) != NULL) {
        hash = strncmp(line, "model name", 10) == 0 ? provenance_hash(line) : 0;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return hash ^ harts_cores();
}

bool paper_identify(struct paper_identity *identity)
{
    identity->command = hash_file(0, "/proc/self/exe");
    identity->kernels = hash_kernels();
    identity->processor = hash_processor();
    return identity->command != 0;
}

/* ---- Command lines ---------------------------------------------------------------------------------------------- */

/* A word of the command with what stands in braces replaced. The folder was checked: each name has a text. NULL if it
 * is longer than any word should be. */
static json_t *fill_in(const char *word, const json_t *values)
{
    char out[WORD_BYTES] = "";
    size_t length = 0;
    while (*word != '\0' && length < sizeof out) {
        char name[PAPER_KEY_BYTES];
        size_t plain = strcspn(word, "{");
        const char *brace = word + plain;
        size_t inside = *brace == '{' ? strcspn(brace, "}") - 1 : 0;
        (void)snprintf(name, sizeof name, "%.*s", (int)inside, brace + (*brace == '{'));
        length += (size_t)snprintf(out + length, sizeof out - length, "%.*s%s", (int)plain, word,
                                   *brace == '{' ? flat_text(values, name) : "");
        word = brace + (*brace == '{' ? inside + 1 : 0);
        word += *word == '}';
    }
    return length < sizeof out ? json_stringn(out, length) : NULL;
}

__attribute__((format(printf, 3, 4))) static void append(json_t *command, const char *option, const char *format, ...)
{
    char text[32];
    format_into(text, format);
    json_array_append_new(command, json_string(option));
    json_array_append_new(command, json_string(text));
}

/* The seed that the command has, or the figure's. Takes the command's own out of it. */
static long long take_seed(json_t *command, const struct paper_folder *folder)
{
    size_t i;
    const json_t *word, *given = json_object_get(folder->figure, "seed");
    json_array_foreach(command, i, word)
    {
        const json_t *next = json_array_get(command, i + 1);
        if (strcmp(json_string_value(word), "--seed") == 0 && next != NULL) {
            long long seed = strtoll(json_string_value(next), NULL, 0);
            (void)json_array_remove(command, i);
            (void)json_array_remove(command, i);
            return seed;
        }
    }
    return given != NULL ? json_integer_value(given) : (json_int_t)SEED_DEFAULT;
}

static json_t *make_command(const struct paper_folder *folder, const json_t *run, const json_t *values,
                            const struct paper_variation *variation)
{
    size_t i;
    const json_t *word;
    json_t *command = json_array();
    json_array_foreach(json_object_get(run, "command"), i, word)
    {
        json_array_append_new(command, fill_in(json_string_value(word), values));
    }
    append(command, "--seed", "%lld", take_seed(command, folder) + (variation != NULL ? variation->seeds : 0));
    if (variation != NULL && variation->costs != 1) {
        append(command, "--costs", "%g", variation->costs);
    }
    return command;
}

/* On which platform a command line runs, where it says so: the host where not. */
static bool runs_on(const json_t *command, const char *platform)
{
    char word[32];
    (void)snprintf(word, sizeof word, "--platform=%s", platform);
    return paper_has_word(command, platform) || paper_has_word(command, word);
}

static bool make_key(struct paper_run *run, const struct paper_identity *identity)
{
    bool qemu = runs_on(run->command, "qemu");
    bool host = !qemu && !runs_on(run->command, "sim");
    char *words = json_dumps(run->command, JSON_COMPACT);
    size_t bytes = words != NULL ? strlen(words) + 80 : 0;
    char *text = words != NULL ? malloc(bytes) : NULL;
    if (text != NULL) {
        (void)snprintf(text, bytes, "%s %llx %llx %llx", words, (unsigned long long)identity->command,
                       (unsigned long long)(qemu ? identity->kernels : 0),
                       (unsigned long long)(host ? identity->processor : 0));
        (void)snprintf(run->key, sizeof run->key, "%016llx", (unsigned long long)provenance_hash(text));
    }
    free(words);
    free(text);
    return text != NULL;
}

/* What a run takes at a level: its own, or that of the level below; varied, what it has for that. NULL: it is not
 * run. */
static const json_t *values_at(const json_t *run, enum paper_level level, const struct paper_variation *variation)
{
    const json_t *values = json_object_get(run, paper_level_name(level)), *varied = json_object_get(run, "varied");
    if (variation != NULL && varied != NULL && (level != PAPER_TINY || json_is_false(varied))) {
        return json_is_object(varied) ? varied : NULL;
    }
    while (values == NULL && level > PAPER_QUICK) {
        level--;
        values = json_object_get(run, paper_level_name(level));
    }
    return values;
}

bool paper_plan_make(struct paper_plan *plan, const struct paper_folder *folder, enum paper_level level,
                     const struct paper_variation *variation, const struct paper_identity *identity)
{
    size_t i;
    const json_t *run;
    const json_t *runs = json_object_get(folder->figure, "runs");
    *plan = (struct paper_plan){.runs = calloc(json_array_size(runs) + 1, sizeof *plan->runs)};
    if (plan->runs == NULL) {
        return false;
    }
    json_array_foreach((json_t *)runs, i, run)
    {
        const json_t *values = values_at(run, level, variation);
        bool simulated = runs_on(json_object_get(run, "command"), "sim");
        if (values == NULL || (variation != NULL && !simulated)) {
            continue;
        }
        struct paper_run *planned = &plan->runs[plan->count++];
        planned->simulated = simulated;
        planned->folder = folder;
        planned->id = flat_text(run, "id");
        planned->command = make_command(folder, run, values, variation);
        planned->seconds = json_number_value(json_object_get(values, "seconds"));
        if (!make_key(planned, identity)) {
            return false;
        }
    }
    return true;
}

void paper_plan_free(struct paper_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        json_decref(plan->runs[i].command);
    }
    free(plan->runs);
    *plan = (struct paper_plan){.runs = NULL};
}

char *paper_run_text(const struct paper_run *run)
{
    size_t i, bytes = sizeof "framelab";
    const json_t *word;
    json_array_foreach(run->command, i, word)
    {
        bytes += json_string_length(word) + 3;
    }
    char *text = malloc(bytes);
    size_t length = text != NULL ? (size_t)snprintf(text, bytes, "framelab") : 0;
    json_array_foreach(run->command, i, word)
    {
        const char *quote = strpbrk(json_string_value(word), " '*?;|&<>()$") != NULL ? "'" : "";
        if (text != NULL) {
            length += (size_t)snprintf(text + length, bytes - length, " %s%s%s", quote, json_string_value(word), quote);
        }
    }
    return text;
}
