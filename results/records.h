/* SPDX-License-Identifier: MIT
 * Reading record files (schema: results/README.md) into plain rows: one a phase of a "bench" line; of a line with
 * counts in place of times, as QEMU's are, one a line.
 *
 * A record file is outside input. It is read line by line; a line that is not what the schema says is reported in
 * one line with its place and left out, the others are kept. Lines of a type that this program does not judge are
 * skipped in silence, so that later versions may add types. Files compressed by gzip are read as they are. */
#ifndef FRAMELAB_RESULTS_RECORDS_H
#define FRAMELAB_RESULTS_RECORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "record.h"

/* Bytes of a line, above which it is refused unread: 512 harts, two phases and all counts need below 64 KiB. */
#define RECORD_LINE_MAX_BYTES (UINT64_C(1) << 20)
/* Bytes of a name (variant, knobs, workload ...) with its final NUL. */
#define RECORD_NAME_MAX 1024u

/* One phase of one repeat. Strings belong to the file, live as long as it, and are equal only if their addresses
 * are. */
struct result_row {
    const char *variant;
    const char *knobs;
    const char *platform;
    const char *machine; /* of simulated harts; else empty */
    const char *model;   /* of simulated harts: what the machine is, by its parameters; else empty */
    const char *run;     /* of a figure's records: for which of its runs; else empty */
    const char *side;    /* "A" or "B" of a campaign of two binaries; else empty */
    const char *seed;
    const char *process; /* that measured it: its provenance; of simulated harts, which begin anew, also the repeat */
    const char *block;   /* what was measured in turn: of a campaign, of several processes; else a repeat of one */
    const char *workload;
    const char *phase;
    uint64_t frames; /* a request */
    uint32_t harts;
    uint32_t cores;
    uint32_t repeat;
    uint64_t operations;            /* of a hart */
    bool timed;                     /* ns_per_operation is known */
    double ns_per_operation;        /* mean over harts of time / operations */
    double core_ns;                 /* "core": of a turn, by the hart for which it took longest; 0: not known */
    struct latency_summary latency; /* samples 0: not measured */
    bool shared_out;                /* the next two are known; of a record's first phase only */
    double share_first, share_last; /* "rounds": of memory, in free whole chunks, after the first and the last */
};

/* What is counted of an operation: where there is no time, or where a simulator sees more than time. */
enum tally_kind {
    TALLY_INSTRUCTIONS,  /* executed by the hart that makes it */
    TALLY_TRANSFERS,     /* cache lines that came from another hart's cache */
    TALLY_INVALIDATIONS, /* copies of a line in other harts' caches that a write made worthless */
    TALLY_CAS_FAILURES,  /* of all compare-and-swaps, the harness's too */
    TALLY_FENCES,
    TALLY_WAIT_NS, /* time that harts stood in waiting loops */
    /* By QEMU's plugin alone. */
    TALLY_L1_MISSES, /* accesses that a hart's first level of cache could not serve */
    TALLY_L2_MISSES, /* that neither of its own levels could */
    TALLY_MISSES,    /* cache lines that came from memory */
    TALLY_CAS_RETRIES,
    TALLY_LOCK_WAITS,
    TALLY_GLOBAL_ACCESSES, /* of hart caches to the global allocator */
    TALLY_GRACE_PERIODS,
    TALLY_ZONE_PAGES, /* of Linux: pages that passed its zones, past the lists of CPUs */
    TALLY_ZONE_WAITS, /* of Linux: acquisitions of a zone's lock that had to wait, as far as they happened in a boot */
    TALLY_KIND_COUNT
};

/* One repeat of a measurement in counts, all of its phases together. Strings as in struct result_row. */
struct tally_row {
    const char *variant;
    const char *knobs;
    const char *machine; /* "qemu, riscv64, icount", "sim, flat" */
    const char *model, *run, *seed;
    const char *workload;
    uint64_t frames; /* a request */
    uint32_t harts;
    uint32_t repeat;
    uint64_t operations;                    /* of a hart in all phases; of simulated ones, of all harts */
    double per_operation[TALLY_KIND_COUNT]; /* NAN: not known */
};

struct record_file {
    const char *path;
    struct result_row *rows;
    size_t row_count;
    size_t row_capacity;
    struct tally_row *tallies; /* of the records with counts: in place of times or beside them */
    size_t tally_count;
    size_t tally_capacity;
    json_t *names;       /* an object whose keys are all strings of the rows */
    json_t *provenances; /* an array: the provenance lines */
    json_t *lines;       /* an array: the "bench" lines that are no copies, if they are kept; else NULL */
    json_t *models;      /* an object: what each simulated machine is, by its name */
    json_t *measured;    /* an object whose keys say which measurements there are */
    uint64_t copies;     /* lines that were left out, for the file has the same measurement before */
    uint64_t damaged;    /* lines that were refused */
    bool truncated;      /* the last line has no end: the run that wrote it was interrupted */
};

enum records_status {
    RECORDS_OK,
    RECORDS_DAMAGED,    /* whole lines were refused; a last line cut short is not counted as one */
    RECORDS_UNREADABLE, /* nothing could be read: no such file, a read error, no memory, no row; said on `log` */
};

/* Reads `path` ("-": the standard input), compressed or not, into *file. Complaints go to `log`, one line each, at most
 * ten. The caller calls record_file_free() whatever the status. */
enum records_status record_file_read(struct record_file *file, const char *path, FILE *log);
/* The same, and keeps the lines. */
enum records_status record_file_read_lines(struct record_file *file, const char *path, FILE *log);
void record_file_free(struct record_file *file);

/* Whether the file has times; if not, says on `log` what it has instead. For commands that judge or draw times. */
bool record_file_has_times(const struct record_file *file, FILE *log);

/* The string of the file that equals `text`, or NULL if out of memory. */
const char *record_file_name(struct record_file *file, const char *text);

#endif
