/* SPDX-License-Identifier: MIT
 * `framelab report`: what a directory of figures holds, as a page or as LaTeX. Returns the exit status. */
#ifndef FRAMELAB_RESULTS_REPORT_COMMAND_H
#define FRAMELAB_RESULTS_REPORT_COMMAND_H

int report_command(int argc, char **argv);

#endif
