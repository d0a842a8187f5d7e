/* SPDX-License-Identifier: MIT
 * The framelab command: finds the sub-command and hands over. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "provenance.h"

static int help_command(int argc, char **argv);

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"bench", bench_command, "measure variants on workloads"},
    {"stress", stress_command, "random operations under the ownership oracle; fails on a violated property"},
    {"fdt", fdt_command, "what a device tree says of memory, and the arenas made of it"},
    {"compare", compare_command, "judge two record files; fails on a regression"},
    {"table", table_command, "a record file as a table"},
    {"draw", draw_command, "a record file as pictures"},
    {"figures", figures_command, "figures of papers: run, drawn beside the published points, and judged"},
    {"report", report_command, "those figures as one page: charts, verdicts, provenance"},
    {"primitives", primitives_command, "measure locks, counters and lists by themselves"},
    {"reclaim", reclaim_command, "measure schemes of memory reclamation by themselves"},
    {"calibrate", calibrate_command, "a machine for simulated harts, with what this host's accesses cost"},
    {"list", list_command, "variants with their knobs, workloads, platforms, properties"},
    {"help", help_command, "what a command takes: framelab help COMMAND"},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static int print_help(FILE *out, int status)
{
    (void)fprintf(out, "Usage: framelab COMMAND [OPTION...]\n"
                       "A laboratory for physical page-frame allocators.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        (void)fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].summary);
    }
    (void)fprintf(out,
                  "\n`framelab COMMAND --help` says what each takes; `framelab --version` what this is.\n"
                  "Exit status: 0 holds, 1 a property or a claim failed, or output was lost, 2 usage, 77 skipped,\n"
                  "124 watchdog, 130 interrupted, with what was measured kept.\n");
    return status;
}

/* argv[1] is the command's name. */
static int run_command(int argc, char **argv)
{
    static char full_name[32]; /* what its messages and its --help call it */
    size_t i = 0;
    while (i < COMMAND_COUNT && strcmp(argv[1], commands[i].name) != 0) {
        i++;
    }
    if (i == COMMAND_COUNT) {
        (void)fprintf(stderr, "framelab: there is no command '%s'; there are", argv[1]);
        for (i = 0; i < COMMAND_COUNT; i++) {
            (void)fprintf(stderr, "%s %s", i > 0 ? "," : "", commands[i].name);
        }
        (void)fputc('\n', stderr);
        return EXIT_STATUS_USAGE;
    }
    (void)snprintf(full_name, sizeof full_name, "framelab %s", commands[i].name);
    argv[1] = full_name;
    stdout_name(full_name);
    return commands[i].run(argc - 1, argv + 1);
}

static int help_command(int argc, char **argv)
{
    static char option[] = "--help";
    char *command[] = {argv[0], argc > 1 ? argv[1] : NULL, option, NULL};
    if (argc > 2) {
        return status_say(argv[0], EXIT_STATUS_USAGE, "one command at a time, '%s' is too many", argv[2]);
    }
    return argc == 1 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0
               ? print_help(stdout, EXIT_STATUS_HOLDS)
               : run_command(3, command);
}

int main(int argc, char **argv)
{
    stdout_check_at_exit("framelab");
    argp_err_exit_status = EXIT_STATUS_USAGE;
    argp_program_version = provenance_version();
    if (argc < 2) {
        return print_help(stderr, EXIT_STATUS_USAGE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
        return print_help(stdout, EXIT_STATUS_HOLDS);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        (void)printf("%s\n", argp_program_version);
        return EXIT_STATUS_HOLDS;
    }
    return run_command(argc, argv);
}
