/* SPDX-License-Identifier: MIT
 * The one door through which Concurrency Kit comes in.
 *
 * 1. ck_md.h of the amd64 package defines CK_MD_TSO. On a weakly ordered machine that would make fences vanish
 *    without a word, so such a build stops here.
 * 2. CK's waiting loops call ck_pr_stall(), a pause instruction. Harts may outnumber cores, so after this header
 *    they call platform_relax(), which in the end lets the hart run that is waited for. Code inside the packaged
 *    library (ck_epoch_synchronize, ck_epoch_barrier) does not see this: do not call it. */
#ifndef FRAMELAB_CORE_CK_H
#define FRAMELAB_CORE_CK_H

#include "atomic.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"

#include <ck_md.h>
#if defined(CK_MD_TSO) && !defined(__x86_64__)
#error "ck_md.h says TSO, but this target is weakly ordered: the wrong architecture's CK headers are on the path"
#endif

#include <ck_pr.h>
#undef ck_pr_stall
#define ck_pr_stall() platform_relax()

#include <ck_epoch.h>
#include <ck_spinlock.h>
#include <ck_stack.h>

#pragma GCC diagnostic pop

/* With a hook before, as those of atomic.h. Their orders are Concurrency Kit's; index.h, 4, and reclaim_epoch.c say
 * what rests on them. */
#define shared_stack_top(stack) shared_call(ck_pr_load_ptr(&(stack)->head))
#define shared_stack_push(stack, entry) shared_call(ck_stack_push_upmc(stack, entry))
#define shared_stack_try_push(stack, entry) shared_call(ck_stack_trypush_upmc(stack, entry))
#define shared_stack_pop_all(stack) shared_call(ck_stack_batch_pop_upmc(stack))
#define shared_epoch_poll(record) shared_call(ck_epoch_poll(record))
#define shared_epoch_load(global) shared_call(ck_pr_load_uint(&(global)->epoch))

#endif
