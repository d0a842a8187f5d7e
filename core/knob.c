/* SPDX-License-Identifier: MIT
 * Knobs from text and to text. Freestanding: numbers are read by hand. */
#include "knob.h"

#include <stdio.h>
#include <string.h>

#include "frame_limits.h"

/* One `name=value` inside a longer text. */
struct setting {
    const char *name, *value;
    size_t name_length, value_length;
};

void knobs_reset(const struct knob *knobs, uint32_t count, uint64_t *values)
{
    for (uint32_t i = 0; i < count; i++) {
        values[i] = knobs[i].initial;
    }
}

static bool word_is(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && strncmp(word, text, length) == 0;
}

/* A decimal number that fills the whole text. */
static bool number_parse(const char *text, size_t length, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value)) {
            return false;
        }
    }
    *out = value;
    return length > 0;
}

/* Cuts the next setting off `*text`. False if it has no '='. */
static bool setting_next(const char **text, struct setting *setting)
{
    size_t length = strcspn(*text, ",");
    const char *equals = memchr(*text, '=', length);
    setting->name = *text;
    setting->name_length = equals != NULL ? (size_t)(equals - *text) : length;
    setting->value = equals != NULL ? equals + 1 : *text + length;
    setting->value_length = equals != NULL ? length - setting->name_length - 1 : 0;
    *text += length + ((*text)[length] == ',');
    return equals != NULL;
}

static bool value_parse(const struct knob *knob, const struct setting *setting, uint64_t *out, char *why,
                        size_t why_bytes)
{
    if (knob->choices == NULL) {
        uint64_t value = 0;
        if (number_parse(setting->value, setting->value_length, &value) && value >= knob->min && value <= knob->max) {
            *out = value;
            return true;
        }
        snprintf(why, why_bytes, "knob %s: '%.*s' is not a number from %llu to %llu", knob->name,
                 (int)setting->value_length, setting->value, (unsigned long long)knob->min,
                 (unsigned long long)knob->max);
        return false;
    }
    for (uint64_t i = 0; knob->choices[i] != NULL; i++) {
        if (word_is(knob->choices[i], setting->value, setting->value_length)) {
            *out = i;
            return true;
        }
    }
    int at =
        snprintf(why, why_bytes, "knob %s: '%.*s' is none of", knob->name, (int)setting->value_length, setting->value);
    for (uint64_t i = 0; knob->choices[i] != NULL && at > 0 && (size_t)at < why_bytes; i++) {
        at += snprintf(why + at, why_bytes - (size_t)at, " %s", knob->choices[i]);
    }
    return false;
}

bool knobs_parse(const struct knob *knobs, uint32_t count, uint64_t *values, const char *text, char *why,
                 size_t why_bytes)
{
    uint64_t parsed[KNOB_MAX];
    bool given[KNOB_MAX] = {false};
    if (count > KNOB_MAX) {
        snprintf(why, why_bytes, "more than %u knobs", KNOB_MAX);
        return false;
    }
    memcpy(parsed, values, count * sizeof *values);
    while (*text != '\0') {
        struct setting setting;
        bool whole = setting_next(&text, &setting);
        uint32_t i = 0;
        while (i < count && !word_is(knobs[i].name, setting.name, setting.name_length)) {
            i++;
        }
        if (!whole || i == count) {
            int at = snprintf(why, why_bytes, whole ? "there is no knob '%.*s'; there are" : "'%.*s' is not knob=value",
                              (int)setting.name_length, setting.name);
            for (i = 0; whole && i < count && at > 0 && (size_t)at < why_bytes; i++) {
                at += snprintf(why + at, why_bytes - (size_t)at, "%s %s", i > 0 ? "," : "", knobs[i].name);
            }
            return false;
        }
        if (given[i]) {
            snprintf(why, why_bytes, "knob %s is given twice", knobs[i].name);
            return false;
        }
        given[i] = true;
        if (!value_parse(&knobs[i], &setting, &parsed[i], why, why_bytes)) {
            return false;
        }
    }
    memcpy(values, parsed, count * sizeof *values);
    return true;
}

size_t knobs_format(const struct knob *knobs, uint32_t count, const uint64_t *values, char *out, size_t out_bytes)
{
    size_t needed = 0;
    if (out_bytes > 0) {
        out[0] = '\0';
    }
    for (uint32_t i = 0; i < count; i++) {
        char *at = needed < out_bytes ? out + needed : NULL;
        size_t room = needed < out_bytes ? out_bytes - needed : 0;
        const char *comma = i > 0 ? "," : "";
        int length = knobs[i].choices != NULL
                         ? snprintf(at, room, "%s%s=%s", comma, knobs[i].name, knobs[i].choices[values[i]])
                         : snprintf(at, room, "%s%s=%llu", comma, knobs[i].name, (unsigned long long)values[i]);
        needed += length > 0 ? (size_t)length : 0;
    }
    return needed;
}
