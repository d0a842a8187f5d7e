/* SPDX-License-Identifier: MIT
 * What a program does to the contents of its frames, and how its harts hand frames on: the only part of it that is
 * instrumented, so that the simulator sees these accesses as it sees the allocator's. A frame that is handed out before
 * all accesses of its last owner have happened is then a data race. */
#ifndef FRAMELAB_SIM_CODE_TOUCH_H
#define FRAMELAB_SIM_CODE_TOUCH_H

#include <stdatomic.h>
#include <stdint.h>

void frame_touch_write(uint64_t *word, uint64_t value);
uint64_t frame_touch_read(const uint64_t *word);

/* A counter that only its hart writes, as that hart sees it. */
uint64_t frame_counter_read(const _Atomic uint64_t *counter);

/* A mailbox: left with release, taken with acquire. frame_mail_take: whether there was something. */
void frame_mail_leave(_Atomic uint32_t *box);
uint32_t frame_mail_take(_Atomic uint32_t *box);

#endif
