/* SPDX-License-Identifier: MIT
 * `framelab draw FILE --out DIR`: a record file as pictures, by jq and gnuplot: the figure papers/overview. */
#ifndef FRAMELAB_RESULTS_DRAW_COMMAND_H
#define FRAMELAB_RESULTS_DRAW_COMMAND_H

/* The sub-command; argv[0] names it in messages. The pictures' paths go to stdout. Returns the exit status: 0, 1 if
 * lines of the file were damaged (the others are drawn) or jq or gnuplot failed, 2 for a usage error, a file
 * that cannot be read or a directory that cannot be written, 77 if there is no jq or no gnuplot. */
int draw_command(int argc, char **argv);

#endif
