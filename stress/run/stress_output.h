/* SPDX-License-Identifier: MIT
 * What a stress run found, in the format that was asked for. Text is the platform's own; records and rows of CSV are
 * alike. */
#ifndef FRAMELAB_STRESS_STRESS_OUTPUT_H
#define FRAMELAB_STRESS_STRESS_OUTPUT_H

#include "record.h"
#include "stress_plan.h"

struct stress_output {
    const struct stress_plan *plan;
    struct record_writer *writer; /* --format json */
    bool has_rows;                /* --format csv: the columns' names are there */
};

/* Returns an exit status, after a line on stderr if it is not EXIT_STATUS_HOLDS. */
int stress_output_open(struct stress_output *output, const struct stress_plan *plan);
void stress_output_close(struct stress_output *output);

/* As a record, or a row of CSV. False with errno if the stream failed. */
bool stress_output_write(struct stress_output *output, const struct stress_record *record);

/* Where a violation is told to people: beside records, stderr. */
FILE *stress_output_people(const struct stress_output *output);

/* The exit status of a trial that was told of, or could not be (errno): then after a line on stderr. */
int stress_output_status(bool told, bool holds);

#endif
