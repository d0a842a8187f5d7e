/* SPDX-License-Identifier: MIT
 * See trace.h. Source lines are found by addr2line, one run of it for all addresses. */
#include "trace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform.h"
#include "run.h"

#define COLUMN 8
#define PLACE_BYTES 512u
#define TEXT_BYTES 128u

struct traced {
    struct event event;
    struct memory_found found;
    value_t value;
    uint64_t step;
    uint32_t hart;
};

static struct {
    struct traced *events;
    uint64_t count, capacity;
} trace;

void trace_begin(void)
{
    trace.count = 0;
}

void trace_event(uint32_t hart, const struct event *event, uint64_t step, value_t value,
                 const struct memory_found *found)
{
    if (trace.count == trace.capacity) {
        trace.capacity = trace.capacity == 0 ? 1024 : 2 * trace.capacity;
        trace.events = realloc(trace.events, trace.capacity * sizeof *trace.events);
        if (trace.events == NULL) {
            platform_panic("simulator: no memory for a trace of %llu events", (unsigned long long)trace.capacity);
        }
    }
    trace.events[trace.count++] =
        (struct traced){.event = *event, .found = *found, .value = value, .step = step, .hart = hart};
}

/* ---- places ---- */

/* A path from the sources' own folder on. */
static const char *short_path(const char *path)
{
    static const char *const folders[] = {"/core/", "/lockfree/", "/baseline/", "/stress/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const char *found = strstr(path, folders[i]);
        if (found != NULL) {
            return found + 1;
        }
    }
    return path;
}

/* False at the end. */
static bool read_place(FILE *lines, char *out, size_t bytes)
{
    char function[PLACE_BYTES], line[PLACE_BYTES];
    if (fgets(function, sizeof function, lines) == NULL || fgets(line, sizeof line, lines) == NULL) {
        return false;
    }
    function[strcspn(function, "\n")] = '\0';
    line[strcspn(line, " \n")] = '\0';
    (void)snprintf(out, bytes, "%s, %s", short_path(line), function);
    return true;
}

/* Code of the port and of Concurrency Kit, which is inlined everywhere: who called it is what one wants to know. */
static bool is_inner(const char *place)
{
    static const char *const inner[] = {"stress/sim/ck/", "stress/sim/inline/platform_inline.h", "/include/ck_",
                                        "/spinlock/"};
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        if (strstr(place, inner[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* An event's place is where a call returns to: one less lies in the line of the call. */
void trace_place(uintptr_t place, char *out, size_t bytes)
{
    char command[TEXT_BYTES];
    (void)snprintf(out, bytes, "0x%llx", (unsigned long long)place);
    (void)snprintf(command, sizeof command, "addr2line -i -f -e /proc/%ld/exe 0x%llx 2>/dev/null", (long)getpid(),
                   (unsigned long long)place - 1);
    FILE *lines = popen(command, "r");
    if (lines != NULL) {
        while (read_place(lines, out, bytes) && is_inner(out)) {
        }
        (void)pclose(lines);
    }
}

/* All addresses from a file of them. */
static FILE *open_places(uint64_t from, char *path)
{
    char command[TEXT_BYTES];
    int fd = mkstemp(path);
    FILE *addresses = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (addresses == NULL) {
        return NULL;
    }
    for (uint64_t i = from; i < trace.count; i++) {
        (void)fprintf(addresses, "0x%llx\n", (unsigned long long)trace.events[i].event.place - 1);
    }
    (void)fclose(addresses);
    (void)snprintf(command, sizeof command, "addr2line -f -e /proc/%ld/exe <%s 2>/dev/null", (long)getpid(), path);
    return popen(command, "r");
}

/* ---- events ---- */

static const char *kind_name(const struct event *event)
{
    static const char *const kinds[EVENT_KIND_COUNT] = {"read",  "write", "load",    "store",   "rmw",
                                                        "fence", "relax", "barrier", "prefetch"};
    static const char *const operations[] = {"xchg", "cas", "add", "sub", "and", "or", "xor", "nand"};
    return event->kind == EVENT_RMW ? operations[event->operation] : kinds[event->kind];
}

static void order_text(uint8_t order, char *out, size_t bytes)
{
    if (order == ORDER_RELAXED) {
        (void)snprintf(out, bytes, "%s", "");
        return;
    }
    (void)snprintf(out, bytes, " [%s%s%s%s]", (order & ORDER_LOAD_LOAD) != 0 ? " ll" : "",
                   (order & ORDER_LOAD_STORE) != 0 ? " ls" : "", (order & ORDER_STORE_STORE) != 0 ? " ss" : "",
                   (order & ORDER_STORE_LOAD) != 0 ? " sl" : "");
}

static void value_text(const struct traced *event, char *out, size_t bytes)
{
    unsigned long long value = (unsigned long long)event->value, operand = (unsigned long long)event->event.operand;
    switch (event->event.kind) {
    case EVENT_LOAD:
        (void)snprintf(out, bytes, " = 0x%llx", value);
        break;
    case EVENT_STORE:
        (void)snprintf(out, bytes, " := 0x%llx", operand);
        break;
    case EVENT_RMW:
        if (event->event.operation == RMW_COMPARE && event->value != event->event.expected) {
            (void)snprintf(out, bytes, " = 0x%llx, failed: not 0x%llx", value,
                           (unsigned long long)event->event.expected);
        } else {
            (void)snprintf(out, bytes, " = 0x%llx, by 0x%llx", value, operand);
        }
        break;
    default:
        out[0] = '\0';
        break;
    }
}

static void found_text(const struct memory_found *found, char *out, size_t bytes)
{
    out[0] = '\0';
    if (found->forwarded) {
        (void)snprintf(out, bytes, " its own store of step %llu", (unsigned long long)found->step);
    } else if (found->stale && found->writer == RUN_NOBODY) {
        (void)snprintf(out, bytes, " OLD: from the beginning");
    } else if (found->stale) {
        (void)snprintf(out, bytes, " OLD: hart %u's store of step %llu", found->writer,
                       (unsigned long long)found->step);
    }
}

static void print_event(FILE *out, const struct traced *event, uint32_t harts, const char *place)
{
    char order[TEXT_BYTES], value[TEXT_BYTES], found[TEXT_BYTES];
    order_text(event->event.order, order, sizeof order);
    value_text(event, value, sizeof value);
    found_text(&event->found, found, sizeof found);
    (void)fprintf(out, "%6llu ", (unsigned long long)event->step);
    for (uint32_t hart = 0; hart < harts; hart++) {
        (void)fprintf(out, "%-*s", COLUMN, hart == event->hart ? kind_name(&event->event) : ".");
    }
    if (event->event.address != 0) {
        (void)fprintf(out, " %p/%u", (void *)event->event.address, event->event.size);
    }
    (void)fprintf(out, "%s%s%s  %s\n", value, order, found, place);
}

void trace_print(FILE *out, uint32_t harts, uint64_t most)
{
    char path[] = "/tmp/framelab-trace-XXXXXX", place[PLACE_BYTES];
    uint64_t from = most != 0 && trace.count > most ? trace.count - most : 0;
    FILE *places = open_places(from, path);
    (void)fprintf(out, "  step ");
    for (uint32_t hart = 0; hart < harts; hart++) {
        (void)fprintf(out, "hart %-*u", COLUMN - 5, hart);
    }
    (void)fprintf(out, "\n");
    for (uint64_t i = from; i < trace.count; i++) {
        (void)snprintf(place, sizeof place, "0x%llx", (unsigned long long)trace.events[i].event.place);
        if (places != NULL) {
            (void)read_place(places, place, sizeof place);
        }
        print_event(out, &trace.events[i], harts, place);
    }
    if (places != NULL) {
        (void)pclose(places);
    }
    (void)unlink(path);
}
