/* SPDX-License-Identifier: MIT
 * Records: the JSON lines that everything that measures writes. Schema and reasons: results/README.md.
 *
 * A file of records is a sequence of lines, each one JSON object with a "type": "provenance" (who measured, with
 * what, on what), "bench" (one variant, workload, order, harts, repeat: raw samples), "stress" (one stress run).
 * Lines of measurements name the provenance line they belong to by its "id". Written line by line and flushed, so
 * that an interrupted run keeps what it measured. */
#ifndef FRAMELAB_STRESS_RECORD_H
#define FRAMELAB_STRESS_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "frame_allocator.h"
#include "histogram.h"
#include "outcome.h"
#include "stats.h"

struct record_writer;
struct json_t;

struct latency_summary {
    uint64_t samples; /* 0: not measured */
    uint64_t p50_ns, p99_ns, p999_ns, max_ns;
};

struct latency_summary latency_summarize(const struct histogram *histogram);

/* Of the operations that went one way (outcome.h). */
struct outcome_latency {
    const char *name;
    struct latency_summary summary;
    const struct histogram *histogram;
};

struct record_phase {
    const char *name;        /* "alloc", "free", "pair" */
    uint64_t operations;     /* a hart */
    const uint64_t *hart_ns; /* one a hart: time that the hart took for its operations */
    struct latency_summary latency;
};

struct bench_record {
    const char *variant;  /* as named on the command line, "null" or "cas" for the controls */
    const char *knobs;    /* every knob's value, "" for the controls */
    const char *platform; /* "host", "sim" */
    const char *workload; /* of struct workload_kind, or "boot", "control" */
    uint64_t frames;      /* a request */
    int order;            /* log2 of frames, or -1 */
    uint32_t harts;
    uint32_t cores; /* that the harts could run on: harts > cores is oversubscribed */
    uint32_t repeat;
    uint64_t seed;
    const struct record_phase *phases;
    uint32_t phase_count;
    uint64_t core_turns;      /* of the cores' control (workload.h); 0: it was not run */
    const uint64_t *core_ns;  /* what they took, one a hart */
    const struct json_t *own; /* keys of the workload's own: an object whose members the record has too; or NULL */
    const struct outcome_latency *outcomes; /* OUTCOME_COUNT of them; NULL: latency was not measured */
    const struct frame_stats *stats;        /* of the whole run of this row, or NULL for the controls */
    const struct frame_node_stats *nodes;
    uint32_t node_count;        /* 0: not told */
    const struct json_t *facts; /* what only the platform knows: an object whose members the record has too; or NULL */
};

/* Not known. */
#define RECORD_UNKNOWN UINT64_MAX

/* What was found to be wrong, and what it takes to find it again. */
struct stress_violation {
    const char *property, *meaning; /* "P1", and what it demands; "race", "panic" on simulated harts */
    const char *what;
    uint64_t frame; /* RECORD_UNKNOWN: none in particular */
    uint32_t hart;  /* UINT32_MAX: none in particular */
    const char *where, *program;
    const char *history; /* lines: of simulated harts all calls, else the last operations of each hart */
    uint64_t seed;       /* of the trial or execution */
    bool is_schedule;    /* that seed: what it names comes again; if not, harts are as fast as the machine has them */
    const char *replay;  /* the command */
};

/* What a record is of: numbers of trials of a run, or of executions of a search; the first is 0. */
struct stress_range {
    const char *unit; /* "trials", "executions" */
    uint64_t first, last;
    uint64_t seed;          /* of the run, by which each number has its own */
    uint32_t shard, shards; /* every `shards`th part from the `shard`th on, counted from 1; 1 of 1: all */
};

struct stress_record {
    const char *variant, *knobs, *platform;
    const char *setting; /* host: the layout of memory; qemu: architecture and mode; sim: what memory does */
    uint32_t harts;      /* 0: it varies */
    uint64_t seed, operations;
    double seconds;
    const struct stress_violation *violation; /* NULL: all holds */
    struct stress_range range;
    /* For CSV; RECORD_UNKNOWN: not known there. Host: rounds of the trial, arenas plugged in and out. Sim: executions,
     * accesses to memory, arenas likewise. */
    uint64_t rounds, accesses, added, removed;
    const struct frame_stats *stats;
    const struct frame_node_stats *nodes;
    uint32_t node_count;        /* 0: not told */
    const struct json_t *facts; /* as in a bench_record */
};

/* Reads the statistics of all nodes into `nodes` (NODE_MAX of them) and returns how many there are; 0 if there is but
 * one, of which all is said by the other counts, or if arenas were coming or going. */
uint32_t record_read_nodes(struct frame_allocator *allocator, struct frame_node_stats *nodes);

/* Opens a writer on `stream` and writes the provenance line: version, commit and dirty state, compiler and flags,
 * library versions, machine model and topology (hwloc), operating system, command line, and `fdt_summary`, a JSON
 * object in text that says what memory was described (may be NULL), and `machine_model`, which is taken, of simulated
 * harts (NULL: none). NULL with errno if out of memory. */
struct record_writer *record_open(FILE *stream, int argc, char **argv, const char *fdt_summary, json_t *machine_model);
/* Writes an object as a line, and flushes. False with errno. */
bool record_line(FILE *stream, const json_t *object);
/* Each writes one line and flushes. False with errno if the stream failed. Not thread-safe. */
bool record_bench(struct record_writer *writer, const struct bench_record *record);
bool record_stress(struct record_writer *writer, const struct stress_record *record);
/* The keys that a violation and a range have in a record of whomever. NULL if out of memory. */
json_t *record_violation_json(const struct stress_violation *violation);
json_t *record_range_json(const struct stress_range *range);
/* The same as a row of CSV, with columns that are the same on every platform; `head`: their names before it. */
bool record_stress_csv(FILE *out, const struct stress_record *record, bool head);
void record_close(struct record_writer *writer);

#endif
