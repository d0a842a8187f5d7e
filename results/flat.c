/* SPDX-License-Identifier: MIT
 * JSON in the making, and how machines are told; see flat.h. */
#include "flat.h"

#include <math.h>
#include <string.h>

json_t *flat_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0) {
        json_decref(array);
        return NULL;
    }
    return array;
}

json_t *flat_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *flat_count(uint64_t count)
{
    if (count <= INT64_MAX) {
        return json_integer((json_int_t)count);
    }
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    return json_string(text);
}

const char *flat_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* A quote inside is doubled. */
static void print_csv_text(const char *text, bool quoted, FILE *out)
{
    if (!quoted && strpbrk(text, ",\"\n\r") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        fprintf(out, *text == '"' ? "\"%c" : "%c", *text);
    }
    fputc('"', out);
}

void csv_print_value(const json_t *value, bool quoted, FILE *out)
{
    if (json_is_string(value)) {
        print_csv_text(json_string_value(value), quoted, out);
    } else if (json_is_integer(value)) {
        fprintf(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        fprintf(out, "%.6g", json_real_value(value));
    } else if (json_is_boolean(value)) {
        fputs(json_is_true(value) ? "true" : "false", out);
    }
}

static bool print_csv_line(const json_t *row, bool keys, FILE *out)
{
    const char *key, *comma = "";
    json_t *value;
    json_object_foreach((json_t *)row, key, value)
    {
        fputs(comma, out);
        if (keys) {
            fputs(key, out);
        } else {
            csv_print_value(value, false, out);
        }
        comma = ",";
    }
    return fputc('\n', out) != EOF;
}

bool flat_print_csv_row(const json_t *row, bool head, FILE *out)
{
    return (!head || print_csv_line(row, true, out)) && print_csv_line(row, false, out);
}

bool flat_print_csv(const json_t *rows, FILE *out)
{
    bool good = json_array_size(rows) > 0 || fputc('\n', out) != EOF;
    for (size_t i = 0; good && i < json_array_size(rows); i++) {
        good = flat_print_csv_row(json_array_get(rows, i), i == 0, out);
    }
    return good && ferror(out) == 0;
}

json_t *flat_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

bool flat_print_json(const json_t *value, FILE *out)
{
    return json_dumpf(value, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0 && fputc('\n', out) != EOF;
}
