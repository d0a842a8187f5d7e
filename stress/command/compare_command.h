/* SPDX-License-Identifier: MIT
 * `framelab compare A B`: is B slower than A? How it judges and what it cannot see: results/README.md. */
#ifndef FRAMELAB_RESULTS_COMPARE_COMMAND_H
#define FRAMELAB_RESULTS_COMPARE_COMMAND_H

/* The sub-command; argv[0] names it in messages. The verdict goes to stdout. Returns the exit status: 1 if a row got
 * slower by more than the threshold and significantly so, else 2 for a usage error, a file that cannot be read or of
 * which lines were damaged, or files that share no row, else 0. */
int compare_command(int argc, char **argv);

#endif
