/* SPDX-License-Identifier: MIT
 * Fibres. The switch saves what the architecture's calling convention says that a function preserves (x86-64: System V,
 * with the control words of both floating-point units; aarch64: AAPCS64), since to the compiler it is a function call.
 */
#include "fibre.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void sim_fibre_swap(void **save, void *load);

#if defined(__x86_64__)
#define SAVED_BYTES 64u
#define ENTRY_MISALIGNMENT 8u /* of the stack pointer when a function begins: the return address was pushed */
#define ENTRY_SLOT 7u /* words from the stack pointer: mxcsr and fcw, r15, r14, r13, r12, rbx, rbp, return address */
__asm__(".text\n"
        ".globl sim_fibre_swap\n"
        ".type sim_fibre_swap, @function\n"
        "sim_fibre_swap:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    subq $8, %rsp\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    addq $8, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size sim_fibre_swap, .-sim_fibre_swap\n");

static void set_control_words(uint64_t *frame)
{
    uint32_t mxcsr;
    uint16_t fcw;
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(fcw));
    frame[0] = (uint64_t)fcw << 32 | mxcsr;
}
#elif defined(__aarch64__)
#define SAVED_BYTES 160u
#define ENTRY_MISALIGNMENT 0u
#define ENTRY_SLOT 11u /* words: x19 .. x28, x29, x30 */
__asm__(".text\n"
        ".globl sim_fibre_swap\n"
        ".type sim_fibre_swap, %function\n"
        "sim_fibre_swap:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size sim_fibre_swap, .-sim_fibre_swap\n");

static void set_control_words(uint64_t *frame)
{
    (void)frame;
}
#else
#error "stress/sim has no fibre switch for this architecture: add one here, or build with SIM=0"
#endif

bool fibre_make(struct fibre *fibre, size_t stack_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *whole =
        mmap(NULL, stack_bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (whole == MAP_FAILED) {
        return false;
    }
    if (mprotect(whole, page, PROT_NONE) != 0) {
        (void)munmap(whole, stack_bytes + page);
        return false;
    }
    *fibre = (struct fibre){.stack = whole + page, .stack_bytes = stack_bytes};
    return true;
}

void fibre_start(struct fibre *fibre, void (*entry)(void))
{
    uintptr_t top = ((uintptr_t)fibre->stack + fibre->stack_bytes - 64) & ~(uintptr_t)15;
    uint64_t *frame = (uint64_t *)(top - ENTRY_MISALIGNMENT - SAVED_BYTES);
    memset(frame, 0, SAVED_BYTES + ENTRY_MISALIGNMENT); /* the frame pointer is 0: a backtrace ends here */
    set_control_words(frame);
    frame[ENTRY_SLOT] = (uint64_t)(uintptr_t)entry;
    fibre->stack_pointer = frame;
}

void fibre_switch(struct fibre *from, struct fibre *to)
{
    sim_fibre_swap(&from->stack_pointer, to->stack_pointer);
}
