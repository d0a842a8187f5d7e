// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* One measurement: see guest.h. As in the kernel of ours (stress/qemu/guest/kernel_bench.c): a pass that is not
 * measured, then one that is; and then one beside probes, whose counts are in the record, with what that cost. */
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "options.h"
#include "platform.h"
#include "workload.h"

#define FAIL_BYTES 128u

struct request {
    const char *variant, *knobs, *arch, *workload;
    uint64_t order, harts, harts_most, usable, requests, seed, repeat, lists;
};

/* stress/harness/options.c has floating point, of which there is none in Linux. */
bool option_number(const char *text, uint64_t *value)
{
    uint64_t number = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && number <= (UINT64_MAX - 9) / 10; digit++) {
        number = 10 * number + (uint64_t)(*digit - '0');
    }
    if (digit == text || *digit != '\0') {
        return false;
    }
    *value = number;
    return true;
}

#define LISTS_AS_THEY_ARE UINT64_MAX

/* Cuts words into a request. False if one is none that is known. */
static bool parse(struct request *request, char *words)
{
    const struct {
        const char *key;
        const char **text;
        uint64_t *number;
    } keys[] = {{"variant", &request->variant, NULL},   {"knobs", &request->knobs, NULL},
                {"arch", &request->arch, NULL},         {"workload", &request->workload, NULL},
                {"order", NULL, &request->order},       {"harts", NULL, &request->harts},
                {"most", NULL, &request->harts_most},   {"usable", NULL, &request->usable},
                {"requests", NULL, &request->requests}, {"seed", NULL, &request->seed},
                {"repeat", NULL, &request->repeat},     {"lists", NULL, &request->lists}};
    *request = (struct request){.variant = "", .knobs = "", .arch = "", .workload = "", .lists = LISTS_AS_THEY_ARE};
    for (char *word; (word = strsep(&words, " ")) != NULL;) {
        char *key = strsep(&word, "=");
        bool known = false;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0] && word != NULL && !known; i++) {
            known = strcmp(key, keys[i].key) == 0 && (keys[i].text != NULL || option_number(word, keys[i].number));
            if (known && keys[i].text != NULL) {
                *keys[i].text = word;
            }
        }
        if (!known) {
            guest_print("Bail out! '%s' is no word that the module knows\n", key);
            return false;
        }
    }
    return true;
}

/* The instructions of the measured pass, and of the one beside probes. */
struct instructions {
    uint64_t of[GUEST_HARTS_MAX][WORKLOAD_PHASE_MAX];
};

static bool pass(struct workload *workload, struct instructions *instructions, bool counted)
{
    guest_count(counted);
    bool ran = workload_run(workload);
    guest_count(false);
    if (!ran || workload_failure(workload) != NULL) {
        const struct workload_hart *failed = workload_failure(workload);
        guest_print("not ok - %s of %llu frames: %s %llu\n", workload->choice.kind->name,
                    (unsigned long long)workload->frames,
                    failed != NULL ? "refused at request" : "harts cannot be started, of them",
                    (unsigned long long)(failed != NULL ? failed->failed_at : workload->harts));
        return false;
    }
    for (uint32_t hart = 0; hart < workload->harts; hart++) {
        for (uint32_t phase = 0; phase < WORKLOAD_PHASE_MAX; phase++) {
            instructions->of[hart][phase] = workload->hart[hart].phase_ns[phase];
        }
    }
    return true;
}

static void print_numbers(const char *key, const uint64_t *numbers, uint64_t count, uint64_t stride)
{
    guest_print(",\"%s\":[", key);
    for (uint64_t i = 0; i < count; i++) {
        guest_print("%s%llu", i > 0 ? "," : "", (unsigned long long)numbers[i * stride]);
    }
    guest_print("]");
}

static void print_phases(const struct workload *workload, const struct instructions *plain,
                         const struct instructions *probed)
{
    guest_print(",\"told\":%u,\"phases\":[", guest_told());
    char name[WORKLOAD_TEXT_BYTES];
    for (uint32_t phase = 0; phase < workload_phase_count(workload->choice.kind); phase++) {
        guest_print("%s{\"name\":\"%s\",\"operations\":%llu", phase > 0 ? "," : "",
                    workload_phase_name(&workload->choice, phase, name),
                    (unsigned long long)workload_operations(workload));
        print_numbers("hart_clock", &plain->of[0][phase], workload->harts, WORKLOAD_PHASE_MAX);
        if (probed != NULL) {
            print_numbers("hart_clock_probed", &probed->of[0][phase], workload->harts, WORKLOAD_PHASE_MAX);
        }
        guest_print("}");
    }
    guest_print("]");
}

static void print_head(const struct request *request, const struct workload *workload, bool null)
{
    guest_print("{\"type\":\"bench\",\"variant\":\"%s\",\"knobs\":\"%s\",\"platform\":\"qemu\",\"arch\":\"%s\","
                "\"mode\":\"icount\",\"harts\":%llu,\"cores\":%llu,\"seed\":%llu,\"workload\":\"%s\",\"order\":%llu,"
                "\"frames\":%llu,\"repeat\":%llu",
                null ? "null" : request->variant, null ? "harness=linux" : request->knobs, request->arch,
                (unsigned long long)request->harts, (unsigned long long)guest_hart_count(),
                (unsigned long long)request->seed, workload->choice.kind->name, (unsigned long long)request->order,
                (unsigned long long)workload->frames, (unsigned long long)request->repeat);
    workload_tell(workload, guest_print);
}

static void measure_pages(const struct request *request, struct workload *workload)
{
    static struct instructions plain, probed;
    static uint64_t before[GUEST_HARTS_MAX], after[GUEST_HARTS_MAX];
    struct guest_counts counts;
    guest_allocator_use(GUEST_PAGES, 0);
    if (request->lists != LISTS_AS_THEY_ARE) {
        guest_lists_hold(request->lists);
    }
    if (!pass(workload, &plain, false)) {
        return;
    }
    guest_lists(workload->harts, before);
    if (!pass(workload, &plain, true)) {
        return;
    }
    guest_lists(workload->harts, after);
    if (!guest_counts_begin()) {
        guest_print("Bail out! this kernel lacks tracepoints of its pages\n");
        return;
    }
    bool good = pass(workload, &probed, false);
    guest_counts_end(&counts);
    if (!good) {
        return;
    }
    print_head(request, workload, false);
    print_phases(workload, &plain, &probed);
    print_numbers("lists_before", before, workload->harts, 1);
    print_numbers("lists_after", after, workload->harts, 1);
    guest_print(",\"counts\":{\"zone_pages\":%llu", (unsigned long long)counts.zone_pages);
    if (counts.waits_known) {
        guest_print(",\"zone_waits\":%llu,\"other_waits\":%llu", (unsigned long long)counts.zone_waits,
                    (unsigned long long)counts.other_waits);
    }
    guest_print("}}\n");
}

static void measure_null(const struct request *request, struct workload *workload)
{
    static struct instructions plain;
    guest_allocator_use(GUEST_NULL, 0);
    if (pass(workload, &plain, false) && pass(workload, &plain, true)) {
        print_head(request, workload, true);
        print_phases(workload, &plain, NULL);
        guest_print(",\"counts\":{}}\n");
    }
}

static void log_requests(struct workload *workload)
{
    static struct instructions none;
    guest_allocator_use(GUEST_LOG, 8 * workload->requests);
    if (pass(workload, &none, false)) {
        guest_log_print();
    }
    guest_allocator_use(GUEST_NULL, 0);
}

/* All that a workload needs: memory for its harts, slots, state. False after a line. */
static bool begin(struct workload *workload, const struct request *request)
{
    static struct frame_allocator *const some = (struct frame_allocator *)1; /* not NULL, and never looked at */
    struct workload_choice choice;
    if (!workload_parse(&choice, request->workload, strlen(request->workload)) ||
        request->order > WORKLOAD_ORDER_MOST || request->harts == 0 || request->harts > guest_hart_count() ||
        request->harts > request->harts_most) {
        guest_print("Bail out! the module has no such measurement: %s of order %llu by %llu harts\n", request->workload,
                    (unsigned long long)request->order, (unsigned long long)request->harts);
        return false;
    }
    const struct workload_shape shape = {.usable_frames = request->usable,
                                         .frames = UINT64_C(1) << request->order,
                                         .requests_most = request->requests,
                                         .harts = (uint32_t)request->harts,
                                         .harts_most = (uint32_t)request->harts_most};
    *workload = (struct workload){.choice = choice,
                                  .allocator = some,
                                  .frames = shape.frames,
                                  .align_bytes = FRAME_SIZE << request->order,
                                  .requests = workload_requests(&choice, &shape),
                                  .turns = choice.kind->rounds ? (uint32_t)choice.options[0] : 1,
                                  .harts = shape.harts,
                                  .seed = request->seed};
    uint32_t harts = workload->harts + choice.kind->harts_beside;
    workload->hart = guest_memory(harts * sizeof *workload->hart);
    workload->slots = guest_memory((workload_slots(workload->requests, harts) + 1) * sizeof *workload->slots);
    workload->state = guest_memory(workload_state_bytes(workload) + 1);
    if (workload->requests == 0 || workload->hart == NULL || workload->slots == NULL || workload->state == NULL) {
        guest_print("Bail out! memory is too small for %u harts\n", harts);
        return false;
    }
    return true;
}

void guest_measure(char *words)
{
    struct request request;
    struct workload workload = {.hart = NULL};
    if (!parse(&request, words)) {
        return;
    }
    if (begin(&workload, &request)) {
        if (strcmp(request.variant, "null") == 0) {
            measure_null(&request, &workload);
        } else if (strcmp(request.variant, "log") == 0) {
            log_requests(&workload);
        } else {
            measure_pages(&request, &workload);
        }
    }
    guest_memory_free(workload.hart);
    guest_memory_free(workload.slots);
    guest_memory_free(workload.state);
}
