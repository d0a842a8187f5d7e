/* SPDX-License-Identifier: MIT
 * Lines of text on the machine's serial port. See kernel.h. */
#include <stdio.h>

#include "format_into.h"
#include "kernel.h"

#define LINE_BYTES 512u

static _Atomic uint32_t busy;

static void lock(void)
{
    while (atomic_exchange_explicit(&busy, 1, memory_order_acquire) != 0) {
        schedule_relax();
    }
}

static void unlock(void)
{
    atomic_store_explicit(&busy, 0, memory_order_release);
}

static void put_text(const char *text)
{
    for (; *text != '\0'; text++) {
        arch_console_put(*text);
    }
}

void console_line(const char *format, ...)
{
    char line[LINE_BYTES];
    format_into(line, format);
    lock();
    put_text(line);
    arch_console_put('\n');
    unlock();
}

void console_print(const char *format, ...)
{
    char text[LINE_BYTES];
    format_into(text, format);
    put_text(text);
}

void console_seize(void)
{
    unlock();
}
