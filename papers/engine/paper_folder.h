/* SPDX-License-Identifier: MIT
 * A figure that is reproduced: a folder of papers/, read and checked. What stands in one: papers/README.md.
 *
 * A folder is outside input. A figure.json that is not what it must be is refused with one line that names the file
 * and the key. */
#ifndef FRAMELAB_RESULTS_PAPER_FOLDER_H
#define FRAMELAB_RESULTS_PAPER_FOLDER_H

#include <stddef.h>

#include "paper_check.h"

#define PAPER_PATH_BYTES 4096u
#define PAPERS_MAX 64u

struct paper_folder {
    char path[PAPER_PATH_BYTES]; /* the folder */
    char key[PAPER_KEY_BYTES];   /* its name */
    json_t *figure;              /* figure.json, which has been checked */
};

struct paper_list {
    char path[PAPER_PATH_BYTES]; /* papers/ */
    struct paper_folder folders[PAPERS_MAX];
    size_t count;
};

/* Where the folders are: `given`, or if that is NULL what lies beside the command: of the sources that it was built
 * from, or installed. False if there is no such directory; `path` then names what was looked for. */
bool paper_find(const char *given, char path[PAPER_PATH_BYTES]);

/* Reads one folder. False after one line on `log`. */
bool paper_folder_read(struct paper_folder *folder, const char *papers, const char *key, FILE *log);
void paper_folder_free(struct paper_folder *folder);

/* Reads all folders of list->path that have a figure.json with runs, by name; if `only` is not NULL, those that it
 * names, between commas. False after one line on `log`. The caller frees the list in either case. */
bool paper_list_read(struct paper_list *list, const char *only, FILE *log);
void paper_list_free(struct paper_list *list);

#endif
