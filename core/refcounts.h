/* SPDX-License-Identifier: MIT
 * What is kept of every frame, behind one interface in two rooms: with reference counts (refcounts_kept.h), or in a
 * build with COUNTS=0 without (refcounts_none.h). Whoever needs it includes this; here alone is the choice. */
#ifndef FRAMELAB_CORE_REFCOUNTS_H
#define FRAMELAB_CORE_REFCOUNTS_H

#ifdef FRAMELAB_NO_COUNTS
#include "refcounts_none.h"
#else
#include "refcounts_kept.h"
#endif

#endif
