/* SPDX-License-Identifier: MIT
 * What a reader may take from the page of `framelab report`: each figure's picture for a paper, and its records. They
 * become part of the page, which is one file. */
#ifndef FRAMELAB_RESULTS_REPORT_FILES_H
#define FRAMELAB_RESULTS_REPORT_FILES_H

#include <jansson.h>
#include <stdbool.h>

#include "paper_tool.h"

/* A file with more bytes does not become part of the page, which then leads to where it lies, beside the page. */
#define REPORT_FILE_BYTES_MAX ((size_t)512 << 10)

/* Adds `files` to each entry of `report`, which report_read made of `directory`: of a figure that was made an array of
 * objects with `name`, a path within the directory, `bytes`, and, up to the limit, `base64`, what is in it. Records
 * that are not packed are packed as gzip does it, and named so; if they are larger than the limit even so, they are
 * named as they lie there. False with one line in `why`, which names the file that cannot be read. */
bool report_add_files(json_t *report, const char *directory, char why[PAPER_WHY_BYTES]);

#endif
