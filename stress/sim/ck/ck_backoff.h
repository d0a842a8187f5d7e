/* SPDX-License-Identifier: MIT
 * Concurrency Kit's exponential backoff for simulated harts. The packaged one counts in a loop that touches no memory,
 * which would take no simulated time; here each turn is one ck_pr_stall, and so many fewer turns are needed. */
#ifndef CK_BACKOFF_H
#define CK_BACKOFF_H

#include <ck_cc.h>
#include <ck_pr.h>

#define CK_BACKOFF_INITIALIZER (1 << 2)
#define CK_BACKOFF_CEILING ((1 << 10) - 1)

typedef unsigned int ck_backoff_t;

CK_CC_INLINE static void ck_backoff_eb(unsigned int *turns)
{
    for (unsigned int i = 0; i < *turns; i++) {
        ck_pr_stall();
    }
    *turns <<= *turns < CK_BACKOFF_CEILING;
}

#endif
