/* SPDX-License-Identifier: MIT
 * Names of older schemas. See schema.h. */
#include "schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Since which schema what is called otherwise. */
struct renamed {
    json_int_t since;
    const char *from, *to;
};

static const struct renamed keys[] = {{2, "moves", "migrations"}, {2, "paths", "outcomes"}};
/* What stands between commas and equals signs of "variant" and "knobs". */
static const struct renamed words[] = {{2, "baseline:seed", "baseline:origin"}, {2, "hand", "local"}};

json_int_t schema_of(const json_t *provenance)
{
    const json_t *schema = json_object_get(provenance, "schema");
    return json_is_integer(schema) ? json_integer_value(schema) : 1;
}

/* The newer word for `word`, of `length` bytes; itself, with its length, if it has not changed. */
static const char *newer_word(const char *word, size_t *length, json_int_t schema)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (schema < words[i].since && strlen(words[i].from) == *length && strncmp(word, words[i].from, *length) == 0) {
            *length = strlen(words[i].to);
            return words[i].to;
        }
    }
    return word;
}

/* Of a text like "lockfree,hand=off" each word, made newer; what separates them stays. */
static bool update_words(json_t *line, const char *key, json_int_t schema)
{
    const char *text = json_string_value(json_object_get(line, key));
    if (text == NULL) {
        return true; /* missing, or no text: the reader says so */
    }
    char *updated = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&updated, &bytes);
    if (out == NULL) {
        return false;
    }
    while (*text != '\0') {
        size_t word = strcspn(text, ",="), length = word;
        const char *newer = newer_word(text, &length, schema);
        (void)fprintf(out, "%.*s%.*s", (int)length, newer, text[word] != '\0', text + word);
        text += word + (text[word] != '\0');
    }
    bool written = ferror(out) == 0;
    written &= fclose(out) == 0;
    bool good = written && json_object_set_new(line, key, json_string(updated)) == 0;
    free(updated);
    return good;
}

bool schema_update(json_t *line, json_int_t schema)
{
    if (schema >= RECORD_SCHEMA) {
        return true;
    }
    bool good = update_words(line, "variant", schema) && update_words(line, "knobs", schema);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *value = json_object_get(line, keys[i].from);
        if (schema < keys[i].since && value != NULL) {
            good = good && json_object_set(line, keys[i].to, value) == 0;
            (void)json_object_del(line, keys[i].from);
        }
    }
    return good;
}
