/* SPDX-License-Identifier: MIT
 * What a figure.json is, as papers/README.md says, and whether one is so. */
#ifndef FRAMELAB_RESULTS_PAPER_CHECK_H
#define FRAMELAB_RESULTS_PAPER_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define PAPER_KEY_BYTES 64u

/* How much is run. */
enum paper_level {
    PAPER_TINY, /* what tests do: seconds, and only what needs no time to be measured */
    PAPER_QUICK,
    PAPER_DEFAULT,
    PAPER_FULL,
    PAPER_LEVELS
};

const char *paper_level_name(enum paper_level level);

/* The last object of an array that has the text as its member `key`, and in *count how many have it; NULL if none. */
const json_t *paper_item(const json_t *array, const char *key, const char *text, size_t *count);

/* Whether an array of words has this one. */
bool paper_has_word(const json_t *words, const char *wanted);

/* Whether it is a text that may be the name of a folder, a file, or a panel: small letters, digits, dashes. */
bool paper_is_name(const json_t *value);

/* Whether it is what a claim's evidence may be: counted; measured; foretold, that is, by a model that was not fitted to
 * it; fitted; or by construction, where the model knows nothing that could speak against it. */
bool paper_is_kind(const char *text);

/* Checks a whole figure.json, which lies at `path`, of the folder `key`. False after one line on `log` that names the
 * file and the key. */
bool paper_check(const json_t *figure, const char *path, const char *key, FILE *log);

#endif
