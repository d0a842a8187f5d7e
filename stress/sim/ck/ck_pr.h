/* SPDX-License-Identifier: MIT
 * Concurrency Kit's primitives for simulated harts: each is one call into the simulator, hence one event. Found on the
 * include path before the packaged header of this name, so that the packaged data structures come as they are.
 *
 * CK's builtins mode would not do: there loads and stores of pointers are plain accesses, fetch-and-store is a loop of
 * compare-and-swaps, the double-width compare-and-swap is missing and every fence is the strongest.
 *
 * Accesses are relaxed. Of the fences, CK says: "In memory models where atomic operations do not have serializing
 * effects, atomic read-modify-write operations are modeled as stores"; they are given here what that asks for and no
 * more, but that a fence before or after an atomic also holds the load that is half of it. */
#ifndef CK_PR_H
#define CK_PR_H

#include <ck_cc.h>
#include <ck_limits.h>
#include <ck_md.h>
#include <ck_stdbool.h>
#include <ck_stdint.h>

/* What stress/sim/engine/port.c answers. Sizes in bytes; orders and operations as in model.h. */
uint64_t sim_ck_load(const void *from, unsigned size);
void sim_ck_store(void *to, uint64_t value, unsigned size);
uint64_t sim_ck_rmw(void *target, unsigned size, unsigned operation, uint64_t operand);
bool sim_ck_cas(void *target, unsigned size, uint64_t expected, uint64_t set, uint64_t *found);
bool sim_ck_cas_2(void *target, const void *expected, const void *set, void *found);
void sim_ck_fence(unsigned order);
void sim_ck_stall(void);

enum { SIM_CK_EXCHANGE = 0, SIM_CK_ADD = 2, SIM_CK_SUB, SIM_CK_AND, SIM_CK_OR, SIM_CK_XOR };
enum { SIM_CK_LOAD_LOAD = 1, SIM_CK_LOAD_STORE = 2, SIM_CK_STORE_STORE = 4, SIM_CK_STORE_LOAD = 8 };

CK_CC_INLINE static void ck_pr_barrier(void)
{
    __asm__ volatile("" ::: "memory");
}

CK_CC_INLINE static void ck_pr_stall(void)
{
    sim_ck_stall();
}

CK_CC_INLINE static void ck_pr_rfo(const void *line)
{
    (void)line;
}

#define SIM_CK_FENCE(NAME, ORDER)                                                                                      \
    CK_CC_INLINE static void ck_pr_fence_##NAME(void)                                                                  \
    {                                                                                                                  \
        sim_ck_fence(ORDER);                                                                                           \
    }                                                                                                                  \
    CK_CC_INLINE static void ck_pr_fence_strict_##NAME(void)                                                           \
    {                                                                                                                  \
        sim_ck_fence(ORDER);                                                                                           \
    }

SIM_CK_FENCE(load, SIM_CK_LOAD_LOAD)
SIM_CK_FENCE(load_store, SIM_CK_LOAD_STORE)
SIM_CK_FENCE(store, SIM_CK_STORE_STORE)
SIM_CK_FENCE(store_load, SIM_CK_STORE_LOAD)
SIM_CK_FENCE(atomic, SIM_CK_STORE_STORE)
SIM_CK_FENCE(atomic_load, SIM_CK_STORE_LOAD | SIM_CK_LOAD_LOAD)
SIM_CK_FENCE(atomic_store, SIM_CK_STORE_STORE | SIM_CK_LOAD_STORE)
SIM_CK_FENCE(store_atomic, SIM_CK_STORE_STORE)
SIM_CK_FENCE(load_atomic, SIM_CK_LOAD_LOAD | SIM_CK_LOAD_STORE)
SIM_CK_FENCE(memory, SIM_CK_LOAD_LOAD | SIM_CK_LOAD_STORE | SIM_CK_STORE_STORE | SIM_CK_STORE_LOAD)
SIM_CK_FENCE(acquire, SIM_CK_LOAD_LOAD | SIM_CK_LOAD_STORE)
SIM_CK_FENCE(release, SIM_CK_LOAD_STORE | SIM_CK_STORE_STORE)
SIM_CK_FENCE(acqrel, SIM_CK_LOAD_LOAD | SIM_CK_LOAD_STORE | SIM_CK_STORE_STORE)
SIM_CK_FENCE(lock, SIM_CK_LOAD_LOAD | SIM_CK_LOAD_STORE)
SIM_CK_FENCE(unlock, SIM_CK_LOAD_STORE | SIM_CK_STORE_STORE)

/* Dependent loads are ordered on every machine that CK knows. */
CK_CC_INLINE static void ck_pr_fence_load_depends(void)
{
    ck_pr_barrier();
}

/* Arguments of these macros are types. NOLINTBEGIN(bugprone-macro-parentheses)
 * S: CK's suffix, M: type of the target's address, T: type of a value, B: bytes. */
#define SIM_CK_UNARY(S, M, T, B, NAME, OPERATION)                                                                      \
    CK_CC_INLINE static void ck_pr_##NAME##_##S(M *target)                                                             \
    {                                                                                                                  \
        (void)sim_ck_rmw(target, B, OPERATION, 1);                                                                     \
    }                                                                                                                  \
    CK_CC_INLINE static bool ck_pr_##NAME##_##S##_is_zero(M *target)                                                   \
    {                                                                                                                  \
        return (T)(uintptr_t)sim_ck_rmw(target, B, OPERATION, 1) == (T)((OPERATION) == SIM_CK_ADD ? -1 : 1);           \
    }                                                                                                                  \
    CK_CC_INLINE static void ck_pr_##NAME##_##S##_zero(M *target, bool *zero)                                          \
    {                                                                                                                  \
        *zero = ck_pr_##NAME##_##S##_is_zero(target);                                                                  \
    }

#define SIM_CK_BINARY(S, M, T, B, NAME, OPERATION)                                                                     \
    CK_CC_INLINE static void ck_pr_##NAME##_##S(M *target, T value)                                                    \
    {                                                                                                                  \
        (void)sim_ck_rmw(target, B, OPERATION, (uint64_t)value);                                                       \
    }

#define SIM_CK_COMMON(S, M, T, B)                                                                                      \
    CK_CC_INLINE static T ck_pr_md_load_##S(const M *target)                                                           \
    {                                                                                                                  \
        return (T)sim_ck_load((const void *)target, B);                                                                \
    }                                                                                                                  \
    CK_CC_INLINE static void ck_pr_md_store_##S(M *target, T value)                                                    \
    {                                                                                                                  \
        sim_ck_store(target, (uint64_t)value, B);                                                                      \
    }                                                                                                                  \
    CK_CC_INLINE static bool ck_pr_cas_##S(M *target, T compare, T set)                                                \
    {                                                                                                                  \
        uint64_t found;                                                                                                \
        return sim_ck_cas(target, B, (uint64_t)compare, (uint64_t)set, &found);                                        \
    }                                                                                                                  \
    CK_CC_INLINE static bool ck_pr_cas_##S##_value(M *target, T compare, T set, M *value)                              \
    {                                                                                                                  \
        uint64_t found;                                                                                                \
        bool swapped = sim_ck_cas(target, B, (uint64_t)compare, (uint64_t)set, &found);                                \
        T old = (T)found;                                                                                              \
        __builtin_memcpy((void *)value, &old, B);                                                                      \
        return swapped;                                                                                                \
    }                                                                                                                  \
    CK_CC_INLINE static T ck_pr_fas_##S(M *target, T value)                                                            \
    {                                                                                                                  \
        return (T)sim_ck_rmw(target, B, SIM_CK_EXCHANGE, (uint64_t)value);                                             \
    }

#define SIM_CK_INTEGER(S, T, B)                                                                                        \
    SIM_CK_COMMON(S, T, T, B)                                                                                          \
    CK_CC_INLINE static T ck_pr_faa_##S(T *target, T value)                                                            \
    {                                                                                                                  \
        return (T)sim_ck_rmw(target, B, SIM_CK_ADD, (uint64_t)value);                                                  \
    }                                                                                                                  \
    SIM_CK_BINARY(S, T, T, B, add, SIM_CK_ADD)                                                                         \
    SIM_CK_BINARY(S, T, T, B, sub, SIM_CK_SUB)                                                                         \
    SIM_CK_BINARY(S, T, T, B, and, SIM_CK_AND)                                                                         \
    SIM_CK_BINARY(S, T, T, B, or, SIM_CK_OR)                                                                           \
    SIM_CK_BINARY(S, T, T, B, xor, SIM_CK_XOR)                                                                         \
    SIM_CK_UNARY(S, T, T, B, inc, SIM_CK_ADD)                                                                          \
    SIM_CK_UNARY(S, T, T, B, dec, SIM_CK_SUB)

SIM_CK_INTEGER(64, uint64_t, 8)
SIM_CK_INTEGER(32, uint32_t, 4)
SIM_CK_INTEGER(16, uint16_t, 2)
SIM_CK_INTEGER(8, uint8_t, 1)
SIM_CK_INTEGER(uint, unsigned int, 4)
SIM_CK_INTEGER(int, int, 4)
SIM_CK_INTEGER(char, char, 1)

/* NOLINTEND(bugprone-macro-parentheses) */

/* Pointers: any object that holds one. */
CK_CC_INLINE static void *ck_pr_md_load_ptr(const void *target)
{
    return (void *)sim_ck_load(target, 8);
}
CK_CC_INLINE static void ck_pr_md_store_ptr(void *target, const void *value)
{
    sim_ck_store(target, (uint64_t)value, 8);
}
CK_CC_INLINE static bool ck_pr_cas_ptr(void *target, void *compare, void *set)
{
    uint64_t found;
    return sim_ck_cas(target, 8, (uint64_t)compare, (uint64_t)set, &found);
}
CK_CC_INLINE static bool ck_pr_cas_ptr_value(void *target, void *compare, void *set, void *value)
{
    uint64_t found;
    bool swapped = sim_ck_cas(target, 8, (uint64_t)compare, (uint64_t)set, &found);
    __builtin_memcpy(value, &found, 8);
    return swapped;
}
CK_CC_INLINE static void *ck_pr_fas_ptr(void *target, void *value)
{
    return (void *)sim_ck_rmw(target, 8, SIM_CK_EXCHANGE, (uint64_t)value);
}

/* Sixteen bytes at once. */
CK_CC_INLINE static bool ck_pr_cas_ptr_2_value(void *target, void *compare, void *set, void *value)
{
    return sim_ck_cas_2(target, compare, set, value);
}
CK_CC_INLINE static bool ck_pr_cas_ptr_2(void *target, void *compare, void *set)
{
    uint64_t found[2];
    return sim_ck_cas_2(target, compare, set, found);
}
CK_CC_INLINE static bool ck_pr_cas_64_2_value(uint64_t target[2], uint64_t compare[2], uint64_t set[2],
                                              uint64_t value[2])
{
    return sim_ck_cas_2(target, compare, set, value);
}
CK_CC_INLINE static bool ck_pr_cas_64_2(uint64_t target[2], uint64_t compare[2], uint64_t set[2])
{
    uint64_t found[2];
    return sim_ck_cas_2(target, compare, set, found);
}

#define SIM_CK_STORE(DST, VAL, S) ck_pr_md_store_##S(((void)sizeof(*(DST) = (VAL)), (DST)), (VAL))
#define ck_pr_store_ptr(DST, VAL) SIM_CK_STORE(DST, VAL, ptr)
#define ck_pr_store_ptr_unsafe(DST, VAL) ck_pr_md_store_ptr((DST), (VAL))
#define ck_pr_store_64(DST, VAL) SIM_CK_STORE(DST, VAL, 64)
#define ck_pr_store_32(DST, VAL) SIM_CK_STORE(DST, VAL, 32)
#define ck_pr_store_16(DST, VAL) SIM_CK_STORE(DST, VAL, 16)
#define ck_pr_store_8(DST, VAL) SIM_CK_STORE(DST, VAL, 8)
#define ck_pr_store_uint(DST, VAL) SIM_CK_STORE(DST, VAL, uint)
#define ck_pr_store_int(DST, VAL) SIM_CK_STORE(DST, VAL, int)
#define ck_pr_store_char(DST, VAL) SIM_CK_STORE(DST, VAL, char)
#define ck_pr_load_ptr(SRC) (CK_CC_TYPEOF(*(SRC), (void *))) ck_pr_md_load_ptr((SRC))
#define ck_pr_load_64(SRC) ck_pr_md_load_64((SRC))
#define ck_pr_load_32(SRC) ck_pr_md_load_32((SRC))
#define ck_pr_load_16(SRC) ck_pr_md_load_16((SRC))
#define ck_pr_load_8(SRC) ck_pr_md_load_8((SRC))
#define ck_pr_load_uint(SRC) ck_pr_md_load_uint((SRC))
#define ck_pr_load_int(SRC) ck_pr_md_load_int((SRC))
#define ck_pr_load_char(SRC) ck_pr_md_load_char((SRC))

/* What CK's data structures ask for before they offer an operation. */
#define CK_F_PR_LOAD_64
#define CK_F_PR_LOAD_32
#define CK_F_PR_LOAD_UINT
#define CK_F_PR_LOAD_PTR
#define CK_F_PR_STORE_64
#define CK_F_PR_STORE_32
#define CK_F_PR_STORE_UINT
#define CK_F_PR_STORE_PTR
#define CK_F_PR_CAS_64
#define CK_F_PR_CAS_64_VALUE
#define CK_F_PR_CAS_32
#define CK_F_PR_CAS_32_VALUE
#define CK_F_PR_CAS_UINT
#define CK_F_PR_CAS_UINT_VALUE
#define CK_F_PR_CAS_PTR
#define CK_F_PR_CAS_PTR_VALUE
#define CK_F_PR_CAS_64_2
#define CK_F_PR_CAS_64_2_VALUE
#define CK_F_PR_CAS_PTR_2
#define CK_F_PR_CAS_PTR_2_VALUE
#define CK_F_PR_FAA_64
#define CK_F_PR_FAA_32
#define CK_F_PR_FAA_UINT
#define CK_F_PR_FAS_64
#define CK_F_PR_FAS_32
#define CK_F_PR_FAS_UINT
#define CK_F_PR_FAS_PTR
#define CK_F_PR_INC_64
#define CK_F_PR_INC_32
#define CK_F_PR_INC_16
#define CK_F_PR_INC_UINT
#define CK_F_PR_DEC_64
#define CK_F_PR_DEC_32
#define CK_F_PR_DEC_UINT
#define CK_F_PR_DEC_UINT_ZERO

#endif
