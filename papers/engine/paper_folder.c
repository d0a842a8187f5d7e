/* SPDX-License-Identifier: MIT
 * Finds and reads the folders of papers/. See paper_folder.h. */
#include "paper_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beside.h"

/* Where the Makefile links the sources' papers/ beside a command that it built, and where it installs them. */
static const char *const PLACES[] = {"/share/framelab/papers", "/../share/framelab/papers", NULL};

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool paper_find(const char *given, char path[PAPER_PATH_BYTES])
{
    if (given == NULL) {
        return beside_program(PLACES, "", path, PAPER_PATH_BYTES);
    }
    (void)snprintf(path, PAPER_PATH_BYTES, "%s", given);
    return is_directory(path);
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

bool paper_folder_read(struct paper_folder *folder, const char *papers, const char *key, FILE *log)
{
    char path[PAPER_PATH_BYTES + 16];
    json_error_t error;
    *folder = (struct paper_folder){.figure = NULL};
    (void)snprintf(folder->key, sizeof folder->key, "%s", key);
    int length = snprintf(folder->path, sizeof folder->path, "%s/%s", papers, key);
    if (length < 0 || (size_t)length >= sizeof folder->path) {
        (void)fprintf(log, "framelab figures: %s: %s\n", key, strerror(ENAMETOOLONG));
        return false;
    }
    (void)snprintf(path, sizeof path, "%s/figure.json", folder->path);
    folder->figure = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (folder->figure == NULL) {
        (void)fprintf(log, "framelab figures: %s: line %d: %s\n", path, error.line, error.text);
        return false;
    }
    return paper_check(folder->figure, path, key, log);
}

void paper_folder_free(struct paper_folder *folder)
{
    json_decref(folder->figure);
    folder->figure = NULL;
}

/* Whether `name` is one of `names`, which commas separate. */
static bool is_named(const char *names, const char *name)
{
    size_t length = strlen(name);
    while (*names != '\0') {
        size_t part = strcspn(names, ",");
        if (part == length && strncmp(names, name, part) == 0) {
            return true;
        }
        names += part + (names[part] == ',');
    }
    return false;
}

static bool add_folder(struct paper_list *list, const char *key, FILE *log)
{
    if (list->count == PAPERS_MAX) {
        (void)fprintf(log, "framelab figures: %s: more than %u figures\n", list->path, PAPERS_MAX);
        return false;
    }
    struct paper_folder *folder = &list->folders[list->count++];
    bool good = paper_folder_read(folder, list->path, key, log);
    if (good && json_array_size(json_object_get(folder->figure, "runs")) == 0) {
        paper_folder_free(folder); /* it is drawn of given records */
        list->count--;
    }
    return good;
}

static bool add_folders(struct paper_list *list, struct dirent **entries, int count, const char *only, FILE *log)
{
    bool good = true;
    for (int i = 0; good && i < count; i++) {
        char path[PAPER_PATH_BYTES + sizeof entries[i]->d_name + 16];
        (void)snprintf(path, sizeof path, "%s/%s/figure.json", list->path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && access(path, F_OK) == 0 &&
            (only == NULL || is_named(only, entries[i]->d_name))) {
            good = add_folder(list, entries[i]->d_name, log);
        }
    }
    return good;
}

static void print_unknown(const struct paper_list *list, const char *name, struct dirent **entries, int count,
                          FILE *log)
{
    struct paper_list *all = calloc(1, sizeof *all);
    (void)fprintf(log, "framelab figures: there is no figure '%s'; there are", name);
    if (all != NULL) {
        (void)snprintf(all->path, sizeof all->path, "%s", list->path);
        (void)add_folders(all, entries, count, NULL, log);
        for (size_t i = 0; i < all->count; i++) {
            (void)fprintf(log, "%s %s", i > 0 ? "," : "", all->folders[i].key);
        }
        paper_list_free(all);
    }
    free(all);
    (void)fputc('\n', log);
}

/* Whether each of the names was found. */
static bool has_all(const struct paper_list *list, const char *only, struct dirent **entries, int count, FILE *log)
{
    while (only != NULL && *only != '\0') {
        char name[PAPER_KEY_BYTES];
        size_t length = strcspn(only, ",");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, only);
        size_t i = 0;
        while (i < list->count && strcmp(list->folders[i].key, name) != 0) {
            i++;
        }
        if (i == list->count) {
            print_unknown(list, name, entries, count, log);
            return false;
        }
        only += length + (only[length] == ',');
    }
    return true;
}

bool paper_list_read(struct paper_list *list, const char *only, FILE *log)
{
    struct dirent **entries;
    int count = scandir(list->path, &entries, NULL, alphasort);
    list->count = 0;
    if (count < 0) {
        (void)fprintf(log, "framelab figures: %s: %s\n", list->path, strerror(errno));
        return false;
    }
    bool good = add_folders(list, entries, count, only, log) && has_all(list, only, entries, count, log);
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free((void *)entries);
    return good;
}

void paper_list_free(struct paper_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        paper_folder_free(&list->folders[i]);
    }
    list->count = 0;
}
