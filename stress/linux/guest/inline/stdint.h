/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 * The compiler's own; beside Linux's headers, which have the types already, what is not there. */
#ifndef FRAMELAB_LINUX_STDINT_H
#define FRAMELAB_LINUX_STDINT_H

#ifndef _LINUX_TYPES_H
#include <stdint-gcc.h>
#else
#define UINT32_MAX 0xffffffffu
#define UINT64_MAX 0xffffffffffffffffull
#define UINT32_C(number) number##u
#define UINT64_C(number) number##ull
#endif

#endif
