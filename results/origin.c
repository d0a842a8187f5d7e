/* SPDX-License-Identifier: MIT
 * Reads provenance for people; see origin.h. A provenance line is outside input: what is missing or of another type
 * than the schema's is "unknown", what is not plain text is shown with '?' in its place. */
#include "origin.h"

#include <stdlib.h>
#include <string.h>

static const json_t *look_up(const json_t *line, const char *object, const char *key)
{
    const json_t *inner = object[0] != '\0' ? json_object_get(line, object) : line;
    return json_object_get(inner, key);
}

/* Printable ASCII, on one line, cut to fit. */
static void make_plain(char *text, size_t text_bytes, const char *from)
{
    size_t length = 0;
    for (; *from != '\0' && length + 1 < text_bytes; from++) {
        text[length++] = *from >= ' ' && *from <= '~' ? *from : '?';
    }
    text[length] = '\0';
}

static void members_text(const json_t *value, char *text, size_t text_bytes);

/* Words, no JSON: "unknown", a text, a number; of an object "harts 4, nodes 1"; of a list its values with "and". */
static void value_text(const json_t *value, char *text, size_t text_bytes)
{
    char *dump = NULL;
    if (json_is_string(value)) {
        make_plain(text, text_bytes, json_string_value(value));
    } else if (json_is_boolean(value)) {
        snprintf(text, text_bytes, "%s", json_is_true(value) ? "yes" : "no");
    } else if (json_is_object(value) || json_is_array(value)) {
        members_text(value, text, text_bytes);
    } else if (!json_is_null(value) && (dump = json_dumps(value, JSON_ENCODE_ANY)) != NULL) {
        make_plain(text, text_bytes, dump);
        free(dump);
    } else {
        snprintf(text, text_bytes, "unknown");
    }
}

static void append_text(char *text, size_t text_bytes, const char *more)
{
    strncat(text, more, text_bytes - strlen(text) - 1);
}

static void members_text(const json_t *value, char *text, size_t text_bytes)
{
    char member[ORIGIN_TEXT_BYTES], name[ORIGIN_TEXT_BYTES];
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(value); i++) {
        value_text(json_array_get(value, i), member, sizeof member);
        append_text(text, text_bytes, i > 0 ? " and " : "");
        append_text(text, text_bytes, member);
    }
    const char *key = NULL;
    json_t *inner = NULL;
    json_object_foreach((json_t *)value, key, inner)
    {
        make_plain(name, sizeof name, key);
        value_text(inner, member, sizeof member);
        append_text(text, text_bytes, text[0] != '\0' ? ", " : "");
        append_text(text, text_bytes, name);
        append_text(text, text_bytes, " ");
        append_text(text, text_bytes, member);
    }
}

static void describe_machine(const json_t *line, char *text, size_t text_bytes)
{
    char model[ORIGIN_TEXT_BYTES / 2];
    value_text(look_up(line, "topology", "cpu_model"), model, sizeof model);
    json_int_t cores = json_integer_value(look_up(line, "topology", "cores"));
    const char *virtual = json_is_true(look_up(line, "system", "virtual")) ? ", virtual machine" : "";
    if (cores > 0) {
        snprintf(text, text_bytes, "%s, %lld core%s%s", model, (long long)cores, cores == 1 ? "" : "s", virtual);
    } else {
        snprintf(text, text_bytes, "unknown machine");
    }
}

static void describe_version(const json_t *line, char *text, size_t text_bytes)
{
    char version[64];
    char commit[64];
    value_text(look_up(line, "framelab", "version"), version, sizeof version);
    value_text(look_up(line, "framelab", "commit"), commit, sizeof commit);
    bool dirty = json_is_true(look_up(line, "framelab", "dirty"));
    if (strcmp(commit, "unknown") != 0) {
        commit[12] = '\0'; /* as much of a hash as people read */
    } else {
        snprintf(commit, sizeof commit, "commit unknown");
    }
    snprintf(text, text_bytes, "framelab %s (%s%s)", version, commit, dirty ? ", uncommitted changes" : "");
}

struct origin origin_describe(const struct record_file *file)
{
    struct origin origin;
    const json_t *first = json_array_get(file->provenances, 0);
    describe_machine(first, origin.machine, sizeof origin.machine);
    describe_version(first, origin.version, sizeof origin.version);
    value_text(look_up(first, "", "time"), origin.date, sizeof origin.date);
    origin.date[strcmp(origin.date, "unknown") == 0 ? 0 : 10] = '\0';
    bool one_machine = true;
    bool one_version = true;
    for (size_t i = 1; i < json_array_size(file->provenances); i++) {
        char text[ORIGIN_TEXT_BYTES];
        describe_machine(json_array_get(file->provenances, i), text, sizeof text);
        one_machine = one_machine && strcmp(text, origin.machine) == 0;
        describe_version(json_array_get(file->provenances, i), text, sizeof text);
        one_version = one_version && strcmp(text, origin.version) == 0;
    }
    const char *machines = one_machine ? "" : " and other machines";
    strncat(origin.machine, machines, sizeof origin.machine - strlen(origin.machine) - 1);
    const char *versions = one_version ? "" : " and other versions";
    strncat(origin.version, versions, sizeof origin.version - strlen(origin.version) - 1);
    return origin;
}

/* What bears on numbers; the time, the load and the command line are for people to read. */
static const struct fact {
    const char *object, *key, *what;
} facts[] = {
    {"topology", "cpu_model", "processor"},
    {"topology", "packages", "packages"},
    {"topology", "cores", "cores"},
    {"topology", "pus", "processing units"},
    {"topology", "numa_nodes", "NUMA nodes"},
    {"topology", "memory_bytes", "memory, bytes"},
    {"system", "os", "operating system"},
    {"system", "release", "kernel release"},
    {"system", "machine", "architecture"},
    {"system", "virtual", "virtual machine"},
    {"system", "governor", "CPU governor"},
    {"topology", "cpus", "CPUs allowed"},
    {"framelab", "version", "framelab version"},
    {"framelab", "commit", "commit"},
    {"framelab", "dirty", "uncommitted changes"},
    {"framelab", "compiler", "compiler"},
    {"framelab", "flags", "compiler flags"},
    {"", "libraries", "libraries"},
    {"", "memory_map", "memory described"},
};

/* Every value that the file's provenance lines give to a fact, in order, each once. */
static json_t *fact_values(const struct record_file *file, const struct fact *fact)
{
    json_t *values = json_array();
    for (size_t i = 0; i < json_array_size(file->provenances); i++) {
        json_t *value = json_incref((json_t *)look_up(json_array_get(file->provenances, i), fact->object, fact->key));
        bool known = value == NULL;
        for (size_t k = 0; !known && k < json_array_size(values); k++) {
            known = json_equal(json_array_get(values, k), value) == 1;
        }
        if (!known) {
            json_array_append(values, value);
        }
        json_decref(value);
    }
    return values;
}

/* One difference; `key` names the member of a fact that is an object, or is NULL. */
static bool add_difference(json_t *differences, const char *what, const char *key, const json_t *a, const json_t *b)
{
    char name[ORIGIN_TEXT_BYTES], text[2][ORIGIN_TEXT_BYTES];
    snprintf(name, sizeof name, "%s%s", what, key != NULL ? ", " : "");
    if (key != NULL) {
        make_plain(name + strlen(name), sizeof name - strlen(name), key);
    }
    value_text(a, text[0], sizeof text[0]);
    value_text(b, text[1], sizeof text[1]);
    return json_array_append_new(differences, json_pack("{s:s, s:s, s:s}", "what", name, "a", text[0], "b", text[1])) ==
           0;
}

/* Of two objects those members alone that differ. */
static bool add_members(json_t *differences, const char *what, json_t *a, json_t *b)
{
    bool good = true;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(a, key, value)
    {
        if (json_equal(value, json_object_get(b, key)) == 0) {
            good = good && add_difference(differences, what, key, value, json_object_get(b, key));
        }
    }
    json_object_foreach(b, key, value)
    {
        if (json_object_get(a, key) == NULL) {
            good = good && add_difference(differences, what, key, NULL, value);
        }
    }
    return good;
}

static bool add_fact(json_t *differences, const struct fact *fact, const struct record_file *a,
                     const struct record_file *b)
{
    json_t *in_a = fact_values(a, fact), *in_b = fact_values(b, fact);
    bool good = in_a != NULL && in_b != NULL;
    if (good && json_equal(in_a, in_b) == 0) {
        json_t *one_a = json_array_size(in_a) == 1 ? json_array_get(in_a, 0) : in_a;
        json_t *one_b = json_array_size(in_b) == 1 ? json_array_get(in_b, 0) : in_b;
        good = json_is_object(one_a) && json_is_object(one_b)
                   ? add_members(differences, fact->what, one_a, one_b)
                   : add_difference(differences, fact->what, NULL, one_a, one_b);
    }
    json_decref(in_a);
    json_decref(in_b);
    return good;
}

json_t *origin_differences(const struct record_file *a, const struct record_file *b)
{
    json_t *differences = json_array();
    bool good = differences != NULL;
    for (size_t i = 0; good && i < sizeof facts / sizeof *facts; i++) {
        good = add_fact(differences, &facts[i], a, b);
    }
    if (!good) {
        json_decref(differences);
    }
    return good ? differences : NULL;
}

/* What is the same as long as the machine is. */
static json_t *fingerprint(const json_t *line)
{
    static const char *const keys[] = {"cpu_model", "packages", "cores", "pus", "numa_nodes", "caches"};
    json_t *values = json_pack("[O?, O?]", look_up(line, "system", "machine"), look_up(line, "system", "virtual"));
    for (size_t i = 0; values != NULL && i < sizeof keys / sizeof *keys; i++) {
        json_t *value = (json_t *)look_up(line, "topology", keys[i]);
        (void)json_array_append_new(values, value != NULL ? json_incref(value) : json_null());
    }
    return values;
}

static bool is_known(const json_t *line)
{
    const char *model = json_string_value(look_up(line, "topology", "cpu_model"));
    return model != NULL && strcmp(model, "unknown") != 0;
}

static bool all_of_machine(const struct record_file *file, const json_t *wanted)
{
    bool same = json_array_size(file->provenances) > 0;
    for (size_t i = 0; same && i < json_array_size(file->provenances); i++) {
        const json_t *line = json_array_get(file->provenances, i);
        json_t *values = fingerprint(line);
        same = is_known(line) && json_equal(values, wanted) == 1;
        json_decref(values);
    }
    return same;
}

bool origin_same_machine(const struct record_file *a, const struct record_file *b)
{
    json_t *wanted = fingerprint(json_array_get(a->provenances, 0));
    bool same = all_of_machine(a, wanted) && all_of_machine(b, wanted);
    json_decref(wanted);
    return same;
}
