/* SPDX-License-Identifier: MIT
 * Records of runs, kept by key. See paper_cache.h. */
#include "paper_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "provenance.h"

#define SUM_BYTES 64u

bool paper_make_directory(const char *path)
{
    char part[PAPER_PATH_BYTES];
    int length = snprintf(part, sizeof part, "%s", path);
    if (length <= 0 || (size_t)length >= sizeof part) {
        errno = length > 0 ? ENAMETOOLONG : ENOENT;
        return false;
    }
    for (char *end = part + 1; end <= part + length; end++) {
        char kept = *end;
        if (kept != '/' && kept != '\0') {
            continue;
        }
        *end = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            return false;
        }
        *end = kept;
    }
    return true;
}

/* Room for "/KEY.jsonl" is left by paper_cache_open(). */
static void make_path(const struct paper_cache *cache, const struct paper_run *run, const char *ending,
                      char path[PAPER_PATH_BYTES])
{
    (void)snprintf(path, PAPER_PATH_BYTES, "%.*s/%s.%s", (int)(PAPER_PATH_BYTES - 32), cache->directory, run->key,
                   ending);
}

bool paper_cache_open(struct paper_cache *cache, const char *out)
{
    int length = snprintf(cache->directory, sizeof cache->directory, "%s/cache", out);
    if (length < 0 || (size_t)length >= sizeof cache->directory - 32) {
        errno = ENAMETOOLONG;
        return false;
    }
    return paper_make_directory(cache->directory);
}

/* Length and hash of a file as text, which KEY.json keeps. False with errno. */
static bool sum_file(const char *path, char text[SUM_BYTES])
{
    unsigned char block[1 << 14];
    uint64_t hash = PROVENANCE_HASH_EMPTY, bytes = 0;
    size_t got;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    while ((got = fread(block, 1, sizeof block, file)) > 0) {
        hash = provenance_hash_more(hash, block, got);
        bytes += got;
    }
    bool good = ferror(file) == 0;
    (void)fclose(file);
    (void)snprintf(text, SUM_BYTES, "%" PRIu64 " bytes, %016" PRIx64, bytes, hash);
    return good;
}

bool paper_cache_has(const struct paper_cache *cache, const struct paper_run *run, FILE *log)
{
    char path[PAPER_PATH_BYTES], note_path[PAPER_PATH_BYTES], sum[SUM_BYTES];
    make_path(cache, run, "jsonl", path);
    make_path(cache, run, "json", note_path);
    if (access(path, F_OK) != 0) {
        return false;
    }
    json_t *note = json_load_file(note_path, 0, NULL);
    const char *kept = json_string_value(json_object_get(note, "records"));
    bool whole = kept != NULL && sum_file(path, sum) && strcmp(kept, sum) == 0;
    json_decref(note);
    if (!whole) {
        (void)fprintf(log, "framelab figures: %s is not what was measured (cut, or changed): it is measured again\n",
                      path);
        (void)unlink(path);
    }
    return whole;
}

void paper_cache_part(const struct paper_cache *cache, const struct paper_run *run, char path[PAPER_PATH_BYTES])
{
    make_path(cache, run, "part", path);
}

/* A file or a folder. False with errno. */
static bool bring_to_disk(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    bool good = descriptor >= 0 && fsync(descriptor) == 0;
    int error = errno;
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    errno = error;
    return good;
}

bool paper_write_json(const json_t *json, const char *path, size_t flags)
{
    char part[PAPER_PATH_BYTES + 32];
    int length = snprintf(part, sizeof part, "%s.part", path);
    if (length < 0 || (size_t)length >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    return json_dump_file(json, part, flags) == 0 && bring_to_disk(part) && rename(part, path) == 0;
}

bool paper_cache_keep(const struct paper_cache *cache, const struct paper_run *run, double seconds)
{
    char part[PAPER_PATH_BYTES], path[PAPER_PATH_BYTES], note_path[PAPER_PATH_BYTES];
    make_path(cache, run, "part", part);
    make_path(cache, run, "jsonl", path);
    make_path(cache, run, "json", note_path);
    char sum[SUM_BYTES];
    if (!bring_to_disk(part) || !sum_file(part, sum)) {
        return false;
    }
    char *command = paper_run_text(run);
    json_t *note =
        json_pack("{s:s, s:f, s:s}", "command", command != NULL ? command : "", "seconds", seconds, "records", sum);
    bool good = paper_write_json(note, note_path, JSON_INDENT(2) | JSON_REAL_PRECISION(4)) && rename(part, path) == 0;
    json_decref(note);
    free(command);
    (void)bring_to_disk(cache->directory); /* not every file system can: then a name may be lost, which costs a run */
    return good;
}

void paper_cache_drop(const struct paper_cache *cache, const struct paper_run *run)
{
    char part[PAPER_PATH_BYTES];
    make_path(cache, run, "part", part);
    (void)unlink(part);
}

double paper_cache_seconds(const struct paper_cache *cache, const struct paper_run *run)
{
    char path[PAPER_PATH_BYTES];
    make_path(cache, run, "json", path);
    json_t *note = json_load_file(path, 0, NULL);
    double seconds = json_number_value(json_object_get(note, "seconds"));
    json_decref(note);
    return seconds;
}

bool paper_cache_copy(const struct paper_cache *cache, const struct paper_run *run, FILE *out)
{
    char path[PAPER_PATH_BYTES];
    char *line = NULL;
    size_t bytes = 0;
    ssize_t length;
    bool good = true;
    make_path(cache, run, "jsonl", path);
    FILE *records = fopen(path, "re");
    if (records == NULL) {
        return false;
    }
    while ((length = getline(&line, &bytes, records)) > 0) {
        if (line[0] == '{') {
            good = fprintf(out, "{\"run\":\"%s\",%s%s", run->id, line + 1, line[length - 1] == '\n' ? "" : "\n") >= 0 &&
                   good;
        }
    }
    free(line);
    good = ferror(records) == 0 && good;
    (void)fclose(records);
    return good;
}
