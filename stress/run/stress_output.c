/* SPDX-License-Identifier: MIT
 * What a stress run found. See stress_output.h. */
#include "stress_output.h"

#include <errno.h>
#include <string.h>

#include "exit_status.h"

#define NAME "framelab stress"

int stress_output_open(struct stress_output *output, const struct stress_plan *plan)
{
    *output = (struct stress_output){.plan = plan};
    if (plan->format != FORMAT_JSON) {
        return EXIT_STATUS_HOLDS;
    }
    output->writer = record_open(plan->out, plan->argc, plan->argv, NULL, NULL);
    return output->writer != NULL ? EXIT_STATUS_HOLDS : stress_output_status(false, true);
}

void stress_output_close(struct stress_output *output)
{
    if (output->writer != NULL) {
        record_close(output->writer);
    }
}

bool stress_output_write(struct stress_output *output, const struct stress_record *record)
{
    if (output->writer != NULL) {
        return record_stress(output->writer, record);
    }
    bool head = !output->has_rows;
    output->has_rows = true;
    return record_stress_csv(output->plan->out, record, head);
}

FILE *stress_output_people(const struct stress_output *output)
{
    return output->plan->format == FORMAT_TEXT ? output->plan->out : stderr;
}

int stress_output_status(bool told, bool holds)
{
    if (!told) {
        return status_say(NAME, EXIT_STATUS_VIOLATED, "cannot write a record: %s", strerror(errno));
    }
    return holds ? EXIT_STATUS_HOLDS : EXIT_STATUS_VIOLATED;
}
