/* SPDX-License-Identifier: MIT
 * Linux's knobs. See linux_variant.h. */
#include "linux_variant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "linux"
#define TEXT_BYTES 256u
/* Linux refuses what is smaller, but for 0. */
#define FRACTION_LEAST 8u
#define FRACTION_MOST 1000000u

const struct linux_knob linux_knobs[] = {
    {"pcp", "auto", "auto|off|1 .. 1000000", "pages in the lists of a CPU, at most; off: each page passes the zone"},
    {"fraction", "0", "0|8 .. 1000000",
     "vm.percpu_pagelist_high_fraction: all lists together hold a so-manieth part of memory"},
    {"init-on-alloc", "off", "off|on", "each page is zeroed as it is handed out"},
    {NULL, NULL, NULL, NULL},
};

bool linux_variant_is(const char *text)
{
    size_t length = strlen(NAME);
    return strncmp(text, NAME, length) == 0 && strchr(":,", text[length]) != NULL; /* its end, too */
}

/* A whole number from `least` to `most`. */
static bool read_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    *number = value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && value >= least && value <= most;
}

static bool set(struct linux_variant *variant, const char *knob, const char *value)
{
    if (strcmp(knob, "pcp") == 0 && strcmp(value, "auto") == 0) {
        variant->pcp = LINUX_PCP_AUTO;
        return true;
    }
    if (strcmp(knob, "pcp") == 0 && strcmp(value, "off") == 0) {
        variant->pcp = 0;
        return true;
    }
    if (strcmp(knob, "pcp") == 0) {
        return read_number(value, 1, LINUX_PCP_MOST, &variant->pcp);
    }
    if (strcmp(knob, "fraction") == 0) {
        return strcmp(value, "0") == 0 || read_number(value, FRACTION_LEAST, FRACTION_MOST, &variant->fraction);
    }
    if (strcmp(knob, "init-on-alloc") == 0) {
        variant->init_on_alloc = strcmp(value, "on") == 0;
        return variant->init_on_alloc || strcmp(value, "off") == 0;
    }
    return false;
}

bool linux_variant_parse(struct linux_variant *variant, const char *text, char *why, size_t why_bytes)
{
    char words[TEXT_BYTES], *rest = words;
    *variant = (struct linux_variant){.pcp = LINUX_PCP_AUTO};
    int length = snprintf(words, sizeof words, "%s", text);
    bool good = length > 0 && (size_t)length < sizeof words && strcmp(strsep(&rest, ","), NAME) == 0;
    for (char *word; good && (word = strsep(&rest, ",")) != NULL;) {
        const char *knob = strsep(&word, "=");
        good = word != NULL && set(variant, knob, word);
    }
    if (!good) {
        (void)snprintf(why, why_bytes,
                       "%.100s: linux takes pcp=auto|off|1..%llu, fraction=0|%u..%u, init-on-alloc=on|off", text,
                       (unsigned long long)LINUX_PCP_MOST, FRACTION_LEAST, FRACTION_MOST);
    }
    return good;
}

void linux_variant_format(const struct linux_variant *variant, char *out, size_t out_bytes)
{
    char pcp[24] = "auto";
    if (variant->pcp != LINUX_PCP_AUTO) {
        (void)snprintf(pcp, sizeof pcp, "%llu", (unsigned long long)variant->pcp);
    }
    (void)snprintf(out, out_bytes, "pcp=%s,fraction=%llu,init-on-alloc=%s", variant->pcp == 0 ? "off" : pcp,
                   (unsigned long long)variant->fraction, variant->init_on_alloc ? "on" : "off");
}
