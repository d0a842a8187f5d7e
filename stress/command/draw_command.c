/* SPDX-License-Identifier: MIT
 * `framelab draw`: writes the data and the scripts (figure.c), then lets gnuplot make the pictures. */
#include "draw_command.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exit_status.h"
#include "figure.h"

#define FIGURES_MAX 256u
#define FIGURE_NAME_MAX 96u

struct draw_options {
    const char *path;
    const char *directory;
};

struct drawing {
    const struct draw_options *options;
    struct figures figures;
    char names[FIGURES_MAX][FIGURE_NAME_MAX]; /* of the scripts written */
    size_t name_count;
    FILE *log;
};

/* ---- Files ---------------------------------------------------------------------------------------------------- */

static bool complain(const struct drawing *drawing, const char *name)
{
    fprintf(drawing->log, "framelab: %s/%s: %s\n", drawing->options->directory, name, strerror(errno));
    return false;
}

/* Makes the directory with all that are above it. */
static bool make_directories(const char *path)
{
    char part[4096];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part) {
        errno = length == 0 ? ENOENT : ENAMETOOLONG;
        return false;
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            part[i] = '\0';
            if (mkdir(part, 0777) != 0 && errno != EEXIST) {
                return false;
            }
            part[i] = path[i];
        }
    }
    return true;
}

static FILE *open_file(const struct drawing *drawing, const char *name)
{
    char path[4096 + FIGURE_NAME_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", drawing->options->directory, name);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return fopen(path, "w");
}

static bool close_file(FILE *file)
{
    bool good = ferror(file) == 0;
    return fclose(file) == 0 && good;
}

/* ---- Data and scripts ----------------------------------------------------------------------------------------- */

/* A picture's name: what it shows, the platform if not the host, the setting if not the default. */
static void section_suffix(const struct row_key *key, char *suffix, size_t suffix_bytes)
{
    size_t length = 0;
    const char *parts[] = {strcmp(key->platform, "host") == 0 ? "" : key->platform, key->setting};
    for (size_t i = 0; i < 2; i++) {
        bool dash = true;
        for (const char *c = parts[i]; *c != '\0' && length + 2 < suffix_bytes; c++) {
            bool plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z');
            if (plain && dash) {
                suffix[length++] = '-';
            }
            if (plain) {
                suffix[length++] = *c;
            }
            dash = !plain;
        }
    }
    suffix[length] = '\0';
}

/* Registers a picture and opens its script, or returns NULL with errno. Names that two sections share get a number. */
static FILE *open_script(struct drawing *drawing, const char *what, const char *suffix)
{
    if (drawing->name_count == FIGURES_MAX) {
        errno = EMFILE;
        return NULL;
    }
    char *name = drawing->names[drawing->name_count];
    size_t number = 1;
    bool taken = true;
    for (; taken; number++) {
        char count[24] = "";
        if (number > 1) {
            snprintf(count, sizeof count, "-%zu", number);
        }
        snprintf(name, FIGURE_NAME_MAX - 8, "%s%s%s", what, suffix, count);
        taken = false;
        for (size_t i = 0; i < drawing->name_count; i++) {
            taken = taken || strcmp(drawing->names[i], name) == 0;
        }
    }
    drawing->name_count++;
    char file[FIGURE_NAME_MAX + 8];
    snprintf(file, sizeof file, "%s.gp", name);
    return open_file(drawing, file);
}

static const char *last_name(const struct drawing *drawing)
{
    return drawing->names[drawing->name_count - 1];
}

static bool write_latencies(struct drawing *drawing, struct panel_range section, const char *suffix)
{
    const struct figures *figures = &drawing->figures;
    for (size_t i = section.from; i < section.end; i++) {
        uint64_t frames = panel_key(figures, i)->frames;
        bool seen = !section_has_latency(figures, (struct panel_range){i, i + 1});
        for (size_t k = section.from; !seen && k < i; k++) {
            seen =
                panel_key(figures, k)->frames == frames && section_has_latency(figures, (struct panel_range){k, k + 1});
        }
        if (seen) {
            continue;
        }
        char what[48];
        snprintf(what, sizeof what, series_order(frames) >= 0 ? "latency-order-%llu" : "latency-frames-%llu",
                 series_order(frames) >= 0 ? (unsigned long long)series_order(frames) : (unsigned long long)frames);
        FILE *file = open_script(drawing, what, suffix);
        if (file == NULL) {
            return complain(drawing, what);
        }
        write_latency(figures, section, frames, last_name(drawing), file);
        if (!close_file(file)) {
            return complain(drawing, what);
        }
    }
    return true;
}

static bool write_section(struct drawing *drawing, struct panel_range section)
{
    char suffix[FIGURE_NAME_MAX / 2];
    section_suffix(panel_key(&drawing->figures, section.from), suffix, sizeof suffix);
    FILE *file = open_script(drawing, "throughput", suffix);
    if (file == NULL) {
        return complain(drawing, "throughput");
    }
    write_throughput(&drawing->figures, section, last_name(drawing), file);
    return close_file(file) ? write_latencies(drawing, section, suffix) : complain(drawing, "throughput");
}

/* The overview shows the first section that has both variants, or else the first. */
static bool write_story(struct drawing *drawing)
{
    const struct figures *figures = &drawing->figures;
    struct panel_range story = figures_section(figures, 0);
    struct panel_range section = story;
    while (!section_has_ratio(figures, story) && section.end < figures->panel_count) {
        section = figures_section(figures, section.end);
        story = section_has_ratio(figures, section) ? section : story;
    }
    FILE *data = open_file(drawing, "data/ratio.tsv");
    if (data == NULL) {
        return complain(drawing, "data/ratio.tsv");
    }
    write_ratio_data(figures, story, data);
    FILE *file = close_file(data) ? open_script(drawing, "overview", "") : NULL;
    if (file == NULL) {
        return complain(drawing, "overview.gp");
    }
    write_overview(figures, story, last_name(drawing), file);
    return close_file(file) || complain(drawing, "overview.gp");
}

static bool write_all(struct drawing *drawing)
{
    FILE *data = open_file(drawing, "data/series.tsv");
    if (data == NULL) {
        return complain(drawing, "data/series.tsv");
    }
    write_series_data(&drawing->figures, data);
    bool good = close_file(data) ? write_story(drawing) : complain(drawing, "data/series.tsv");
    for (size_t from = 0; good && from < drawing->figures.panel_count;) {
        struct panel_range section = figures_section(&drawing->figures, from);
        good = write_section(drawing, section);
        from = section.end;
    }
    return good;
}

/* ---- gnuplot -------------------------------------------------------------------------------------------------- */

/* In the child: never returns. 127 means that there is no gnuplot. */
static _Noreturn void become_gnuplot(const char *directory, const char *format, const char *script)
{
    char setting[32];
    char file[FIGURE_NAME_MAX + 8];
    snprintf(setting, sizeof setting, "format=\"%s\"", format);
    snprintf(file, sizeof file, "%s.gp", script);
    (void)dup2(STDERR_FILENO, STDOUT_FILENO); /* what gnuplot says is not data */
    if (chdir(directory) == 0) {
        (void)execlp("gnuplot", "gnuplot", "-e", setting, file, (char *)NULL);
    }
    _exit(errno == ENOENT ? 127 : 126);
}

static int run_gnuplot(const struct drawing *drawing, const char *format, const char *script)
{
    pid_t child = fork();
    if (child == 0) {
        become_gnuplot(drawing->options->directory, format, script);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (child < 0) {
        (void)complain(drawing, script);
        return EXIT_STATUS_USAGE;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        fprintf(drawing->log,
                "framelab: draw: there is no gnuplot on this machine (Debian: gnuplot-nox); "
                "%s has the scripts and their data\n",
                drawing->options->directory);
        return EXIT_STATUS_SKIPPED;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(drawing->log, "framelab: draw: gnuplot failed on %s/%s.gp\n", drawing->options->directory, script);
        return EXIT_STATUS_VIOLATED;
    }
    return EXIT_STATUS_HOLDS;
}

static int draw_all(const struct drawing *drawing, FILE *out)
{
    static const char *const formats[] = {"svg", "png"};
    for (size_t i = 0; i < drawing->name_count; i++) {
        for (size_t f = 0; f < 2; f++) {
            int status = run_gnuplot(drawing, formats[f], drawing->names[i]);
            if (status != EXIT_STATUS_HOLDS) {
                return status;
            }
            fprintf(out, "%s/%s.%s\n", drawing->options->directory, drawing->names[i], formats[f]);
        }
    }
    return fflush(out) == 0 ? EXIT_STATUS_HOLDS : EXIT_STATUS_USAGE;
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

static int draw_layout(struct drawing *drawing, const struct layout *layout, const struct record_file *file, FILE *out)
{
    char data[4096 + 8];
    snprintf(data, sizeof data, "%s/data", drawing->options->directory);
    if (layout->row_count == 0) {
        fprintf(drawing->log, "framelab: %s: holds controls only, nothing to draw\n", drawing->options->path);
        return EXIT_STATUS_USAGE;
    }
    if (!make_directories(data)) {
        (void)complain(drawing, "data");
        return EXIT_STATUS_USAGE;
    }
    if (!figures_init(&drawing->figures, layout, file)) {
        fprintf(drawing->log, "framelab: draw: %s\n", strerror(ENOMEM));
        return EXIT_STATUS_USAGE;
    }
    int status = write_all(drawing) ? draw_all(drawing, out) : EXIT_STATUS_USAGE;
    figures_free(&drawing->figures);
    return status;
}

static int draw_run(const struct draw_options *options, FILE *out, FILE *log)
{
    struct drawing *drawing = calloc(1, sizeof *drawing);
    struct record_file file;
    struct series_list list = {0};
    struct layout layout = {0};
    int status = EXIT_STATUS_USAGE;
    enum records_status read = record_file_read(&file, options->path, log);
    if (read != RECORDS_UNREADABLE && !record_file_has_times(&file, log)) {
        read = RECORDS_UNREADABLE;
    }
    if (drawing == NULL ||
        (read != RECORDS_UNREADABLE && !(series_build(&list, &file) && layout_build(&layout, &list)))) {
        fprintf(log, "framelab: draw: %s\n", strerror(ENOMEM));
    } else if (read != RECORDS_UNREADABLE) {
        drawing->options = options;
        drawing->log = log;
        status = draw_layout(drawing, &layout, &file, out);
    }
    if (status == EXIT_STATUS_HOLDS && read == RECORDS_DAMAGED) {
        status = EXIT_STATUS_VIOLATED;
    }
    layout_free(&layout);
    series_free(&list);
    record_file_free(&file);
    free(drawing);
    return status;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct draw_options *options = state->input;
    switch (key) {
    case 'o':
        options->directory = text;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_error(state, "one FILE at a time, '%s' is too many", text);
        }
        options->path = text;
        return 0;
    case ARGP_KEY_END:
        if (options->path == NULL || options->directory == NULL) {
            argp_error(state, options->path == NULL ? "which FILE of records?" : "--out DIR is missing");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int draw_command(int argc, char **argv)
{
    static const struct argp_option option_list[] = {
        {"out", 'o', "DIR", 0, "the directory for pictures, scripts and data; made if need be", 0}, {0}};
    static const struct argp parser = {
        option_list,
        parse_option,
        "FILE",
        "Draws a file of bench records with gnuplot, as SVG and PNG: an overview, throughput against harts for every "
        "workload and size, latency percentiles against harts. FILE '-' is the standard input."
        "\vThe scripts (DIR/*.gp) and the numbers they draw (DIR/data/*.tsv) stay, to be changed and drawn again. The "
        "paths of the pictures go to the standard output. Exit status: 0; 1 if lines of the file were damaged (the "
        "others are drawn) or gnuplot failed; 2 for a usage error, a file that cannot be read or a directory that "
        "cannot be written; 77 if there is no gnuplot.",
        NULL,
        NULL,
        NULL};
    struct draw_options options = {0};
    if (argp_parse(&parser, argc, argv, 0, NULL, &options) != 0) {
        return EXIT_STATUS_USAGE;
    }
    return draw_run(&options, stdout, stderr);
}
