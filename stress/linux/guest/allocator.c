// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The frame allocator's public interface, as far as workloads use it, over Linux's own: see guest.h. */
/* Linux has types of these names, too. */
#define pfn_t linux_pfn_t
#define phys_addr_t linux_phys_addr_t
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/tracepoint.h>
#include <linux/version.h>
#undef pfn_t
#undef phys_addr_t

#include "frame_allocator.h"
#include "guest.h"
#include "harness.h"

/* As for a page of a program: it may be moved. Who is refused is told so at once. */
#define REQUEST (GFP_HIGHUSER_MOVABLE | __GFP_NOWARN | __GFP_NORETRY)

static enum guest_allocator used;

/* ---- requests that are written down ---- */

#define LOG_FREE (1ull << 63)
#define LOG_HART 32 /* a frame is its hart and, below that, which of the hart's allocations it is */

struct request_log {
    u64 *requests;
    u64 count, allocations;
};
static struct request_log request_logs[GUEST_HARTS_MAX];
static u64 log_room;

void guest_allocator_use(enum guest_allocator allocator, uint64_t log_requests)
{
    u32 i;

    for (i = 0; i < guest_hart_count(); i++) {
        guest_memory_free(request_logs[i].requests);
        request_logs[i] = (struct request_log){NULL};
        if (allocator == GUEST_LOG) {
            request_logs[i].requests = guest_memory(log_requests * sizeof(u64));
        }
    }
    log_room = log_requests;
    used = allocator;
}

static u64 log_request(u64 frame_freed, bool is_free)
{
    u32 hart = raw_smp_processor_id();
    struct request_log *log = &request_logs[hart];
    u64 frame = is_free ? frame_freed : ((u64)hart << LOG_HART) + log->allocations++;

    if (log->requests && log->count < log_room) {
        log->requests[log->count++] = frame | (is_free ? LOG_FREE : 0);
    }
    return frame;
}

void guest_log_print(void)
{
    u32 hart;
    u64 i;

    for (hart = 0; hart < guest_hart_count(); hart++) {
        const struct request_log *log = &request_logs[hart];

        for (i = 0; i < log->count; i++) {
            u64 frame = log->requests[i] & ~LOG_FREE;

            if (i == 0) {
                guest_print("hart %u:", hart);
            }
            if (log->requests[i] & LOG_FREE) {
                guest_print(" f%llu.%llu", frame >> LOG_HART, frame & 0xffffffff);
            } else {
                guest_print(" a");
            }
        }
        if (log->count > 0) {
            guest_print("\n");
        }
    }
}

/* ---- the allocator ---- */

static noinline struct page *other_page(void)
{
    static struct page none;

    if (used == GUEST_LOG) {
        return pfn_to_page(log_request(0, false));
    }
    return &none;
}

static noinline void other_free(struct page *page)
{
    if (used == GUEST_LOG) {
        (void)log_request(page_to_pfn(page), true);
    }
}

static __always_inline enum frame_status get(gfp_t request, unsigned int order, pfn_t *first)
{
    struct page *page = likely(used == GUEST_PAGES) ? alloc_pages(request, order) : other_page();

    if (unlikely(!page)) {
        return FRAME_NO_MEMORY;
    }
    first->value = page_to_pfn(page);
    return FRAME_OK;
}

static __always_inline enum frame_status put(pfn_t first, unsigned int order)
{
    struct page *page = pfn_to_page(first.value);

    if (likely(used == GUEST_PAGES)) {
        __free_pages(page, order);
    } else {
        other_free(page);
    }
    return FRAME_OK;
}

/* Of runs that are a power of two: there are no others here. */
static __always_inline unsigned int order_of(uint64_t frames)
{
    return __builtin_ctzll(frames);
}

enum frame_status frame_alloc_one(struct frame_allocator *fa, pfn_t *frame)
{
    return get(REQUEST, 0, frame);
}

enum frame_status frame_alloc_one_zeroed(struct frame_allocator *fa, pfn_t *frame)
{
    return get(REQUEST | __GFP_ZERO, 0, frame);
}

enum frame_status frame_alloc_contiguous(struct frame_allocator *fa, struct frame_layout layout, struct frame_run *run)
{
    run->count = layout.size_bytes >> PAGE_SHIFT;
    return get(REQUEST, order_of(run->count), &run->first);
}

enum frame_status frame_alloc_contiguous_zeroed(struct frame_allocator *fa, struct frame_layout layout,
                                                struct frame_run *run)
{
    run->count = layout.size_bytes >> PAGE_SHIFT;
    return get(REQUEST | __GFP_ZERO, order_of(run->count), &run->first);
}

enum frame_status frame_free_one(struct frame_allocator *fa, pfn_t frame)
{
    return put(frame, 0);
}

enum frame_status frame_free_run(struct frame_allocator *fa, struct frame_run run)
{
    return put(run.first, order_of(run.count));
}

/* Asked for only by what times each operation, which is not done here. */
void frame_hart_events(const struct frame_allocator *fa, struct frame_hart_events *events)
{
    *events = (struct frame_hart_events){0};
}

/* ---- zones: what Linux itself walks them by is not for modules ---- */

static struct zone *next_zone_of(struct zone *zone)
{
    struct pglist_data *node = zone ? zone->zone_pgdat : NODE_DATA(first_online_node);

    zone = zone ? zone + 1 : node->node_zones;
    while (zone == node->node_zones + MAX_NR_ZONES) {
        int next = next_online_node(node->node_id);

        if (next >= MAX_NUMNODES) {
            return NULL;
        }
        node = NODE_DATA(next);
        zone = node->node_zones;
    }
    return zone;
}

/* ---- counts ---- */

static DEFINE_PER_CPU(struct guest_counts, counts);

static void on_contention(void *data, void *lock, unsigned int flags)
{
    struct zone *zone;

    for (zone = next_zone_of(NULL); zone; zone = next_zone_of(zone)) {
        if (lock == &zone->lock) {
            this_cpu_inc(counts.zone_waits);
            return;
        }
    }
    this_cpu_inc(counts.other_waits);
}

static void on_zone_gives(void *data, struct page *page, unsigned int order, int migratetype, int refill)
{
    this_cpu_add(counts.zone_pages, 1u << order);
}

static void on_zone_takes(void *data, struct page *page, unsigned int order, int migratetype)
{
    this_cpu_add(counts.zone_pages, 1u << order);
}

static struct probe {
    const char *name;
    void *function;
    struct tracepoint *tracepoint;
} probes[] = {{"contention_begin", on_contention},
              {"mm_page_alloc_zone_locked", on_zone_gives},
              {"mm_page_pcpu_drain", on_zone_takes}};

static void find_tracepoint(struct tracepoint *tracepoint, void *data)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(probes); i++) {
        if (strcmp(tracepoint->name, probes[i].name) == 0) {
            probes[i].tracepoint = tracepoint;
        }
    }
}

bool guest_counts_begin(void)
{
    size_t i;
    int cpu;

    for_each_kernel_tracepoint(find_tracepoint, NULL);
    if (!probes[1].tracepoint || !probes[2].tracepoint) {
        return false;
    }
    for_each_online_cpu(cpu)
    {
        *per_cpu_ptr(&counts, cpu) = (struct guest_counts){0};
    }
    for (i = 0; i < ARRAY_SIZE(probes); i++) {
        if (probes[i].tracepoint && tracepoint_probe_register(probes[i].tracepoint, probes[i].function, NULL)) {
            return false;
        }
    }
    return true;
}

void guest_counts_end(struct guest_counts *sum)
{
    size_t i;
    int cpu;

    for (i = 0; i < ARRAY_SIZE(probes); i++) {
        if (probes[i].tracepoint) {
            tracepoint_probe_unregister(probes[i].tracepoint, probes[i].function, NULL);
        }
    }
    tracepoint_synchronize_unregister();
    *sum = (struct guest_counts){.waits_known = probes[0].tracepoint};
    for_each_online_cpu(cpu)
    {
        const struct guest_counts *one = per_cpu_ptr(&counts, cpu);

        sum->zone_waits += one->zone_waits;
        sum->other_waits += one->other_waits;
        sum->zone_pages += one->zone_pages;
    }
}

/* ---- lists ---- */

void guest_lists(uint32_t harts, uint64_t *pages)
{
    struct zone *zone;
    u32 hart;

    for (hart = 0; hart < harts; hart++) {
        pages[hart] = 0;
        for (zone = next_zone_of(NULL); zone; zone = next_zone_of(zone)) {
            pages[hart] += populated_zone(zone) ? READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, hart)->count) : 0;
        }
    }
}

/* Takes what the lists of the calling hart's CPU hold and frees it, past them as far as they are full. */
static void empty_lists(void *context, uint32_t hart)
{
    uint64_t pages[GUEST_HARTS_MAX], left;
    LIST_HEAD(taken);
    struct page *page, *next;

    guest_lists(hart + 1, pages);
    for (left = pages[hart]; left > 0; left--) {
        page = alloc_pages(REQUEST, 0);
        if (!page) {
            break;
        }
        list_add(&page->lru, &taken);
    }
    list_for_each_entry_safe(page, next, &taken, lru)
    {
        __free_pages(page, 0);
    }
}

/* As Linux has it while it takes memory away (zone_pcp_disable), with a batch of a quarter as it has otherwise. */
void guest_lists_hold(uint64_t pages)
{
    struct zone *zone;
    int cpu;

    for (zone = next_zone_of(NULL); zone; zone = next_zone_of(zone)) {
        for_each_possible_cpu(cpu)
        {
            struct per_cpu_pages *lists = per_cpu_ptr(zone->per_cpu_pageset, cpu);

            WRITE_ONCE(lists->batch, max_t(int, pages / 4, 1));
            WRITE_ONCE(lists->high, pages);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
            WRITE_ONCE(lists->high_min, pages);
            WRITE_ONCE(lists->high_max, pages);
#endif
        }
    }
    (void)harts_run(guest_hart_count(), empty_lists, NULL);
}
