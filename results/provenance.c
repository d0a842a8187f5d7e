/* SPDX-License-Identifier: MIT
 * Gathers the provenance of a run; see provenance.h. What cannot be found out is "unknown" or null. */
#include "provenance.h"

#include <errno.h>
#include <hwloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "schema.h"

#ifndef FRAMELAB_VERSION
#define FRAMELAB_VERSION "unknown"
#endif
#ifndef FRAMELAB_COMMIT
#define FRAMELAB_COMMIT "unknown"
#endif
#ifndef FRAMELAB_DIRTY
#define FRAMELAB_DIRTY (-1)
#endif
#ifndef FRAMELAB_COMPILER
#ifdef __clang__
#define FRAMELAB_COMPILER "clang " __clang_version__
#else
#define FRAMELAB_COMPILER "gcc " __VERSION__
#endif
#endif
#ifndef FRAMELAB_CFLAGS
#define FRAMELAB_CFLAGS "unknown"
#endif
#ifndef FRAMELAB_OWN
#define FRAMELAB_OWN ""
#endif
#ifndef FRAMELAB_LIBS
#define FRAMELAB_LIBS ""
#endif

uint64_t provenance_hash(const char *text)
{
    return provenance_hash_more(PROVENANCE_HASH_EMPTY, text, strlen(text));
}

uint64_t provenance_hash_more(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* A string that may hold any bytes (a path on the command line): what is not UTF-8 becomes '?'. */
static json_t *text_json(const char *text)
{
    json_t *value = json_string(text);
    char *plain = value == NULL ? strdup(text) : NULL;
    if (plain != NULL) {
        for (char *c = plain; *c != '\0'; c++) {
            *c = (unsigned char)*c < 0x80 ? *c : '?';
        }
        value = json_string(plain);
        free(plain);
    }
    return value;
}

static json_t *time_json(void)
{
    time_t now = time(NULL);
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    if (epoch != NULL) {
        char *end = NULL;
        errno = 0;
        long long seconds = strtoll(epoch, &end, 10);
        if (errno == 0 && end != epoch && *end == '\0') {
            now = (time_t)seconds;
        } else {
            fprintf(stderr, "framelab: SOURCE_DATE_EPOCH is not a number of seconds, recording the time of day: %s\n",
                    epoch);
        }
    }
    struct tm utc;
    char text[64] = "unknown";
    if (gmtime_r(&now, &utc) != NULL) {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    return json_string(text);
}

static json_t *command_json(int argc, char **argv)
{
    json_t *command = json_array();
    for (int i = 0; i < argc; i++) {
        json_array_append_new(command, text_json(argv[i]));
    }
    return command;
}

/* An object of a list "name=value name=value". */
static json_t *list_json(const char *list)
{
    json_t *object = json_object();
    for (const char *item = list; *item != '\0'; item += strspn(item, " ")) {
        size_t length = strcspn(item, " ");
        size_t name = strcspn(item, "= ");
        size_t version = name < length ? name + 1 : length;
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)name, item);
        json_object_set_new(object, key, json_stringn(item + version, length - version));
        item += length;
    }
    return object;
}

static json_t *build_json(void)
{
    bool known = FRAMELAB_DIRTY >= 0 && strcmp(FRAMELAB_COMMIT, "unknown") != 0;
    json_t *dirty = known ? json_boolean(FRAMELAB_DIRTY != 0) : json_null();
    json_t *build = json_pack("{s:s, s:s, s:o, s:s, s:s}", "version", FRAMELAB_VERSION, "commit", FRAMELAB_COMMIT,
                              "dirty", dirty, "compiler", FRAMELAB_COMPILER, "flags", FRAMELAB_CFLAGS);
    if (FRAMELAB_OWN[0] != '\0') {
        json_object_set_new(build, "own", list_json(FRAMELAB_OWN));
    }
    return build;
}

/* First line of a small file, without its end; false if it cannot be read. */
static bool read_first_line(const char *path, char *line, size_t line_bytes)
{
    FILE *file = fopen(path, "r");
    bool good = file != NULL && fgets(line, (int)line_bytes, file) != NULL;
    if (file != NULL) {
        fclose(file);
    }
    if (good) {
        line[strcspn(line, "\n")] = '\0';
    }
    return good;
}

/* True, false, or null where /proc/cpuinfo has no "flags" line to tell (only x86 has one). */
static json_t *is_virtual_json(void)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    json_t *answer = NULL;
    char *line = NULL;
    size_t line_bytes = 0;
    while (file != NULL && answer == NULL && getline(&line, &line_bytes, file) > 0) {
        if (strncmp(line, "flags", 5) == 0) {
            answer = json_boolean(strstr(line, " hypervisor") != NULL);
        }
    }
    free(line);
    if (file != NULL) {
        fclose(file);
    }
    return answer != NULL ? answer : json_null();
}

static json_t *system_json(void)
{
    struct utsname name;
    bool named = uname(&name) == 0;
    char governor[64];
    if (!read_first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor, sizeof governor)) {
        snprintf(governor, sizeof governor, "unknown");
    }
    double load[3] = {0};
    json_t *loads = getloadavg(load, 3) == 3 ? json_pack("[f, f, f]", load[0], load[1], load[2]) : json_null();
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o}", "os", named ? name.sysname : "unknown", "release",
                     named ? name.release : "unknown", "machine", named ? name.machine : "unknown", "virtual",
                     is_virtual_json(), "governor", governor, "load_average", loads);
}

static const char *cache_kind(hwloc_obj_cache_type_t kind)
{
    return kind == HWLOC_OBJ_CACHE_DATA ? "data" : kind == HWLOC_OBJ_CACHE_INSTRUCTION ? "instruction" : "unified";
}

static json_t *caches_json(hwloc_topology_t topology)
{
    static const hwloc_obj_type_t types[] = {HWLOC_OBJ_L1CACHE,  HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE,
                                             HWLOC_OBJ_L2ICACHE, HWLOC_OBJ_L3CACHE,  HWLOC_OBJ_L3ICACHE,
                                             HWLOC_OBJ_L4CACHE,  HWLOC_OBJ_L5CACHE};
    json_t *caches = json_array();
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        hwloc_obj_t cache = hwloc_get_obj_by_type(topology, types[i], 0);
        if (cache == NULL) {
            continue;
        }
        const struct hwloc_cache_attr_s *attributes = &cache->attr->cache;
        json_array_append_new(caches, json_pack("{s:i, s:s, s:I, s:i, s:i}", "level", (int)attributes->depth, "kind",
                                                cache_kind(attributes->type), "size_bytes",
                                                (json_int_t)attributes->size, "line_bytes", (int)attributes->linesize,
                                                "count", hwloc_get_nbobjs_by_type(topology, types[i])));
    }
    return caches;
}

/* On which hardware threads harts may be, and whether any two of these are of one core. */
static json_t *cpus_json(hwloc_topology_t topology)
{
    hwloc_bitmap_t allowed = hwloc_bitmap_alloc();
    char *list = NULL;
    json_t *json = NULL;
    if (allowed != NULL && hwloc_get_cpubind(topology, allowed, HWLOC_CPUBIND_PROCESS) == 0 &&
        hwloc_bitmap_list_asprintf(&list, allowed) >= 0) {
        int cores = 0;
        for (int i = 0; i < hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE); i++) {
            hwloc_obj_t core = hwloc_get_obj_by_type(topology, HWLOC_OBJ_CORE, (unsigned)i);
            cores += hwloc_bitmap_intersects(core->cpuset, allowed);
        }
        json = json_pack("{s:s, s:b}", "allowed", list, "smt_siblings", cores < hwloc_bitmap_weight(allowed));
    }
    free(list);
    hwloc_bitmap_free(allowed);
    return json != NULL ? json : json_null();
}

/* The least that two readings of the clock differ by: what is shorter cannot be told from another. */
static json_t *clock_step_json(void)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < 1000; i++) {
        struct timespec before, after;
        (void)clock_gettime(CLOCK_MONOTONIC, &before);
        do {
            (void)clock_gettime(CLOCK_MONOTONIC, &after);
        } while (after.tv_sec == before.tv_sec && after.tv_nsec == before.tv_nsec);
        int64_t step = (after.tv_sec - before.tv_sec) * INT64_C(1000000000) + after.tv_nsec - before.tv_nsec;
        least = step < least ? step : least;
    }
    return json_integer(least);
}

static json_t *topology_json(void)
{
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology) != 0) {
        return json_null();
    }
    hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
    json_t *json = NULL;
    if (hwloc_topology_load(topology) == 0) {
        hwloc_obj_t package = hwloc_get_obj_by_type(topology, HWLOC_OBJ_PACKAGE, 0);
        hwloc_obj_t root = hwloc_get_root_obj(topology);
        const char *model = package != NULL ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
        json = json_pack(
            "{s:o, s:i, s:i, s:i, s:i, s:I, s:o, s:o}", "cpu_model", text_json(model != NULL ? model : "unknown"),
            "packages", hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PACKAGE), "cores",
            hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE), "pus", hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU),
            "numa_nodes", hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_NUMANODE), "memory_bytes",
            (json_int_t)root->total_memory, "caches", caches_json(topology), "cpus", cpus_json(topology));
    }
    hwloc_topology_destroy(topology);
    return json != NULL ? json : json_null();
}

json_t *provenance_identify(json_t *content)
{
    (void)json_object_del(content, "type");
    (void)json_object_del(content, "id");
    char *text = json_dumps(content, JSON_COMPACT);
    if (text == NULL) {
        return NULL;
    }
    char id[17];
    snprintf(id, sizeof id, "%016llx", (unsigned long long)provenance_hash(text));
    free(text);
    json_t *line = json_pack("{s:s, s:s}", "type", "provenance", "id", id);
    if (json_object_update(line, content) != 0) {
        json_decref(line);
        return NULL;
    }
    return line;
}

json_t *provenance_make(int argc, char **argv, const char *fdt_summary, const char *kind, json_t *machine)
{
    json_t *memory_map = fdt_summary != NULL ? json_loads(fdt_summary, 0, NULL) : json_null();
    if (memory_map == NULL) {
        json_decref(machine);
        errno = EINVAL;
        return NULL;
    }
    json_t *content = json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", RECORD_SCHEMA, "time",
                                time_json(), "clock_step_ns", clock_step_json(), "framelab", build_json(), "libraries",
                                list_json(FRAMELAB_LIBS), "system", system_json(), "topology", topology_json(),
                                "command", command_json(argc, argv), "memory_map", memory_map);
    bool whole = machine == NULL || json_object_set_new(content, kind, machine) == 0;
    json_t *line = content != NULL && whole ? provenance_identify(content) : NULL;
    json_decref(content);
    if (line == NULL) {
        errno = ENOMEM;
    }
    return line;
}

const char *provenance_version(void)
{
    static char text[2048];
    bool known = strcmp(FRAMELAB_COMMIT, "unknown") != 0;
    (void)snprintf(text, sizeof text, "framelab %s (%s%.12s%s)\n%s, %s", FRAMELAB_VERSION, known ? "" : "commit ",
                   FRAMELAB_COMMIT, known && FRAMELAB_DIRTY > 0 ? ", uncommitted changes" : "", FRAMELAB_COMPILER,
                   FRAMELAB_CFLAGS);
    return text;
}

const char *provenance_own(void)
{
    static char text[sizeof FRAMELAB_OWN];
    (void)snprintf(text, sizeof text, "%s", FRAMELAB_OWN);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '=' ? ' ' : *c;
    }
    return text;
}
