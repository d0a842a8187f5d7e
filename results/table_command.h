/* SPDX-License-Identifier: MIT
 * `framelab table FILE`: the main job's table. */
#ifndef FRAMELAB_RESULTS_TABLE_COMMAND_H
#define FRAMELAB_RESULTS_TABLE_COMMAND_H

/* Returns an exit status: 0, 1 if lines of the file were refused (the others are shown), 2 for a file or an option that
 * cannot be. */
int table_command(int argc, char **argv);

#endif
