/* SPDX-License-Identifier: MIT
 * The sub-commands, and what they share. Each takes argc and argv from its own name on ("framelab bench"), prints data
 * to stdout and everything else to stderr, and returns the exit status; its --help says which. */
#ifndef FRAMELAB_STRESS_COMMANDS_H
#define FRAMELAB_STRESS_COMMANDS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "options.h"
#include "platforms.h"

int bench_command(int argc, char **argv);
int calibrate_command(int argc, char **argv);
int compare_command(int argc, char **argv);
int draw_command(int argc, char **argv);
int fdt_command(int argc, char **argv);
int figures_command(int argc, char **argv);
int list_command(int argc, char **argv);
int primitives_command(int argc, char **argv);
int reclaim_command(int argc, char **argv);
int report_command(int argc, char **argv);
int stress_command(int argc, char **argv);
int table_command(int argc, char **argv);

/* Prints one line, `framelab bench: ...`, and ends the program with EXIT_STATUS_USAGE. For argp parsers. */
__attribute__((format(printf, 2, 3))) _Noreturn void usage_error(const struct argp_state *state, const char *format,
                                                                 ...);

/* ---- options as a table ---- */

/* What becomes of an option's text. */
enum value_kind {
    VALUE_FLAG,    /* there is none: a bool becomes true */
    VALUE_TEXT,    /* itself */
    VALUE_NUMBER,  /* an integer of any size, least to most */
    VALUE_BYTES,   /* 512M: a uint64_t above 0 */
    VALUE_SECONDS, /* a double above 0 */
    VALUE_WORD,    /* the place of the text in `words`, an integer of any size */
    VALUE_LIST,    /* a struct option_list of 1 to `most`; words[0] says why not 0 */
};

/* A row: what the option of that key sets in the parser's input. */
struct option_value {
    int key;
    enum value_kind kind;
    size_t offset, bytes;
    uint64_t least, most;
    const char *const *words; /* ends with NULL */
};

/* For rows: a field of the input, and all of a row. */
#define OPTION_FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)
#define OPTION_PLAIN(key, kind, type, field)                                                                           \
    {                                                                                                                  \
        key, kind, OPTION_FIELD(type, field), 0, 0, NULL                                                               \
    }
#define OPTION_NUMBER(key, type, field, least, most)                                                                   \
    {                                                                                                                  \
        key, VALUE_NUMBER, OPTION_FIELD(type, field), least, most, NULL                                                \
    }
#define OPTION_WORD(key, type, field, words)                                                                           \
    {                                                                                                                  \
        key, VALUE_WORD, OPTION_FIELD(type, field), 0, 0, words                                                        \
    }
#define OPTION_LIST(key, type, field, most, words)                                                                     \
    {                                                                                                                  \
        key, VALUE_LIST, OPTION_FIELD(type, field), 0, most, words                                                     \
    }
/* The argument that is no option; NULL, or words[0] says what is missing where there is none. */
#define ARGUMENT_KEY (-1)
#define OPTION_ARGUMENT(type, field, words)                                                                            \
    {                                                                                                                  \
        ARGUMENT_KEY, VALUE_TEXT, OPTION_FIELD(type, field), 0, 0, words                                               \
    }

/* Words of --format. */
extern const char *const format_words[];
/* Of an OPTION_ARGUMENT that is a file. */
extern const char *const file_words[];

/* Sets what the row of `key` says, or ends the program with a line that says what the option must be. Returns
 * ARGP_ERR_UNKNOWN if no row has the key; but an argument that is no option is refused where no row is for it.
 * `options` and `values` end with 0. */
error_t option_set(const struct argp_state *state, const struct argp_option *options, const struct option_value *values,
                   int key, const char *text);

/* The place of `text` among `words`; ends the program if it is not there. For options that have more to do. */
uint32_t option_word(const struct argp_state *state, const char *option, const char *const *words, const char *text);

/* When all options are known: ends the program if there is one that does not go with the platform, or one that goes
 * with it only; both may be NULL. */
void options_exclude(const struct argp_state *state, const struct platform *platform, const char *not_with,
                     const char *only_with);

/* Options that were given, by key: for those that mean nothing beside others, or without. All zeros: none. */
#define OPTIONS_GIVEN_MAX 64u
struct options_given {
    int keys[OPTIONS_GIVEN_MAX];
    uint32_t count;
};

/* Notes it if it is an option's. */
void option_given(struct options_given *given, int key);
bool options_have(const struct options_given *given, int key);

/* When all are known: ends the program if two were given of which one makes the other mean nothing. `pairs` ends with
 * {0, 0}. */
void options_apart(const struct argp_state *state, const struct argp_option *options, const struct options_given *given,
                   const int (*pairs)[2]);
/* The same if `key` was given and means nothing here; `what` says of what it is: "--burst is of the workload burst". */
void option_needs(const struct argp_state *state, const struct argp_option *options, const struct options_given *given,
                  int key, bool means_something, const char *what);

/* Ends the program: `text` is none of what there is, all of which is named. `name_at` gives the names, NULL at the end:
 * "there is no primitive 'x'; there are mcs-lock, ...". */
_Noreturn void usage_unknown(const struct argp_state *state, const char *kind, const char *text,
                             const char *(*name_at)(uint32_t i));

/* If `key` is an option of `options`, and among `keys` (ends with 0; NULL: any will do), keeps its name in `*first`,
 * unless there is one already: for options that do not go together. */
void option_note(const char **first, const struct argp_option *options, const int *keys, int key);

#endif
