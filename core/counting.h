/* SPDX-License-Identifier: MIT
 * What is kept of every frame, behind one interface in two rooms: with reference counts (counts.h), or in a build with
 * COUNTS=0 without (counts_none.h). Whoever needs it includes this; here alone is the choice. */
#ifndef FRAMELAB_CORE_COUNTING_H
#define FRAMELAB_CORE_COUNTING_H

#ifdef FRAMELAB_NO_COUNTS
#include "counts_none.h"
#else
#include "counts.h"
#endif

#endif
