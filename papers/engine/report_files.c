/* SPDX-License-Identifier: MIT
 * Files of a figure as texts of its report. See report_files.h. */
#include "report_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "flat.h"
#include "paper_folder.h"

#define PATH_BYTES (PAPER_PATH_BYTES + 2u * PAPER_KEY_BYTES)
/* What zlib takes for its largest window, with gzip's header and trailer. */
#define GZIP_WINDOW (15 + 16)
#define GZIP_MEMORY 9

struct bytes {
    unsigned char *at;
    size_t count;
};

/* RFC 4648, section 4. NULL if memory is out. */
static json_t *base64(struct bytes bytes)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = (bytes.count + 2) / 3 * 4;
    char *text = malloc(length + 1), *next = text;
    for (size_t i = 0; text != NULL && i < bytes.count; i += 3) {
        size_t left = bytes.count - i;
        unsigned group = (unsigned)bytes.at[i] << 16 | (left > 1 ? (unsigned)bytes.at[i + 1] << 8 : 0) |
                         (left > 2 ? bytes.at[i + 2] : 0);
        *next++ = letters[group >> 18];
        *next++ = letters[group >> 12 & 63];
        *next++ = left > 1 ? letters[group >> 6 & 63] : '=';
        *next++ = left > 2 ? letters[group & 63] : '=';
    }
    json_t *string = text != NULL ? json_stringn_nocheck(text, length) : NULL;
    free(text);
    return string;
}

/* All of a file; at == NULL with errno if it cannot be read. */
static struct bytes read_all(const char *path)
{
    struct bytes bytes = {NULL, 0};
    struct stat status;
    FILE *file = fopen(path, "re");
    errno = file != NULL ? EIO : errno;
    if (file != NULL && fstat(fileno(file), &status) == 0 && status.st_size > 0) {
        bytes = (struct bytes){malloc((size_t)status.st_size), (size_t)status.st_size};
    }
    if (bytes.at != NULL && fread(bytes.at, 1, bytes.count, file) != bytes.count) {
        free(bytes.at);
        bytes.at = NULL;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return bytes;
}

/* What `gzip -9n` makes of it: no name, no time, so the same for the same records. at == NULL if memory is out. */
static struct bytes gzip(struct bytes plain)
{
    z_stream stream = {.next_in = plain.at, .avail_in = (uInt)plain.count};
    struct bytes packed = {NULL, 0};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
        return packed;
    }
    uLong room = deflateBound(&stream, plain.count);
    packed.at = malloc(room);
    stream.next_out = packed.at;
    stream.avail_out = (uInt)room;
    if (packed.at != NULL && deflate(&stream, Z_FINISH) != Z_STREAM_END) {
        free(packed.at);
        packed.at = NULL;
    }
    packed.count = stream.total_out;
    (void)deflateEnd(&stream);
    return packed;
}

/* Appends the file KEY/NAME of the directory, if it is there; packed, if it is not and `pack`. */
static bool add_file(json_t *files, const char *directory, const char *key, const char *name, bool pack)
{
    char path[PATH_BYTES], shown[2u * PAPER_KEY_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s/%s", directory, key, name);
    if (access(path, F_OK) != 0) {
        return true;
    }
    struct bytes bytes = read_all(path);
    struct bytes packed = pack && bytes.at != NULL ? gzip(bytes) : (struct bytes){NULL, 0};
    bool small = pack && packed.at != NULL && packed.count <= REPORT_FILE_BYTES_MAX;
    struct bytes given = small ? packed : bytes;
    (void)snprintf(shown, sizeof shown, "%s/%s%s", key, name, small ? ".gz" : "");
    json_t *file = bytes.at != NULL ? json_pack("{s:s, s:I}", "name", shown, "bytes", (json_int_t)given.count) : NULL;
    if (file != NULL && given.count <= REPORT_FILE_BYTES_MAX) {
        json_object_set_new(file, "base64", base64(given));
    }
    free(packed.at);
    free(bytes.at);
    return file != NULL && json_array_append_new(files, file) == 0;
}

bool report_add_files(json_t *report, const char *directory, char why[PAPER_WHY_BYTES])
{
    static const struct {
        const char *name;
        bool pack;
    } wanted[] = {
        {"figure.pdf", false}, {"records.jsonl.gz", false}, {"records.jsonl.xz", false}, {"records.jsonl", true}};
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(report, "figures"), i, entry)
    {
        bool made = strcmp(flat_text(entry, "status"), "made") == 0;
        json_t *files = json_array();
        for (size_t k = 0; made && k < sizeof wanted / sizeof *wanted; k++) {
            const char *key = flat_text(entry, "key");
            if (!add_file(files, directory, key, wanted[k].name, wanted[k].pack)) {
                (void)snprintf(why, PAPER_WHY_BYTES, "%.300s/%.60s/%s: %s", directory, key, wanted[k].name,
                               strerror(errno));
                json_decref(files);
                return false;
            }
        }
        json_object_set_new(entry, "files", files);
    }
    return true;
}
