/* SPDX-License-Identifier: MIT
 * Draws figures again of kept records. See paper_redraw.h. */
#include "paper_redraw.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "flat.h"
#include "paper_cache.h"
#include "paper_make.h"

#define FILE_BYTES (PAPER_PATH_BYTES + PAPER_KEY_BYTES + 32u)

static bool refuse(char *why, const char *path, const char *what)
{
    (void)snprintf(why, PAPER_WHY_BYTES, "%.300s: %.200s", path, what);
    return false;
}

static bool copy_unpacked(gzFile from, FILE *to)
{
    char bytes[1 << 14];
    int count;
    while ((count = gzread(from, bytes, sizeof bytes)) > 0) {
        if (fwrite(bytes, 1, (size_t)count, to) != (size_t)count) {
            return false;
        }
    }
    return count == 0;
}

static bool unpack(const char *packed, const char *path, char *why)
{
    gzFile from = gzopen(packed, "rb");
    FILE *to = from != NULL ? fopen(path, "we") : NULL;
    errno = 0;
    bool good = to != NULL && copy_unpacked(from, to);
    if (to != NULL) {
        good = fclose(to) == 0 && good;
    }
    if (from != NULL) {
        good = gzclose(from) == Z_OK && good; /* here a file that was cut is told */
    }
    return good || refuse(why, packed, errno != 0 ? strerror(errno) : "cannot be unpacked");
}

/* Sets `path` to the figure's kept records, unpacked to the figure's `directory` if need be. */
static bool find_records(const char *kept, const char *key, const char *directory, char path[FILE_BYTES], char *why)
{
    char packed[FILE_BYTES];
    (void)snprintf(packed, sizeof packed, "%s/%s/records.jsonl.gz", kept, key);
    (void)snprintf(path, FILE_BYTES, "%s/%s/records.jsonl", kept, key);
    if (access(path, R_OK) == 0) {
        return true;
    }
    (void)snprintf(path, FILE_BYTES, "%s/records.jsonl", directory);
    return unpack(packed, path, why);
}

static enum paper_level level_of(const json_t *entry)
{
    enum paper_level level = PAPER_TINY;
    while (level + 1 < PAPER_LEVELS && strcmp(paper_level_name(level), flat_text(entry, "level")) != 0) {
        level++;
    }
    return level;
}

static bool redraw_figure(const struct paper_folder *folder, const struct paper_making *shared, const char *kept,
                          json_t *entry, char *why)
{
    char directory[PAPER_PATH_BYTES], records[FILE_BYTES];
    struct paper_making making = *shared;
    (void)snprintf(directory, sizeof directory, "%s/%s", shared->directory, folder->key);
    making.folder = folder;
    making.directory = directory;
    making.records = records;
    making.level = level_of(entry);
    if (!paper_make_directory(directory)) {
        return refuse(why, directory, strerror(errno));
    }
    return find_records(kept, folder->key, directory, records, why) && paper_draw_with_tables(&making, why) &&
           json_object_set(entry, "panels", json_object_get(folder->figure, "panels")) == 0;
}

json_t *paper_redraw(const struct paper_list *list, const json_t *things, const char *kept, const char *directory,
                     char why[PAPER_WHY_BYTES])
{
    const struct paper_making shared = {.papers = list->path, .things = things, .directory = directory};
    char path[PAPER_PATH_BYTES + 16];
    json_error_t error;
    size_t count;
    (void)snprintf(path, sizeof path, "%s/summary.json", kept);
    json_t *summary = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    json_t *drawn = json_array();
    bool good = summary != NULL || refuse(why, path, error.text);
    for (size_t i = 0; good && i < list->count; i++) {
        const json_t *entry = paper_item(json_object_get(summary, "figures"), "key", list->folders[i].key, &count);
        if (count == 1 && strcmp(flat_text(entry, "status"), "made") == 0) {
            good = redraw_figure(&list->folders[i], &shared, kept, (json_t *)entry, why);
            json_array_append(drawn, (json_t *)entry);
        }
    }
    json_decref(summary);
    if (!good) {
        json_decref(drawn);
        return NULL;
    }
    return drawn;
}
