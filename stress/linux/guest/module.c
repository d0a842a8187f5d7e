// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* /proc/framelab: what is written to it asks for a measurement, what is read from it is the record. See guest.h. */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "guest.h"

MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("framelab's workloads on Linux's own pages");

#define WORDS_BYTES 1024u
#define RECORD_BYTES (1u << 20)

static DEFINE_MUTEX(one_at_a_time);
static char *record;
static size_t record_length;

void *guest_memory(uint64_t bytes)
{
    return vzalloc(bytes);
}

void guest_memory_free(void *memory)
{
    vfree(memory);
}

void guest_print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    record_length += vscnprintf(record + record_length, RECORD_BYTES - record_length, format, arguments);
    va_end(arguments);
}

/* For what ours say when an assertion fails. */
void platform_panic(const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vscnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    panic("framelab: %s", text);
}

static ssize_t ask(struct file *file, const char __user *from, size_t bytes, loff_t *at)
{
    char *words;

    if (bytes >= WORDS_BYTES) {
        return -EINVAL;
    }
    words = memdup_user_nul(from, bytes);
    if (IS_ERR(words)) {
        return PTR_ERR(words);
    }
    mutex_lock(&one_at_a_time);
    record_length = 0;
    guest_measure(strim(words));
    mutex_unlock(&one_at_a_time);
    kfree(words);
    return bytes;
}

static ssize_t tell(struct file *file, char __user *to, size_t bytes, loff_t *at)
{
    ssize_t told;

    mutex_lock(&one_at_a_time);
    told = simple_read_from_buffer(to, bytes, at, record, record_length);
    mutex_unlock(&one_at_a_time);
    return told;
}

static const struct proc_ops operations = {.proc_read = tell, .proc_write = ask, .proc_lseek = default_llseek};

static int __init framelab_begin(void)
{
    record = vzalloc(RECORD_BYTES);
    return record && proc_create("framelab", 0600, NULL, &operations) ? 0 : -ENOMEM;
}
module_init(framelab_begin);
