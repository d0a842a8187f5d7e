/* SPDX-License-Identifier: MIT
 * Small programs around two bugs of Concurrency Kit 0.7.1, which distributions ship, and around the same code without
 * the bug. Instrumented; a consequence of the bug is reported by explore_fail.
 *
 * 1. ck_stack_batch_pop_mpmc takes all entries and leaves the stack's generation as it was (upstream 7b5d000). A pop
 *    under way may then succeed with a stale next: ABA.
 * 2. ck_epoch_begin loads the epoch without a load fence after it (upstream 1faa673). On a weakly ordered machine the
 *    section's loads may come before that load, so that they return values older than the epoch that the section says
 *    it began in. */
#ifndef FRAMELAB_UNIT_CODE_KNOWN_BUGS_H
#define FRAMELAB_UNIT_CODE_KNOWN_BUGS_H

#include <stdbool.h>
#include <stdint.h>

void code_batch_pop_begin(const void *is_fixed); /* outside of harts */
void code_batch_pop(void *is_fixed, uint32_t hart);
void code_epoch_begin_begin(const void *is_fixed);
void code_epoch_begin(void *is_fixed, uint32_t hart);

#endif
