/* SPDX-License-Identifier: MIT
 * Checks figure.json against tables of what its objects may have. See paper_check.h.
 *
 * A key that is in no table is an error, too: most such keys are misspelt. */
#include "paper_check.h"

#include <stdarg.h>
#include <string.h>

#include "flat.h"

#define WHERE_BYTES 128u
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

enum kind { TEXT, NAME, ADDRESS, WORDS, OBJECTS, OBJECT, NUMBER, REAL, FLAG, VARIED };

struct field {
    const char *key;
    enum kind kind;
    bool optional;
};

struct checker {
    const char *path;
    FILE *log;
};

static const struct field figure_fields[] = {
    {"key", NAME, false},       {"title", TEXT, false},   {"citation", TEXT, false}, {"shows", TEXT, false},
    {"panels", OBJECTS, false}, {"seed", NUMBER, true},   {"runs", OBJECTS, false},  {"claims", OBJECTS, false},
    {"differs", TEXT, true},    {"links", OBJECTS, true}, {NULL, TEXT, false},
};
static const struct field link_fields[] = {
    {"text", TEXT, false},
    {"url", ADDRESS, false},
    {NULL, TEXT, false},
};
static const struct field panel_fields[] = {
    {"id", NAME, false},  {"title", TEXT, false}, {"x", OBJECT, false},
    {"y", OBJECT, false}, {"z", OBJECT, true},    {NULL, TEXT, false},
};
static const struct field axis_fields[] = {
    {"label", TEXT, false},
    {"log", FLAG, true},
    {"names", OBJECT, true},
    {NULL, TEXT, false},
};
static const struct field run_fields[] = {
    {"id", NAME, false},       {"command", WORDS, false}, {"tiny", OBJECT, true},   {"quick", OBJECT, true},
    {"default", OBJECT, true}, {"full", OBJECT, true},    {"varied", VARIED, true}, {NULL, TEXT, false},
};
static const struct field claim_fields[] = {
    {"id", TEXT, false},        {"text", TEXT, false},     {"published", TEXT, false},  {"check", TEXT, false},
    {"source", TEXT, false},    {"kind", TEXT, false},     {"platforms", WORDS, false}, {"quantities", OBJECTS, false},
    {"substitute", TEXT, true}, {"deviation", TEXT, true}, {"wrong", OBJECTS, true},    {NULL, TEXT, false},
};
static const struct field quantity_fields[] = {
    {"name", TEXT, false}, {"unit", TEXT, true},  {"published", REAL, true},
    {"low", REAL, false},  {"high", REAL, false}, {"above", REAL, true},
    {"below", REAL, true}, {"edit", TEXT, false}, {NULL, TEXT, false},
};
static const struct field wrong_fields[] = {
    {"name", TEXT, false},
    {"edit", TEXT, false},
    {NULL, TEXT, false},
};

const char *paper_level_name(enum paper_level level)
{
    static const char *const names[] = {"tiny", "quick", "default", "full"};
    return names[level];
}

const json_t *paper_item(const json_t *array, const char *key, const char *text, size_t *count)
{
    size_t i;
    const json_t *item, *found = NULL;
    *count = 0;
    json_array_foreach((json_t *)array, i, item)
    {
        if (strcmp(flat_text(item, key), text) == 0) {
            found = item;
            ++*count;
        }
    }
    return found;
}

bool paper_has_word(const json_t *words, const char *wanted)
{
    size_t i;
    const json_t *word;
    json_array_foreach((json_t *)words, i, word)
    {
        if (strcmp(json_string_value(word), wanted) == 0) {
            return true;
        }
    }
    return false;
}

__attribute__((format(printf, 3, 4))) static bool refuse(const struct checker *checker, const char *where,
                                                         const char *format, ...)
{
    va_list arguments;
    (void)fprintf(checker->log, "framelab figures: %s: %s: ", checker->path, where);
    va_start(arguments, format);
    (void)vfprintf(checker->log, format, arguments);
    va_end(arguments);
    (void)fputc('\n', checker->log);
    return false;
}

static bool is_text(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) > 0;
}

bool paper_is_name(const json_t *value)
{
    const char *text = json_string_value(value);
    return is_text(value) && strspn(text, NAME_LETTERS) == strlen(text) && strlen(text) < PAPER_KEY_BYTES;
}

/* An address of the web as it may stand in a page: no blank, no quote, no bracket. */
static bool is_address(const json_t *value)
{
    const char *text = json_string_value(value);
    return is_text(value) && strncmp(text, "https://", 8) == 0 && text[8] != '\0' &&
           strcspn(text, " \t\r\n\"'<>") == strlen(text);
}

static bool is_array_of(const json_t *value, bool (*is_right)(const json_t *))
{
    size_t i;
    const json_t *item;
    json_array_foreach((json_t *)value, i, item)
    {
        if (!is_right(item)) {
            return false;
        }
    }
    return json_is_array(value);
}

bool paper_is_kind(const char *text)
{
    static const char *const kinds[] = {"counted", "measured", "foretold", "fitted", "by construction"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(text, kinds[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_object(const json_t *value)
{
    return json_is_object(value);
}

/* What `value` must be, in words; NULL: it is. */
static const char *objection(const json_t *value, enum kind kind)
{
    switch (kind) {
    case TEXT:
        return is_text(value) ? NULL : "must be a text";
    case NAME:
        return paper_is_name(value) ? NULL : "must be a name of small letters, digits and dashes";
    case ADDRESS:
        return is_address(value) ? NULL : "must be an address that begins with https://";
    case WORDS:
        return is_array_of(value, is_text) && json_array_size(value) > 0 ? NULL : "must be an array of words";
    case OBJECTS:
        return is_array_of(value, is_object) ? NULL : "must be an array of objects";
    case OBJECT:
        return json_is_object(value) ? NULL : "must be an object";
    case NUMBER:
        return json_is_integer(value) && json_integer_value(value) >= 0 ? NULL : "must be a number, 0 or more";
    case REAL:
        return json_is_number(value) ? NULL : "must be a number";
    case VARIED:
        return json_is_object(value) || json_is_false(value) ? NULL : "must be an object, or false";
    case FLAG:
        return json_is_boolean(value) ? NULL : "must be true or false";
    }
    return "is not known";
}

static const struct field *field_find(const struct field *fields, const char *key)
{
    while (fields->key != NULL && strcmp(fields->key, key) != 0) {
        fields++;
    }
    return fields->key != NULL ? fields : NULL;
}

/* `prefix` is where the object stands: "", or "runs[0].". */
static bool check_object(const struct checker *checker, const json_t *object, const char *prefix,
                         const struct field *fields)
{
    char where[WHERE_BYTES];
    const char *key;
    const json_t *value;
    for (const struct field *field = fields; field->key != NULL; field++) {
        value = json_object_get(object, field->key);
        const char *wrong = value == NULL ? "is missing" : objection(value, field->kind);
        if (wrong != NULL && !(value == NULL && field->optional)) {
            (void)snprintf(where, sizeof where, "%s%s", prefix, field->key);
            return refuse(checker, where, "%s", wrong);
        }
    }
    json_object_foreach((json_t *)object, key, value)
    {
        if (field_find(fields, key) == NULL) {
            (void)snprintf(where, sizeof where, "%s%s", prefix, key);
            return refuse(checker, where, "is not a key of this object");
        }
    }
    return true;
}

static bool check_once(const struct checker *checker, const json_t *array, const char *name, const char *key)
{
    size_t i, count;
    const json_t *item;
    json_array_foreach((json_t *)array, i, item)
    {
        const char *id = flat_text(item, key);
        (void)paper_item(array, key, id, &count);
        if (count > 1) {
            return refuse(checker, name, "'%s' is there twice", id);
        }
    }
    return true;
}

/* ---- Panels, runs, claims --------------------------------------------------------------------------------------- */

static bool check_panel(const struct checker *checker, const json_t *panel, const char *prefix)
{
    static const char *const axes[] = {"x", "y", "z"};
    if (!check_object(checker, panel, prefix, panel_fields)) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        char where[WHERE_BYTES];
        const json_t *axis = json_object_get(panel, axes[i]);
        (void)snprintf(where, sizeof where, "%.100s%s.", prefix, axes[i]);
        if (axis != NULL && !check_object(checker, axis, where, axis_fields)) {
            return false;
        }
    }
    return true;
}

/* Whether what stands in braces in a word of the command has a value at this level. */
static bool check_word(const struct checker *checker, const char *word, const json_t *values, const char *where)
{
    for (const char *brace = strchr(word, '{'); brace != NULL; brace = strchr(brace + 1, '{')) {
        char name[PAPER_KEY_BYTES];
        size_t length = strcspn(brace, "}") - 1;
        (void)snprintf(name, sizeof name, "%.*s", (int)length, brace + 1);
        if (!is_text(json_object_get(values, name))) {
            return refuse(checker, where, "has no text '%s', which the command names", name);
        }
    }
    return true;
}

static bool check_level(const struct checker *checker, const json_t *run, const char *prefix, const char *level)
{
    char where[WHERE_BYTES];
    const json_t *values = json_object_get(run, level);
    size_t i;
    const json_t *word;
    (void)snprintf(where, sizeof where, "%.100s%s", prefix, level);
    if (values == NULL) {
        return true;
    }
    if (!json_is_number(json_object_get(values, "seconds"))) {
        return refuse(checker, where, "has no number 'seconds', about how long it takes");
    }
    json_array_foreach(json_object_get(run, "command"), i, word)
    {
        if (!check_word(checker, json_string_value(word), values, where)) {
            return false;
        }
    }
    return true;
}

static bool check_run(const struct checker *checker, const json_t *run, const char *prefix)
{
    bool any = false;
    if (!check_object(checker, run, prefix, run_fields)) {
        return false;
    }
    for (int level = 0; level < PAPER_LEVELS; level++) {
        const char *name = paper_level_name((enum paper_level)level);
        any = any || json_object_get(run, name) != NULL;
        if (!check_level(checker, run, prefix, name)) {
            return false;
        }
    }
    return (any || refuse(checker, prefix, "is of no level")) &&
           (json_is_false(json_object_get(run, "varied")) || check_level(checker, run, prefix, "varied"));
}

static bool check_link(const struct checker *checker, const json_t *link, const char *prefix)
{
    return check_object(checker, link, prefix, link_fields);
}

/* Each of the objects in the array `name` of `object`, which stands at `above`; `key` is what no two have alike. */
static bool check_each(const struct checker *checker, const json_t *object, const char *name, const char *above,
                       const char *key, bool (*check)(const struct checker *, const json_t *, const char *))
{
    const json_t *array = json_object_get(object, name);
    char where[WHERE_BYTES];
    for (size_t i = 0; i < json_array_size(array); i++) {
        (void)snprintf(where, sizeof where, "%.60s%.20s[%zu].", above, name, i);
        if (!check(checker, json_array_get(array, i), where)) {
            return false;
        }
    }
    (void)snprintf(where, sizeof where, "%.60s%.20s", above, name);
    return check_once(checker, array, where, key);
}

/* An interval that holds something; of a published number it is one of factors, so both are above 0. */
static bool check_quantity(const struct checker *checker, const json_t *quantity, const char *prefix)
{
    double low = json_number_value(json_object_get(quantity, "low"));
    double high = json_number_value(json_object_get(quantity, "high"));
    const json_t *published = json_object_get(quantity, "published");
    if (!check_object(checker, quantity, prefix, quantity_fields)) {
        return false;
    }
    if (low > high) {
        return refuse(checker, prefix, "low is above high");
    }
    if (published != NULL && (json_number_value(published) <= 0 || low <= 0)) {
        return refuse(checker, prefix, "has a factor only of a published number above 0, in an interval above 0");
    }
    return true;
}

static bool check_wrong(const struct checker *checker, const json_t *wrong, const char *prefix)
{
    return check_object(checker, wrong, prefix, wrong_fields);
}

static bool check_claim(const struct checker *checker, const json_t *claim, const char *prefix)
{
    char where[WHERE_BYTES];
    if (!check_object(checker, claim, prefix, claim_fields)) {
        return false;
    }
    if (!paper_is_kind(flat_text(claim, "kind"))) {
        (void)snprintf(where, sizeof where, "%.100skind", prefix);
        return refuse(checker, where, "is 'counted', 'measured', 'foretold', 'fitted' or 'by construction'");
    }
    if (json_array_size(json_object_get(claim, "quantities")) == 0) {
        (void)snprintf(where, sizeof where, "%.100squantities", prefix);
        return refuse(checker, where, "is empty: a claim is judged by what was measured");
    }
    return check_each(checker, claim, "quantities", prefix, "name", check_quantity) &&
           check_each(checker, claim, "wrong", prefix, "name", check_wrong);
}

bool paper_check(const json_t *figure, const char *path, const char *key, FILE *log)
{
    const struct checker checker = {path, log};
    if (!json_is_object(figure)) {
        return refuse(&checker, "all of it", "must be an object");
    }
    if (!check_object(&checker, figure, "", figure_fields)) {
        return false;
    }
    if (strcmp(flat_text(figure, "key"), key) != 0) {
        return refuse(&checker, "key", "must be the folder's name, '%s'", key);
    }
    return check_each(&checker, figure, "links", "", "url", check_link) &&
           check_each(&checker, figure, "panels", "", "id", check_panel) &&
           check_each(&checker, figure, "runs", "", "id", check_run) &&
           check_each(&checker, figure, "claims", "", "id", check_claim);
}
