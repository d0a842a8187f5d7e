/* SPDX-License-Identifier: MIT
 * Harts on the host: what harts.c offers beyond stress/harness/harness.h. */
#ifndef FRAMELAB_HOST_HARTS_H
#define FRAMELAB_HOST_HARTS_H

#include "harness.h"

/* Cores that harts can run on: the CPUs of the process's affinity mask at its first use. Hart i is pinned to the
 * (i mod cores)-th of them. */
uint32_t harts_cores(void);
/* The operating system's number of the CPU that a hart is pinned to. */
uint32_t harts_cpu(uint32_t hart);

#endif
