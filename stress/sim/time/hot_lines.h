/* SPDX-License-Identifier: MIT
 * Which cache lines moved most between harts, and for whom. */
#ifndef FRAMELAB_SIM_HOT_LINES_H
#define FRAMELAB_SIM_HOT_LINES_H

#include <jansson.h>

/* An array of {"function", "transfers"}: the lines with the most transfers, the most first, each named by the function
 * that most of them were for. A new reference. */
json_t *hot_lines_json(void);

#endif
