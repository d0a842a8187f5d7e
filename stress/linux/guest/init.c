/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 * The first program of a Linux that measures: mounts what it needs, lets the kernel come to rest, then has the module
 * (module.c) make one measurement after the other, and writes the records to the console. Or runs a program in place of
 * measurements.
 *
 * What is asked for stands on the kernel's command line behind `--`, which the kernel passes on: words `key=value`.
 *
 *   variant=TEXT knobs=TEXT arch=TEXT seed=N requests=N usable=N repeat=N [lists=N]   passed on to the module
 *   workload=A,B harts=1,2 order=0,9      lists: a measurement of each combination, harts the fastest
 *   null=1                                also of the harness by itself
 *   log=1                                 in place of all that, the sequences of requests
 *   symbols=1                             neither, but where the kernel's functions lie, and the module's
 *   fraction=N                            vm.percpu_pagelist_high_fraction
 *   settle=N                              seconds of the guest's clock to wait first, which cost nothing while it idles
 *
 * The end is a powered-off machine. What went wrong is a line that begins with `Bail out! `. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define WORDS_BYTES 1024

static int argument_count;
static char **arguments;

static const char *argument(const char *key, const char *otherwise)
{
    size_t length = strlen(key);
    for (int i = 1; i < argument_count; i++) {
        if (strncmp(arguments[i], key, length) == 0 && arguments[i][length] == '=') {
            return arguments[i] + length + 1;
        }
    }
    return otherwise;
}

static _Noreturn void end(void)
{
    (void)fflush(stdout);
    (void)tcdrain(STDOUT_FILENO);
    sync();
    (void)reboot(RB_POWER_OFF);
    for (;;) {
        (void)pause();
    }
}

__attribute__((format(printf, 1, 2))) static _Noreturn void bail_out(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)printf("Bail out! ");
    (void)vprintf(format, list);
    (void)printf("\n");
    va_end(list);
    end();
}

static void begin(void)
{
    static const struct {
        const char *type, *place;
    } mounts[] = {{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tracefs", "/sys/kernel/tracing"}};
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        (void)mkdir(mounts[i].place, 0755);
        (void)mount(mounts[i].type, mounts[i].place, mounts[i].type, 0, NULL);
    }
    int console = open("/dev/console", O_RDWR);
    struct termios terminal;
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        (void)dup2(console, fd);
    }
    if (tcgetattr(STDOUT_FILENO, &terminal) == 0) {
        terminal.c_oflag &= (tcflag_t)~OPOST; /* no carriage returns */
        (void)tcsetattr(STDOUT_FILENO, TCSANOW, &terminal);
    }
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        bail_out("%s: %s", path, strerror(errno));
    }
    (void)close(fd);
}

static void load_module(const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0) {
        bail_out("the module: %s", strerror(errno));
    }
    (void)close(fd);
}

/* One measurement: the record comes with its newline. */
static void ask(const char *words)
{
    write_file("/proc/framelab", words);
    char buffer[4096];
    int fd = open("/proc/framelab", O_RDONLY);
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) {
        (void)fwrite(buffer, 1, (size_t)got, stdout);
    }
    (void)close(fd);
    (void)fflush(stdout);
    (void)tcdrain(STDOUT_FILENO); /* nothing is measured beside the console */
}

static void measure(const char *variant, const char *workload, const char *order, const char *harts)
{
    static const char *const passed[] = {"seed", "requests", "usable", "repeat", "lists", NULL};
    char words[WORDS_BYTES], most[16] = "1";
    const char *list = argument("harts", "1");
    for (const char *at = list; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
        if (atoi(at) > atoi(most)) {
            (void)snprintf(most, sizeof most, "%d", atoi(at));
        }
    }
    int used = snprintf(words, sizeof words, "variant=%s knobs=%s arch=%s workload=%s order=%s harts=%s most=%s",
                        variant, argument("knobs", ""), argument("arch", ""), workload, order, harts, most);
    for (size_t i = 0; passed[i] != NULL; i++) {
        const char *value = argument(passed[i], NULL);
        if (value != NULL && used > 0 && used < WORDS_BYTES) {
            used += snprintf(words + used, (size_t)(WORDS_BYTES - used), " %s=%s", passed[i], value);
        }
    }
    if (used < 0 || used >= WORDS_BYTES) {
        bail_out("more words than a measurement takes");
    }
    ask(words);
}

/* Calls `each` with every item of a list. */
static void measure_rows(const char *variant)
{
    char *workloads = strdup(argument("workload", "bulk")), *workload;
    while ((workload = strsep(&workloads, ",")) != NULL) {
        char *orders = strdup(argument("order", "0")), *order;
        while ((order = strsep(&orders, ",")) != NULL) {
            char *harts = strdup(argument("harts", "1")), *hart;
            while ((hart = strsep(&harts, ",")) != NULL) {
                if (argument("null", NULL) != NULL) {
                    measure("null", workload, order, hart);
                }
                measure(variant, workload, order, hart);
            }
        }
    }
}

/* Lines as nm has them, of code alone. */
static void print_symbols(void)
{
    char line[512], type;
    FILE *symbols = fopen("/proc/kallsyms", "re");
    while (symbols != NULL && fgets(line, sizeof line, symbols) != NULL) {
        if (sscanf(line, "%*s %c", &type) == 1 && strchr("tTwW", type) != NULL) {
            (void)fputs(line, stdout);
        }
    }
}

int main(int argc, char **argv)
{
    argument_count = argc;
    arguments = argv;
    begin();
    const char *fraction = argument("fraction", NULL);
    if (fraction != NULL) {
        write_file("/proc/sys/vm/percpu_pagelist_high_fraction", fraction);
    }
    load_module("/framelab.ko");
    if (argument("symbols", NULL) != NULL) {
        print_symbols();
        end();
    }
    (void)sleep((unsigned)atoi(argument("settle", "20")));
    measure_rows(argument("log", NULL) != NULL ? "log" : argument("variant", "linux"));
    end();
}
