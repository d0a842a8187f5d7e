/* SPDX-License-Identifier: MIT
 * Code addresses as source lines. See place_text.h. */
#include "place_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void chomp(char *line)
{
    line[strcspn(line, "\n")] = '\0';
}

/* The path from the sources' own folder on. */
static const char *short_path(const char *path)
{
    static const char *const folders[] = {"/core/", "/lockfree/", "/baseline/", "/stress/"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const char *found = strstr(path, folders[i]);
        if (found != NULL) {
            return found + 1;
        }
    }
    return path;
}

void place_text(uintptr_t place, char *out, size_t bytes)
{
    char command[128], function[128], line[512];
    (void)snprintf(out, bytes, "0x%llx", (unsigned long long)place);
    /* The address is that after the call: one less lies in its line. */
    (void)snprintf(command, sizeof command, "addr2line -f -e /proc/%ld/exe 0x%llx 2>/dev/null", (long)getpid(),
                   (unsigned long long)place - 1);
    FILE *lines = popen(command, "r");
    if (lines == NULL) {
        return;
    }
    if (fgets(function, sizeof function, lines) != NULL && fgets(line, sizeof line, lines) != NULL) {
        chomp(function);
        chomp(line);
        (void)snprintf(out, bytes, "%s, %s", short_path(line), function);
    }
    (void)pclose(lines);
}
