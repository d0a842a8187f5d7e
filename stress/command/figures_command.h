/* SPDX-License-Identifier: MIT
 * `framelab figures`: figures of papers, run, drawn and judged. What a figure is: papers/README.md. */
#ifndef FRAMELAB_RESULTS_FIGURES_COMMAND_H
#define FRAMELAB_RESULTS_FIGURES_COMMAND_H

/* The sub-command; argv[0] names it in messages. Returns the exit status: 0 if every claim has a verdict and holds, or
 * its folder says why it does not; 1 if one does not hold that should, or a run, jq or gnuplot failed; 2 for a usage
 * error or a folder that is not what it must be; 77 without jq or gnuplot, or if nothing could be run here; 130 if it
 * was interrupted, with the runs that had ended kept. */
int figures_command(int argc, char **argv);

#endif
