/* SPDX-License-Identifier: MIT
 * The sub-commands that live in stress/, and what they share. Each takes argc and argv from its own name on, prints
 * data to stdout and everything else to stderr, and returns the exit status. */
#ifndef FRAMELAB_STRESS_COMMANDS_H
#define FRAMELAB_STRESS_COMMANDS_H

#include <argp.h>
#include <stdbool.h>

#include "options.h"
#include "platforms.h"

int bench_command(int argc, char **argv);
int stress_command(int argc, char **argv);
int list_command(int argc, char **argv);
int primitives_command(int argc, char **argv);
int reclaim_command(int argc, char **argv);
int calibrate_command(int argc, char **argv);

/* Prints one line, `framelab bench: ...`, and ends the program with EXIT_STATUS_USAGE. For argp parsers. */
__attribute__((format(printf, 2, 3))) _Noreturn void usage_error(const struct argp_state *state, const char *format,
                                                                 ...);

/* If `key` is an option of `options`, and among `keys` (ends with 0; NULL: any will do), keeps its name in `*first`,
 * unless there is one already: for options that do not go together. */
void option_note(const char **first, const struct argp_option *options, const int *keys, int key);

/* The option --platform; ends the program for one that is not there or not known. */
enum platform_choice require_platform(const struct argp_state *state, const char *name);

/* The option --harts, a list of 1 to HART_MAX; and one that is a count of 1 to `most`. */
void require_harts(const struct argp_state *state, const char *text, struct option_list *harts);
void require_count(const struct argp_state *state, const char *option, const char *text, uint64_t most,
                   uint64_t *count);

/* Prints the records of a file as `framelab table` does: text or csv. Returns its exit status. */
int print_records(enum output_format format, const char *path);

#endif
