/* SPDX-License-Identifier: MIT
 * The kernel's parts and what they know of one another.
 *
 * A machine comes up in this order: boot.S (a stack, thread-local storage) -> main.c (memory map from the FDT, then the
 * other harts) -> command.c (what the boot arguments ask for: an allocator, and harts that use it) -> exit. Below it:
 *
 *   ARCH/              all that differs between architectures: boot.S, arch_inline.h, arch.c, link.ld (where it lies)
 *   kernel.ld          what lies where in the image
 *   main.c             from the FDT to the boot arguments
 *   harts.c            starting harts, running a function on all of them, barriers, the asymmetric fence
 *   schedule.c         who runs when: the seed is the schedule
 *   platform.c         core/base/platform.h, for a kernel; platform_inline.h: what of it must cost next to nothing
 *   console.c          lines of text
 *   trap.c             the end of a kernel that did wrong
 *   contract.h         on what the kernel and the command that starts it agree
 *
 * And what it is for:
 *
 *   command.c          boot arguments (kernel_options.h), and the run that they ask for
 *   kernel_stress.c    run=stress: the stress test
 *   kernel_bench.c     run=bench: the workloads, counted
 *   kernel_fault.c     run=fault: a hart stopped in the middle of an operation
 *   kernel_fence.c     run=fence: harts that answer the barrier, or do not
 *   kernel_timer.c     run=timer: an example of a timer's handler that allocates
 *   kernel_life.c      run=life: harts that end in the middle of an operation, and are taken over
 *   kernel_share.c     run=share: patterns of sharing whose transfers are known
 *   kernel_wrong.c     run=trap, overrun: wrong on purpose
 *   kernel_map.c       run=map: the memory map as it was read
 *   kernel_memory.c    how much memory an allocator is given
 *   kernel_audit.c     who owns which frame
 *   record_text.c      records, written to the console */
#ifndef FRAMELAB_QEMU_KERNEL_H
#define FRAMELAB_QEMU_KERNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot_allocator.h"
#include "contract.h"
#include "hart_set.h"
#include "random.h"

#define HART_STACK_BYTES (UINT64_C(32) << 10)
/* At the bottom of a stack lies a word that nobody writes; whoever finds it changed has found an overrun. */
#define STACK_GUARD UINT64_C(0x5afe57ac6a2d0000)
/* On which interrupts are handled, and what their handlers call: the allocator, in a trial also its judge. */
#define TRAP_STACK_BYTES (UINT64_C(16) << 10)

/* A hart. Its first three words are known to boot.S. */
struct kernel_hart {
    _Alignas(CACHE_PAIR) uintptr_t stack_top;
    uintptr_t thread_pointer;
    uintptr_t trap_stack_top;
    uint32_t number;      /* platform_hart_id() */
    uint32_t round;       /* of the work in which it last took part; kept if it leaves and comes again */
    uint64_t hardware_id; /* what the firmware calls it */
    uintptr_t stack_bottom;

    _Alignas(CACHE_PAIR) _Atomic uint32_t online; /* it has come up, and is not stopped for good */
    _Atomic uint64_t fences;                      /* the newest request of harts_fence that it has answered */
    _Atomic uint64_t missed;                      /* the newest one that somebody gave up waiting for */
    struct random random;                         /* of its schedule */
    uint64_t hooks_left;                          /* until it comes to its stop; 0: it does not */
    void (*stop)(void);                           /* what it does then */
    uint64_t waited;                              /* turns since its last progress */
    uint64_t instructions;                        /* that it has executed up to its last rest */
    uint64_t resumed;                             /* the machine's count when it was resumed */
    void (*on_timer)(void *context);              /* what it does when its timer goes off; NULL: nothing */
    void *timer_context;
    struct random timer_random; /* when that will be next */
};

extern struct kernel_hart kernel_harts[HART_MAX];
extern uint32_t kernel_hart_count;
extern _Thread_local struct kernel_hart *kernel_hart; /* the calling one */

/* ARCH/. What C calls of it; arch_inline.h has the rest: ARCH_NAME, ARCH_THREAD_HEADER (bytes between where the thread
 * pointer points and thread-local storage), ARCH_HARTS_COME_AGAIN, arch_mark (a marker of contract.h), and what must be
 * inline. */
struct arch_frame { /* a caller, by the frame pointer of who was called */
    uintptr_t frame, return_address;
};
#include "arch_inline.h"
/* Traps and interrupts of the calling hart from now on. */
void arch_traps_begin(struct kernel_hart *hart);
/* Has a hart start at hart_main; false if the firmware will not. */
bool arch_hart_start(struct kernel_hart *hart);
/* Stops the calling hart for good. */
_Noreturn void arch_hart_stop(void);
/* An interrupt to another hart; to all of them, and maybe to the calling one. */
void arch_poke(const struct kernel_hart *hart);
void arch_poke_all(void);
/* The calling hart's timer goes off once, so many nanoseconds from now; or not any more. With -icount a nanosecond is
 * an instruction. */
void arch_timer_after(uint64_t ns);
void arch_timer_off(void);
void arch_console_put(char c);
/* Ends QEMU with this exit status. */
_Noreturn void arch_exit(int status);

/* main.c */
_Noreturn void kernel_main(uint64_t hardware_id, const void *fdt);
extern struct memory_map kernel_map;
extern struct boot_allocator kernel_boot;

/* harts.c. Brings up the harts of the map, the caller first, and returns how many came. */
uint32_t harts_bring_up(struct memory_map *map, struct boot_allocator *boot);
/* Makes the calling hart `hart`: its thread-local storage, and what lies in it. */
void thread_begin(struct kernel_hart *hart);
/* Where a hart that was brought up begins. */
_Noreturn void hart_main(struct kernel_hart *hart);
/* Panics if the calling hart has overrun its stack. */
void hart_check_stack(void);
/* The calling hart is about to stop: nobody is to wait for it. If it is started again it goes on with the next work. */
void hart_leave(void);
/* The calling hart will not be heard of again, and says so to nobody but harts_run, which does not wait for it: whoever
 * passes the fence finds it silent. Its interrupts are off. */
void hart_fall_silent(void);
/* The timer has gone off, and is off: what hart_interrupts_begin (harness.h) asked for. */
void harts_timer(void);
/* What an inter-processor interrupt is for: answers requests of harts_fence. */
void harts_answer(void);
/* platform_barrier_heavy. */
bool harts_fence(struct hart_set *silent);
/* Sleeps until *word is no longer `value`; whoever changes it pokes the sleeper. */
void hart_sleep_while(const _Atomic uint32_t *word, uint32_t value);
/* The same with interrupts off, giving way and answering nobody, awake; then it answers. */
void hart_mute_while(const _Atomic uint32_t *word, uint32_t value);

/* schedule.c */
enum schedule_mode {
    SCHEDULE_SEEDED, /* one hart at a time (-icount): harts give way at hooks, by a seeded stream of random numbers */
    SCHEDULE_FREE,   /* harts are threads of QEMU (-accel tcg,thread=multi): the host's scheduler decides */
};
void schedule_begin(enum schedule_mode mode, uint64_t seed);
bool schedule_is_seeded(void);
/* DRAIN_TURNS of core/hart_cache.c (platform_inline.h). */
uint32_t schedule_drain_turns(void);
/* The calling hart calls `stop` at its `hook`th hook from now on. */
void schedule_stop_at(uint64_t hook, void (*stop)(void));
/* In waiting loops of any hart: after so many turns without a schedule_progress the machine ends with a report. */
void schedule_expect_progress(uint64_t turns);
void schedule_progress(void);
/* At a hook: gives way now and then. */
void schedule_hook(void);
/* In a waiting loop: gives way, and answers requests of harts_fence. */
void schedule_relax(void);
/* Around a rest of the calling hart: what is executed meanwhile is not its own. */
void schedule_rest(void);
void schedule_resume(void);
/* Instructions that the calling hart has executed; of all harts together unless SCHEDULE_SEEDED. */
uint64_t schedule_instructions(void);

/* command.c: does what the boot arguments say, returns the exit status. */
int command_run(char *bootargs);

/* console.c: one line at a time, whole; the newline is added. */
__attribute__((format(printf, 1, 2))) void console_line(const char *format, ...);
/* A line in pieces, by hart 0 alone. */
__attribute__((format(printf, 1, 2))) void console_print(const char *format, ...);
/* Breaks whatever lock there is: for the last words. */
void console_seize(void);

/* trap.c: says what happened where, with the calls that led there, and ends the machine. */
_Noreturn void trap_panic(uintptr_t pc, uintptr_t frame, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for a hart that waits in vain: KERNEL_VIOLATED, no panic. */
_Noreturn void trap_stuck(uintptr_t frame);

#endif
