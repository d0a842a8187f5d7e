/* SPDX-License-Identifier: MIT
 * Whether a figure.json is what papers/README.md says. */
#ifndef FRAMELAB_RESULTS_PAPER_CHECK_H
#define FRAMELAB_RESULTS_PAPER_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Checks a whole figure.json, which lies at `path`, of the folder `key`. False after one line on `log` that names the
 * file and the key. */
bool paper_check(const json_t *figure, const char *path, const char *key, FILE *log);

#endif
