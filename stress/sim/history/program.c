/* SPDX-License-Identifier: MIT
 * Small programs as text. See program.h. */
#include "program.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind a step's letter. */
enum operands { OPERANDS_NONE, OPERANDS_MOVES, OPERANDS_SLOT, OPERANDS_PART, OPERANDS_RUN };

static const struct {
    const char *name;
    char letter;
    enum operands operands;
} KINDS[STEP_KIND_COUNT] = {
    [STEP_ALLOC] = {"alloc", 'a', OPERANDS_SLOT},
    [STEP_ALLOC_ZEROED] = {"alloc_zeroed", 'z', OPERANDS_SLOT},
    [STEP_RUN] = {"run", 'r', OPERANDS_RUN},
    [STEP_RUN_ZEROED] = {"run_zeroed", 'y', OPERANDS_RUN},
    [STEP_FREE] = {"free", 'f', OPERANDS_SLOT},
    [STEP_FREE_HEAD] = {"free_head", 'h', OPERANDS_PART},
    [STEP_FREE_TAIL] = {"free_tail", 't', OPERANDS_PART},
    [STEP_REF] = {"ref", '+', OPERANDS_SLOT},
    [STEP_UNREF] = {"unref", '-', OPERANDS_SLOT},
    [STEP_SEND] = {"send", '>', OPERANDS_SLOT},
    [STEP_RECEIVE] = {"receive", '<', OPERANDS_SLOT},
    [STEP_DRAIN] = {"drain", 'd', OPERANDS_NONE},
    [STEP_IDLE] = {"idle", 'i', OPERANDS_NONE},
    [STEP_ADD] = {"add", 'A', OPERANDS_NONE},
    [STEP_REMOVE] = {"remove", 'R', OPERANDS_NONE},
    [STEP_STATS] = {"stats", 's', OPERANDS_NONE},
    [STEP_WRONG] = {"wrong", 'x', OPERANDS_SLOT},
    [STEP_JUMP] = {"jump", 'j', OPERANDS_MOVES},
    [STEP_LEAVE] = {"leave", 'L', OPERANDS_NONE},
    [STEP_JOIN] = {"join", 'J', OPERANDS_SLOT},
};

static const char *const LAYOUTS[SMALL_LAYOUT_COUNT] = {
    [SMALL_TINY] = "tiny",   [SMALL_CHUNKS] = "chunks", [SMALL_ARENAS] = "arenas", [SMALL_NODES] = "nodes",
    [SMALL_WHOLE] = "whole", [SMALL_MANY] = "many",     [SMALL_PLUG] = "plug"};

const char *step_kind_name(enum step_kind kind)
{
    return KINDS[kind].name;
}

/* ---- to text ---- */

struct text {
    char *out;
    size_t bytes, length;
};

static void append(struct text *text, const char *piece)
{
    size_t length = strlen(piece);
    for (size_t i = 0; i < length; i++, text->length++) {
        if (text->length + 1 < text->bytes) {
            text->out[text->length] = piece[i];
            text->out[text->length + 1] = '\0';
        }
    }
}

static void append_steps(struct text *text, const struct step_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct step *step = &list->steps[i];
        char piece[32];
        const char letter = KINDS[step->kind].letter;
        switch (KINDS[step->kind].operands) {
        case OPERANDS_NONE:
            (void)snprintf(piece, sizeof piece, " %c", letter);
            break;
        case OPERANDS_MOVES:
            (void)snprintf(piece, sizeof piece, " %c%llu", letter, (unsigned long long)step->moves);
            break;
        case OPERANDS_SLOT:
            (void)snprintf(piece, sizeof piece, " %c%u", letter, step->slot);
            break;
        case OPERANDS_PART:
            (void)snprintf(piece, sizeof piece, " %c%u.%u", letter, step->slot, step->count);
            break;
        case OPERANDS_RUN:
            (void)snprintf(piece, sizeof piece, " %c%u.%u.%u", letter, step->slot, step->count, step->align_order);
            break;
        }
        append(text, piece);
    }
}

size_t program_format(const struct program *program, char *out, size_t bytes)
{
    struct text text = {out, bytes, 0};
    char setting[16];
    if (bytes > 0) {
        out[0] = '\0';
    }
    append(&text, LAYOUTS[program->layout]);
    (void)snprintf(setting, sizeof setting, ".%u;", program->setting);
    append(&text, setting);
    append_steps(&text, &program->prelude);
    append(&text, " :");
    for (uint32_t h = 0; h < program->harts; h++) {
        append(&text, h > 0 ? " |" : "");
        append_steps(&text, &program->hart[h]);
    }
    if (program->handler.count > 0) {
        append(&text, " !");
        append_steps(&text, &program->handler);
    }
    return text.length < bytes ? text.length : bytes - 1;
}

/* ---- from text ---- */

static void skip_space(const char **at)
{
    while (isspace((unsigned char)**at)) {
        (*at)++;
    }
}

static bool read_advances(const char **at, uint64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)**at)) {
        return false;
    }
    *value = strtoull(*at, &end, 10);
    *at = end;
    return *value > 0;
}

static bool read_number(const char **at, uint32_t most, uint32_t *value)
{
    char *end;
    if (!isdigit((unsigned char)**at)) {
        return false;
    }
    unsigned long number = strtoul(*at, &end, 10);
    *at = end;
    *value = (uint32_t)number;
    return number <= most;
}

static bool read_after_dot(const char **at, uint32_t most, uint32_t *value)
{
    if (**at != '.') {
        return false;
    }
    (*at)++;
    return read_number(at, most, value);
}

static bool read_step(const char **at, uint32_t slots, struct step *step)
{
    uint32_t kind = 0, slot = 0, count = 0, align_order = 0;
    uint64_t moves = 0;
    while (kind < STEP_KIND_COUNT && KINDS[kind].letter != **at) {
        kind++;
    }
    if (kind == STEP_KIND_COUNT) {
        return false;
    }
    (*at)++;
    enum operands operands = KINDS[kind].operands;
    bool right = (operands != OPERANDS_MOVES || read_advances(at, &moves)) &&
                 (operands < OPERANDS_SLOT || read_number(at, slots - 1, &slot)) &&
                 (operands < OPERANDS_PART || (read_after_dot(at, UINT16_MAX, &count) && count > 0)) &&
                 (operands < OPERANDS_RUN || read_after_dot(at, 18, &align_order));
    *step = (struct step){(uint8_t)kind, (uint8_t)slot, (uint8_t)align_order, (uint16_t)count, moves};
    return right;
}

/* Up to a character that no step begins with. */
static bool read_steps(const char **at, uint32_t slots, struct step_list *list)
{
    list->count = 0;
    skip_space(at);
    while (**at != ':' && **at != '|' && **at != '!' && **at != '\0') {
        if (list->count == PROGRAM_STEPS_MAX || !read_step(at, slots, &list->steps[list->count])) {
            return false;
        }
        list->count++;
        skip_space(at);
    }
    return true;
}

static bool read_head(const char **at, struct program *program)
{
    skip_space(at);
    for (uint32_t i = 0; i < SMALL_LAYOUT_COUNT; i++) {
        size_t length = strlen(LAYOUTS[i]);
        if (strncmp(*at, LAYOUTS[i], length) == 0 && (*at)[length] == '.') {
            *at += length;
            program->layout = (enum small_layout)i;
            return read_after_dot(at, SMALL_SETTINGS - 1, &program->setting) && *(*at)++ == ';';
        }
    }
    return false;
}

bool program_parse(struct program *program, const char *text, char *why, size_t why_bytes)
{
    const char *at = text;
    *program = (struct program){0};
    bool right = read_head(&at, program) && read_steps(&at, PROGRAM_SLOTS, &program->prelude) && *at == ':';
    while (right && *at != '\0' && *at != '!') {
        at++;
        right = program->harts < PROGRAM_HARTS_MAX &&
                read_steps(&at, PROGRAM_SLOTS, &program->hart[program->harts++]) && *at != ':';
    }
    if (right && *at == '!') {
        at++;
        right = read_steps(&at, PROGRAM_SLOTS + PROGRAM_HANDLER_SLOTS, &program->handler) && *at == '\0';
    }
    if (!right) {
        (void)snprintf(why, why_bytes, "no program: at character %zu, near '%.12s'", (size_t)(at - text) + 1, at);
    }
    return right;
}
