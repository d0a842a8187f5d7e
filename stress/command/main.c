/* SPDX-License-Identifier: MIT
 * The framelab command: finds the sub-command and hands over. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "compare_command.h"
#include "draw_command.h"
#include "exit_status.h"
#include "fdt_command.h"
#include "figures_command.h"
#include "report_command.h"
#include "table_command.h"

/* The Makefile tells. */
#ifndef FRAMELAB_VERSION
#define FRAMELAB_VERSION "unknown"
#endif

struct command {
    const char *name;
    char *full_name; /* what its messages and its --help call it */
    int (*run)(int argc, char **argv);
    const char *summary;
};

static char names[][24] = {"framelab bench",   "framelab stress",    "framelab fdt",     "framelab compare",
                           "framelab table",   "framelab draw",      "framelab list",    "framelab primitives",
                           "framelab figures", "framelab calibrate", "framelab reclaim", "framelab report"};

static const struct command commands[] = {
    {"bench", names[0], bench_command, "measure variants on workloads"},
    {"stress", names[1], stress_command, "random operations under the ownership oracle; fails on a violated property"},
    {"fdt", names[2], fdt_command, "what a device tree says of memory, and the arenas made of it"},
    {"compare", names[3], compare_command, "judge two record files; fails on a regression"},
    {"table", names[4], table_command, "a record file as a table"},
    {"draw", names[5], draw_command, "a record file as pictures"},
    {"figures", names[8], figures_command, "figures of papers: run, drawn beside the published points, and judged"},
    {"report", names[11], report_command, "those figures as one page: charts, verdicts, provenance"},
    {"primitives", names[7], primitives_command, "measure locks, counters and lists by themselves"},
    {"reclaim", names[10], reclaim_command, "measure schemes of memory reclamation by themselves"},
    {"calibrate", names[9], calibrate_command, "a machine for simulated harts, with what this host's accesses cost"},
    {"list", names[6], list_command, "variants with their knobs, workloads, platforms, properties"},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static int print_help(FILE *out, int status)
{
    (void)fprintf(out, "Usage: framelab COMMAND [OPTION...]\n"
                       "A laboratory for physical page-frame allocators.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        (void)fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].summary);
    }
    (void)fprintf(out, "\n`framelab COMMAND --help` says what each takes; `framelab --version` what this is.\n"
                       "Exit status: 0 holds, 1 a property or a claim failed, 2 usage, 77 skipped, 124 watchdog,\n"
                       "130 interrupted, with what was measured kept.\n");
    return status;
}

int main(int argc, char **argv)
{
    argp_err_exit_status = EXIT_STATUS_USAGE;
    argp_program_version = "framelab " FRAMELAB_VERSION;
    if (argc < 2) {
        return print_help(stderr, EXIT_STATUS_USAGE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 || strcmp(argv[1], "help") == 0) {
        return print_help(stdout, EXIT_STATUS_HOLDS);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        (void)printf("%s\n", argp_program_version);
        return EXIT_STATUS_HOLDS;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            argv[1] = commands[i].full_name;
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    (void)fprintf(stderr, "framelab: there is no command '%s'; see framelab --help\n", argv[1]);
    return EXIT_STATUS_USAGE;
}
