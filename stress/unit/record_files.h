/* SPDX-License-Identifier: MIT
 * For tests of whatever reads records: small files made on the spot, and sub-commands run with what they print kept. */
#ifndef FRAMELAB_STRESS_UNIT_RECORD_FILES_H
#define FRAMELAB_STRESS_UNIT_RECORD_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_BYTES (256u << 10)
#define LINE_BYTES 4096u

struct file_made {
    char path[64];
};

/* What a test cannot go on without: memory, a file. */
static inline void *needed(void *made)
{
    if (made == NULL) {
        perror("a test needs");
        exit(EXIT_FAILURE);
    }
    return made;
}

static inline struct file_made file_make(const char *text, size_t bytes)
{
    struct file_made made = {"/tmp/framelab-test-XXXXXX"};
    int fd = mkstemp(made.path);
    if (fd < 0 || write(fd, text, bytes) != (ssize_t)bytes || close(fd) != 0) {
        perror("test file");
        exit(EXIT_FAILURE);
    }
    return made;
}

static inline struct file_made file_make_text(const char *text)
{
    return file_make(text, strlen(text));
}

/* A good line of one phase. The caller frees it. */
static inline char *bench_line(const char *variant, const char *phase, unsigned harts, unsigned repeat, uint64_t ns)
{
    char times[512] = "";
    for (unsigned i = 0; i < harts; i++) {
        char time[24];
        snprintf(time, sizeof time, "%s%llu", i > 0 ? "," : "", (unsigned long long)(1000 * ns));
        strncat(times, time, sizeof times - strlen(times) - 1);
    }
    char *line = needed(calloc(1, LINE_BYTES));
    snprintf(line, LINE_BYTES,
             "{\"type\":\"bench\",\"provenance\":\"0\",\"variant\":\"%s\",\"knobs\":\"magazine=64\","
             "\"platform\":\"host\",\"workload\":\"%s\",\"order\":0,\"frames\":1,\"harts\":%u,\"cores\":2,"
             "\"repeat\":%u,\"seed\":1,\"phases\":[{\"name\":\"%s\",\"operations\":1000,\"hart_ns\":[%s],"
             "\"latency_ns\":{\"samples\":10,\"p50\":%llu,\"p99\":200,\"p99.9\":300,\"max\":%llu}}],"
             "\"counts\":null}\n",
             variant, strcmp(variant, "cas") == 0 ? "control" : "bulk", harts, repeat, phase, times,
             (unsigned long long)ns, (unsigned long long)(400 + repeat));
    return line;
}

struct command_output {
    int status; /* -1: killed by a signal */
    char out[OUTPUT_BYTES];
    char err[OUTPUT_BYTES];
};

static inline void read_back(FILE *file, char *text)
{
    rewind(file);
    size_t bytes = fread(text, 1, OUTPUT_BYTES - 1, file);
    text[bytes] = '\0';
    fclose(file);
}

/* Runs a sub-command in a child, since option parsing may exit, and keeps what it printed. */
static inline void run_command(struct command_output *outcome, int (*command)(int argc, char **argv), int argc, ...)
{
    char *argv[16] = {NULL};
    va_list arguments;
    va_start(arguments, argc);
    for (int i = 0; i < argc; i++) {
        argv[i] = va_arg(arguments, char *);
    }
    va_end(arguments);
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(err), STDERR_FILENO);
        int status = command(argc, argv);
        fflush(NULL);
        _exit(status);
    }
    int status = 0;
    waitpid(child, &status, 0);
    outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    read_back(out, outcome->out);
    read_back(err, outcome->err);
}

static inline bool holds(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static inline unsigned count_lines(const char *text)
{
    unsigned lines = 0;
    for (; *text != '\0'; text++) {
        lines += *text == '\n';
    }
    return lines;
}

#endif
