/* SPDX-License-Identifier: MIT
 * Concurrency Kit's machine description for simulated harts: weakly ordered, so that every typed fence is there to be
 * seen; a model of a stronger machine makes those cheap or empty that such a machine does not need. */
#ifndef CK_MD_H
#define CK_MD_H

#define CK_MD_RMO
#define CK_MD_CACHELINE (64)
#define CK_MD_PAGESIZE (4096)
#define CK_MD_RTM_DISABLE
#define CK_MD_LSE_DISABLE
#define CK_MD_POINTER_PACK_DISABLE
#define CK_MD_VMA_BITS 48ULL
#define CK_VERSION "simulated"

#endif
