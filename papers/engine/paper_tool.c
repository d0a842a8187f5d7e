/* SPDX-License-Identifier: MIT
 * Runs jq and gnuplot. See paper_tool.h. */
#include "paper_tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "subprocess.h"

/* A look now and then is enough: these end by themselves. */
#define WAIT_MS 1000

static const struct {
    char *program, *package;
} tools[] = {{"jq", "jq"}, {"gnuplot", "gnuplot-nox"}};

bool paper_tools_there(char *why, size_t why_bytes)
{
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        char unused[PAPER_WHY_BYTES], version[] = "--version";
        char *argv[] = {tools[i].program, version, NULL};
        if (!paper_tool_run(argv, NULL, unused)) {
            (void)snprintf(why, why_bytes, "there is no %s on this machine (Debian: %s)", tools[i].program,
                           tools[i].package);
            return false;
        }
    }
    return true;
}

/* Copies what the program prints. Of that, `why` keeps jq's first error, or else the last line that is not empty. */
static bool copy_lines(struct subprocess *subprocess, FILE *out, char *why)
{
    char *line;
    bool found = false, good = true;
    enum subprocess_event event;
    while ((event = subprocess_read_line(subprocess, &line, WAIT_MS)) != SUBPROCESS_CLOSED) {
        if (event == SUBPROCESS_LINE && !found && *line != '\0') {
            found = strncmp(line, "jq: error", strlen("jq: error")) == 0;
            (void)snprintf(why, PAPER_WHY_BYTES, "%s", line);
        }
        if (event == SUBPROCESS_LINE && out != NULL) {
            good = fprintf(out, "%s\n", line) >= 0 && good;
        }
    }
    return good;
}

bool paper_tool_run(char *const argv[], const char *out_path, char why[PAPER_WHY_BYTES])
{
    struct subprocess subprocess;
    FILE *out = out_path != NULL ? fopen(out_path, "we") : NULL;
    (void)snprintf(why, PAPER_WHY_BYTES, "%s", argv[0]);
    if ((out_path != NULL && out == NULL) || !subprocess_start(&subprocess, argv, true)) {
        (void)snprintf(why, PAPER_WHY_BYTES, "%s: %s", out_path != NULL && out == NULL ? out_path : argv[0],
                       strerror(errno));
        if (out != NULL) {
            (void)fclose(out);
        }
        return false;
    }
    bool written = copy_lines(&subprocess, out, why);
    if (out != NULL && (fclose(out) != 0 || !written)) {
        (void)snprintf(why, PAPER_WHY_BYTES, "%s: %s", out_path, strerror(errno));
        written = false;
    }
    return subprocess_wait(&subprocess) == 0 && written;
}
