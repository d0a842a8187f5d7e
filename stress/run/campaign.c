/* SPDX-License-Identifier: MIT
 * Runs the processes of a campaign and passes their records on. See campaign.h. */
#define _GNU_SOURCE /* memfd_create */
#include "campaign.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exit_status.h"
#include "interrupt.h"
#include "progress.h"
#include "provenance.h"
#include "subprocess.h"

#define PATH_BYTES 4096u
/* How long an interruption may go unnoticed. */
#define LOOK_MS 200
#define TURN "FRAMELAB_TURN"
/* Of ours, behind the command's own. */
#define OWN_ARGUMENTS 12

struct run {
    const struct campaign *campaign;
    FILE *records;
    char id[17];   /* of the campaign; empty before its first provenance line */
    char from[17]; /* of the process's provenance, as it says and as it is passed on */
    char to[17];
    uint32_t block;
    const char *side; /* NULL: none */
    bool spoke;       /* a process had something to say */
};

uint32_t campaign_turn(void)
{
    const char *turn = getenv(TURN);
    return turn != NULL ? (uint32_t)strtoul(turn, NULL, 10) : 0;
}

static bool write_json(FILE *records, const json_t *line)
{
    char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
    bool good = text != NULL && fputs(text, records) >= 0 && putc('\n', records) != EOF && fflush(records) == 0;
    free(text);
    return good;
}

/* The block and the side become part of the provenance, and its id follows. */
static bool pass_provenance(struct run *run, json_t *line)
{
    const char *from = json_string_value(json_object_get(line, "id"));
    (void)snprintf(run->from, sizeof run->from, "%s", from != NULL ? from : "");
    if (run->id[0] == '\0') {
        char text[64];
        (void)snprintf(text, sizeof text, "%s %ld", run->from, (long)getpid());
        (void)snprintf(run->id, sizeof run->id, "%016llx", (unsigned long long)provenance_hash(text));
    }
    json_t *campaign = json_pack("{s:s, s:I}", "id", run->id, "block", (json_int_t)run->block);
    if (run->side != NULL) {
        (void)json_object_set_new(campaign, "side", json_string(run->side));
    }
    (void)json_object_set_new(line, "campaign", campaign);
    json_t *whole = provenance_identify(line);
    const char *to = json_string_value(json_object_get(whole, "id"));
    (void)snprintf(run->to, sizeof run->to, "%s", to != NULL ? to : "");
    bool good = write_json(run->records, whole);
    json_decref(whole);
    return good;
}

/* The repeats of all processes are numbered through; those of `cas`, which every row has, count in their process. */
static bool pass_record(struct run *run, json_t *line)
{
    const char *workload = json_string_value(json_object_get(line, "workload"));
    const char *from = json_string_value(json_object_get(line, "provenance"));
    if (from != NULL && strcmp(from, run->from) == 0) {
        (void)json_object_set_new(line, "provenance", json_string(run->to));
    }
    if (workload == NULL || strcmp(workload, "control") != 0) {
        (void)json_object_set_new(line, "repeat", json_integer((json_int_t)run->block));
    }
    return write_json(run->records, line);
}

/* A record, or what the process has to say, but for its seed: that we gave it. */
static bool pass_line(struct run *run, const char *text)
{
    json_t *line = text[0] == '{' ? json_loads(text, 0, NULL) : NULL;
    const char *type = json_string_value(json_object_get(line, "type"));
    bool good = true;
    if (type != NULL && strcmp(type, "provenance") == 0) {
        good = pass_provenance(run, line);
    } else if (type != NULL) {
        good = pass_record(run, line);
    } else if (strstr(text, ": seed ") == NULL) {
        progress_end();
        run->spoke = true;
        (void)fprintf(stderr, "%s\n", text);
    }
    json_decref(line);
    return good;
}

static int read_process(struct run *run, struct subprocess *process)
{
    char *line;
    enum subprocess_event event = SUBPROCESS_SILENT;
    while (event != SUBPROCESS_CLOSED) {
        event = subprocess_read_line(process, &line, LOOK_MS);
        if (atomic_load_explicit(&interrupted, memory_order_relaxed)) {
            subprocess_stop(process);
            return status_say(run->campaign->name, EXIT_STATUS_INTERRUPTED, "interrupted; what was measured is kept");
        }
        if (event == SUBPROCESS_LINE && !pass_line(run, line)) {
            int error = errno;
            subprocess_stop(process);
            return status_say(run->campaign->name, EXIT_STATUS_VIOLATED, "cannot write a record: %s", strerror(error));
        }
    }
    return subprocess_wait(process);
}

static bool copy_bytes(int from, int to)
{
    char buffer[1 << 16];
    ssize_t got;
    while ((got = read(from, buffer, sizeof buffer)) > 0) {
        for (ssize_t done = 0, put; done < got; done += put) {
            put = write(to, buffer + done, (size_t)(got - done));
            if (put <= 0) {
                return false;
            }
        }
    }
    return got == 0;
}

/* A copy of the binary in memory, for one process: see campaign.h. Not closed by exec: a script is read after that. -1
 * with errno. */
static int copy_binary(const char *binary)
{
    int from = open(binary, O_RDONLY | O_CLOEXEC);
    int copy = from >= 0 ? memfd_create("framelab", 0) : -1;
    if (copy >= 0 && !copy_bytes(from, copy)) {
        (void)close(copy);
        copy = -1;
    }
    if (from >= 0) {
        int error = errno;
        (void)close(from);
        errno = error;
    }
    return copy;
}

/* `BINARY bench`, the command's own options, and what makes it one repeat. */
static int run_process(struct run *run, const char *binary)
{
    const struct campaign *campaign = run->campaign;
    char turn[16], seed[24], path[PATH_BYTES], word[64];
    char *ours[] = {"--repeat", "1", "--format", "json", "--out", "/dev/stdout", "--seed", seed, "--no-latency"};
    size_t count = sizeof ours / sizeof *ours - (run->block < campaign->latency_blocks), at = 0;
    char **argv = calloc((size_t)campaign->argc + OWN_ARGUMENTS, sizeof *argv);
    struct subprocess process;
    int copy = copy_binary(binary);
    if (argv == NULL || copy < 0) {
        free(argv);
        return status_say(campaign->name, EXIT_STATUS_USAGE, "%s: %s", binary, strerror(errno));
    }
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)campaign->seed);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", copy);
    (void)snprintf(word, sizeof word, "%s", strrchr(campaign->name, ' ') + 1);
    (void)snprintf(turn, sizeof turn, "%u", run->block);
    (void)setenv(TURN, turn, 1);
    argv[at++] = path;
    argv[at++] = word;
    for (int i = 1; i < campaign->argc; i++) {
        argv[at++] = campaign->argv[i];
    }
    memcpy(&argv[at], ours, count * sizeof *ours);
    bool started = subprocess_start(&process, argv, true);
    int error = errno;
    free(argv);
    (void)close(copy);
    return started ? read_process(run, &process)
                   : status_say(campaign->name, EXIT_STATUS_USAGE, "%s: %s", binary, strerror(error));
}

int campaign_run(const struct campaign *campaign, FILE *records)
{
    char self[PATH_BYTES];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) {
        return status_say(campaign->name, EXIT_STATUS_USAGE, "/proc/self/exe: %s", strerror(errno));
    }
    self[length] = '\0';
    uint32_t sides = campaign->other != NULL ? 2 : 1;
    struct run run = {.campaign = campaign, .records = records};
    int status = EXIT_STATUS_HOLDS;
    for (uint32_t i = 0; i < campaign->blocks * sides && status == EXIT_STATUS_HOLDS; i++) {
        run.block = i / sides;
        bool other = sides == 2 && (i + run.block) % 2 == 0;
        run.side = sides == 2 ? (other ? "A" : "B") : NULL;
        progress_show(i, campaign->blocks * sides, "block %u of %u%s%s", run.block + 1, campaign->blocks,
                      run.side != NULL ? ", side " : "", run.side != NULL ? run.side : "");
        const char *binary = other ? campaign->other : self;
        status = run_process(&run, binary);
        bool told = run.spoke && sides == 1;
        if (status != EXIT_STATUS_HOLDS && status != EXIT_STATUS_INTERRUPTED && !told) {
            (void)status_say(campaign->name, status, "%s ended with status %d", binary, status);
        }
    }
    progress_end();
    return status;
}
