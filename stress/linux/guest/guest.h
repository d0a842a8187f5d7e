/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 * The workloads in Linux: a module that has them as they are (stress/workload), on Linux's pages in place of an
 * allocator of ours, and the first program, which asks it for one measurement after the other.
 *
 *   init.c        the first program: settles, then a row after the other; its words are on the kernel's command line
 *   module.c      /proc/framelab: a write asks for a measurement, a read gets its record
 *   measure.c     one measurement, from its words to its record; knows nothing of Linux
 *   allocator.c   frame_allocator.h over alloc_pages and __free_pages, with nothing between that is not counted in the
 *                 row of `null`; what Linux counts, by tracepoints; its lists for each CPU
 *   harts.c       harness.h: a hart is a kernel thread, bound to the CPU of its number
 *
 * What is Linux's and what is ours see each other by the functions here, and by core's and the harness's own headers.
 */
#ifndef FRAMELAB_LINUX_GUEST_H
#define FRAMELAB_LINUX_GUEST_H

#ifndef _LINUX_TYPES_H /* it has the same */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#define GUEST_HARTS_MAX 64u

/* allocator.c: what an allocation is. */
enum guest_allocator {
    GUEST_PAGES, /* one of Linux's */
    GUEST_NULL,  /* none: the harness by itself */
    GUEST_LOG,   /* none either: the sequence of requests is what is asked for */
};
void guest_allocator_use(enum guest_allocator allocator, uint64_t log_requests);
/* Prints what each hart has asked for since then: `a` an allocation, `f1.2` the free of hart 1's third one. */
void guest_log_print(void);

/* What Linux's tracepoints tell of the time between the two calls. */
struct guest_counts {
    uint64_t zone_waits;  /* acquisitions of a zone's lock that found it taken; where contention is traced */
    uint64_t other_waits; /* of any other lock */
    uint64_t zone_pages;  /* of 4 KiB, that a zone gave to a CPU's list or took from one, or was asked for itself */
    bool waits_known;
};
bool guest_counts_begin(void);
void guest_counts_end(struct guest_counts *counts);

/* Pages that each CPU has in its lists, of all zones. */
void guest_lists(uint32_t harts, uint64_t *pages);
/* Has each CPU's lists hold `pages` at most, from now on; 0: none, each page passes the zone. */
void guest_lists_hold(uint64_t pages);

/* harts.c; all but the first, and module.c's first are platform.h's, whose types are not for who sees Linux's. */
uint32_t guest_hart_count(void);
uint64_t platform_time_ns(void);
uint32_t platform_hart_id(void);
void platform_relax(void);
/* Whether the plugin is told of phases, whose counts begin anew. At rest. */
void guest_count(bool count);
/* How many lines it has told since then. */
uint32_t guest_told(void);

/* module.c. */
__attribute__((format(printf, 1, 2))) _Noreturn void platform_panic(const char *format, ...);
/* An array of zeroes, or NULL; text for who reads the record. */
void *guest_memory(uint64_t bytes);
void guest_memory_free(void *memory);
__attribute__((format(printf, 1, 2))) void guest_print(const char *format, ...);

/* measure.c: what `words` ask for, a text that is cut up. The record, or a line that says why there is none, is
 * printed. */
void guest_measure(char *words);

#endif
