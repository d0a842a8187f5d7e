/* SPDX-License-Identifier: MIT
 * jq and gnuplot, which make and draw what figures show, run as programs. */
#ifndef FRAMELAB_RESULTS_PAPER_TOOL_H
#define FRAMELAB_RESULTS_PAPER_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#define PAPER_WHY_BYTES 512u

/* Whether both are on this machine; if not, `why` says which is not and which Debian package has it. */
bool paper_tools_there(char *why, size_t why_bytes);

/* Runs a program to its end and keeps what it prints in the file `out_path`; NULL: not at all. False if it could not be
 * run, ended with an error, or the file cannot be written; `why` then has the line that says so. */
bool paper_tool_run(char *const argv[], const char *out_path, char why[PAPER_WHY_BYTES]);

#endif
