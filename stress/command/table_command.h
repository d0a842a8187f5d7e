/* SPDX-License-Identifier: MIT
 * `framelab table FILE`: a record file as the table that the main job is about. */
#ifndef FRAMELAB_RESULTS_TABLE_COMMAND_H
#define FRAMELAB_RESULTS_TABLE_COMMAND_H

/* The sub-command; argv[0] names it in messages. The table goes to stdout. Returns the exit status: 0, 1 if lines of
 * the file were damaged (the others are shown), 2 for a usage error or a file that cannot be read. */
int table_command(int argc, char **argv);

#endif
