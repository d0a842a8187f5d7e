/* SPDX-License-Identifier: MIT
 * The three ways of saying what a device tree holds; fdt_report.h. CSV is made from the JSON, so the two cannot
 * disagree. Text out of the tree (names, bootargs) may hold any byte: what is not printable ASCII is shown as \xNN,
 * so that it can neither break the JSON nor drive a terminal. */
#include "fdt_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "region.h"

#define GIB_BYTES (UINT64_C(1) << 30)
#define HEX_BYTES 20u
#define HUMAN_BYTES 24u
#define PATH_BYTES 128u

/* ---- numbers and text ---------------------------------------------------------------------------------------- */

struct text_hex {
    char text[HEX_BYTES];
};

struct text_human {
    char text[HUMAN_BYTES];
};

struct text_clean {
    char text[BOOTARGS_MAX * 4]; /* every byte may become \xNN */
};

static struct text_hex hex(uint64_t value)
{
    struct text_hex out;
    (void)snprintf(out.text, sizeof(out.text), "0x%" PRIx64, value);
    return out;
}

/* Bytes in the largest unit that leaves a number of 1 or more; two decimals where it is not whole. */
static struct text_human human(uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    struct text_human out;
    uint32_t unit = 0;
    while (unit < 6 && bytes >> (10 * (unit + 1)) != 0) {
        unit++;
    }
    uint64_t one = UINT64_C(1) << (10 * unit);
    if (bytes % one == 0) {
        (void)snprintf(out.text, sizeof(out.text), "%" PRIu64 " %s", bytes / one, units[unit]);
    } else {
        (void)snprintf(out.text, sizeof(out.text), "%.2f %s", (double)bytes / (double)one, units[unit]);
    }
    return out;
}

static struct text_clean clean(const char *text)
{
    struct text_clean out;
    size_t at = 0;
    for (; *text != '\0' && at + 5 <= sizeof(out.text); text++) {
        if (*text >= ' ' && *text <= '~') {
            out.text[at++] = *text;
        } else {
            at += (size_t)snprintf(&out.text[at], 5, "\\x%02x", (unsigned char)*text);
        }
    }
    out.text[at] = '\0';
    return out;
}

static uint64_t sum_bytes(const struct ram_region *regions, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += regions[i].range.size;
    }
    return sum;
}

/* Metadata bytes for each GiB that can be handed out, rounded up. */
static uint64_t bytes_per_gib(uint64_t metadata_bytes, uint64_t usable_frames)
{
    unsigned __int128 scaled = (unsigned __int128)metadata_bytes * (GIB_BYTES / FRAME_SIZE);
    return usable_frames == 0 ? 0 : (uint64_t)((scaled + usable_frames - 1) / usable_frames);
}

static const struct reservation *find_initrd(const struct memory_map *map)
{
    for (uint32_t i = 0; i < map->reserved_count; i++) {
        if (map->reserved[i].kind == RESERVATION_INITRD) {
            return &map->reserved[i];
        }
    }
    return NULL;
}

/* ---- JSON ---------------------------------------------------------------------------------------------------- */

/* jansson's setters accept a NULL value and fail, so one look at the end is enough: `ok` sticks at false. */
static void put(bool *ok, json_t *object, const char *key, json_t *value)
{
    *ok = json_object_set_new(object, key, value) == 0 && *ok;
}

static void append(bool *ok, json_t *array, json_t *value)
{
    *ok = json_array_append_new(array, value) == 0 && *ok;
}

/* An integer; a string above 2^63, which only a tree that claims exabytes reaches. */
static json_t *json_count(uint64_t value)
{
    return value <= INT64_MAX ? json_integer((json_int_t)value) : json_string(hex(value).text);
}

static json_t *json_range(bool *ok, struct phys_range range)
{
    json_t *object = json_object();
    put(ok, object, "start", json_string(hex(range.start.value).text));
    put(ok, object, "size_bytes", json_count(range.size));
    return object;
}

static json_t *json_run(bool *ok, struct frame_run run)
{
    return json_range(ok, (struct phys_range){frame_addr(run.first), run.count << FRAME_SHIFT});
}

static json_t *json_regions(bool *ok, const struct ram_region *regions, uint32_t count)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < count; i++) {
        json_t *region = json_range(ok, regions[i].range);
        put(ok, region, "node", json_count(regions[i].node));
        append(ok, array, region);
    }
    return array;
}

static json_t *json_reservations(bool *ok, const struct memory_map *map)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < map->reserved_count; i++) {
        const struct reservation *reservation = &map->reserved[i];
        json_t *object = json_range(ok, reservation->range);
        put(ok, object, "kind", json_string(reservation_kind_name(reservation->kind)));
        put(ok, object, "no_map", json_boolean(reservation->no_map));
        put(ok, object, "name", json_string(clean(reservation->name).text));
        append(ok, array, object);
    }
    return array;
}

static json_t *json_harts(bool *ok, const struct memory_map *map)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < map->hart_count; i++) {
        json_t *object = json_object();
        put(ok, object, "reg", json_string(hex(map->hart_reg[i]).text));
        put(ok, object, "node", json_count(map->hart_node[i]));
        append(ok, array, object);
    }
    return array;
}

static json_t *json_nodes(bool *ok, const struct memory_map *map)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < map->node_count; i++) {
        json_t *object = json_object();
        json_t *distances = json_array();
        put(ok, object, "id", json_count(map->node_id[i]));
        for (uint32_t to = 0; to < map->node_count; to++) {
            append(ok, distances, json_count(map->distance[i][to]));
        }
        put(ok, object, "distances", distances);
        append(ok, array, object);
    }
    return array;
}

static json_t *json_arena(bool *ok, const struct arena_plan *plan)
{
    json_t *object = json_run(ok, plan->span);
    json_t *regions = json_array();
    for (uint32_t i = 0; i < plan->region_count; i++) {
        append(ok, regions, json_run(ok, plan->regions[i]));
    }
    put(ok, object, "node", json_count(plan->node));
    put(ok, object, "usable_frames", json_count(plan->usable_frames));
    put(ok, object, "hole_frames", json_count(plan->hole_frames));
    put(ok, object, "regions", regions);
    put(ok, object, "metadata", json_range(ok, plan->metadata));
    put(ok, object, "metadata_bytes", json_count(plan->metadata_bytes));
    put(ok, object, "hole_metadata_bytes", json_count(plan->hole_metadata_bytes));
    put(ok, object, "metadata_bytes_per_gib", json_count(bytes_per_gib(plan->metadata_bytes, plan->usable_frames)));
    return object;
}

static void put_arenas(bool *ok, json_t *root, const struct fdt_report *report)
{
    json_t *arenas = json_array();
    json_t *skipped = json_array();
    for (uint32_t i = 0; i < report->arena_count; i++) {
        append(ok, arenas, json_arena(ok, &report->arenas[i]));
    }
    for (uint32_t i = 0; i < report->skipped_count; i++) {
        json_t *object = json_range(ok, report->skipped[i].region.range);
        put(ok, object, "node", json_count(report->skipped[i].region.node));
        put(ok, object, "why", json_string(report->skipped[i].why));
        append(ok, skipped, object);
    }
    put(ok, root, "variant", json_string(report->variant));
    put(ok, root, "hole_metadata_limit_bytes", json_count(report->hole_metadata_limit_bytes));
    put(ok, root, "arenas", arenas);
    put(ok, root, "skipped", skipped);
}

/* The whole report, or NULL if memory ran out. */
static json_t *json_report(const struct fdt_report *report)
{
    const struct memory_map *map = report->map;
    const struct reservation *initrd = find_initrd(map);
    bool ok = true;
    json_t *root = json_object();

    put(&ok, root, "file", json_string(clean(report->file).text));
    put(&ok, root, "bootargs", json_string(clean(map->bootargs).text));
    put(&ok, root, "initrd", initrd != NULL ? json_range(&ok, initrd->range) : json_null());
    put(&ok, root, "ram_bytes", json_count(sum_bytes(map->ram, map->ram_count)));
    put(&ok, root, "free_bytes", json_count(sum_bytes(map->free, map->free_count)));
    put(&ok, root, "hart_count", json_count(map->hart_count));
    put(&ok, root, "node_count", json_count(map->node_count));
    put(&ok, root, "disabled_memory_nodes", json_count(map->disabled_memory_nodes));
    put(&ok, root, "ram", json_regions(&ok, map->ram, map->ram_count));
    put(&ok, root, "reserved", json_reservations(&ok, map));
    put(&ok, root, "free", json_regions(&ok, map->free, map->free_count));
    put(&ok, root, "harts", json_harts(&ok, map));
    put(&ok, root, "nodes", json_nodes(&ok, map));
    put_arenas(&ok, root, report);
    if (!ok) {
        json_decref(root);
        return NULL;
    }
    return root;
}

bool fdt_report_json(const struct fdt_report *report, FILE *out)
{
    json_t *root = json_report(report);
    bool written = root != NULL && flat_print_json(root, out);
    json_decref(root);
    return fflush(out) == 0 && written;
}

/* ---- CSV ----------------------------------------------------------------------------------------------------- */

/* Texts are quoted, addresses not. */
static void csv_leaf(FILE *out, const char *path, const json_t *value)
{
    const char *text = json_string_value(value);
    (void)fprintf(out, "%s,", path);
    csv_print_value(value, text != NULL && strncmp(text, "0x", 2) != 0, out);
    (void)fputc('\n', out);
}

/* The report is nested four deep at most, and its keys are ours: the path always fits. */
static void csv_walk(FILE *out, const char *path, json_t *value) /* NOLINT(misc-no-recursion) */
{
    char inner[PATH_BYTES];
    const char *dot = path[0] != '\0' ? "." : "";
    json_t *child;

    if (json_is_object(value)) {
        const char *key;
        json_object_foreach(value, key, child)
        {
            (void)snprintf(inner, sizeof(inner), "%s%s%s", path, dot, key);
            csv_walk(out, inner, child);
        }
    } else if (json_is_array(value)) {
        size_t index;
        json_array_foreach(value, index, child)
        {
            (void)snprintf(inner, sizeof(inner), "%s%s%zu", path, dot, index);
            csv_walk(out, inner, child);
        }
    } else {
        csv_leaf(out, path, value);
    }
}

bool fdt_report_csv(const struct fdt_report *report, FILE *out)
{
    json_t *root = json_report(report);
    if (root == NULL) {
        return false;
    }
    (void)fputs("path,value\n", out);
    csv_walk(out, "", root);
    json_decref(root);
    return fflush(out) == 0 && ferror(out) == 0;
}

/* ---- text ---------------------------------------------------------------------------------------------------- */

static void text_range(FILE *out, struct phys_range range)
{
    (void)fprintf(out, "  %-18s  %-18s  %11s", hex(range.start.value).text, hex(phys_range_end(range)).text,
                  human(range.size).text);
}

static void text_heading(FILE *out, const char *title, const char *columns)
{
    (void)fprintf(out, "\n%s\n  %-18s  %-18s  %11s%s\n", title, "start", "end", "size", columns);
}

static void text_regions(FILE *out, const char *title, const struct ram_region *regions, uint32_t count)
{
    text_heading(out, title, "  node");
    for (uint32_t i = 0; i < count; i++) {
        text_range(out, regions[i].range);
        (void)fprintf(out, "  %4" PRIu32 "\n", regions[i].node);
    }
}

static void text_reservations(FILE *out, const struct memory_map *map)
{
    if (map->reserved_count == 0) {
        (void)fputs("\nReserved: nothing\n", out);
        return;
    }
    text_heading(out, "Reserved", "  kind        no-map  name");
    for (uint32_t i = 0; i < map->reserved_count; i++) {
        const struct reservation *reservation = &map->reserved[i];
        text_range(out, reservation->range);
        (void)fprintf(out, "  %-10s  %-6s  %s\n", reservation_kind_name(reservation->kind),
                      reservation->no_map ? "yes" : "-", clean(reservation->name).text);
    }
}

/* The hardware ids of one node's harts, neighbours in the tree with consecutive ids as a range. */
static void text_hart_ids(FILE *out, const struct memory_map *map, uint32_t node)
{
    const char *comma = "";
    for (uint32_t i = 0; i < map->hart_count;) {
        uint32_t next = i + 1;
        while (next < map->hart_count && map->hart_node[next] == map->hart_node[i] &&
               map->hart_reg[next] == map->hart_reg[next - 1] + 1) {
            next++;
        }
        if (map->hart_node[i] == node) {
            (void)fprintf(out, "%s%s", comma, hex(map->hart_reg[i]).text);
            if (next - i > 1) {
                (void)fprintf(out, "-%s", hex(map->hart_reg[next - 1]).text);
            }
            comma = ",";
        }
        i = next;
    }
    (void)fputs(comma[0] == '\0' ? "none" : "", out);
}

static void text_nodes(FILE *out, const struct memory_map *map)
{
    (void)fprintf(out, "\nNUMA nodes\n  %4s  %10s  %11s  distances; hart ids\n", "node", "id", "RAM");
    for (uint32_t node = 0; node < map->node_count; node++) {
        uint64_t bytes = 0;
        for (uint32_t i = 0; i < map->ram_count; i++) {
            bytes += map->ram[i].node == node ? map->ram[i].range.size : 0;
        }
        (void)fprintf(out, "  %4" PRIu32 "  %10" PRIu32 "  %11s ", node, map->node_id[node], human(bytes).text);
        for (uint32_t to = 0; to < map->node_count; to++) {
            (void)fprintf(out, " %u", map->distance[node][to]);
        }
        (void)fputs("; ", out);
        text_hart_ids(out, map, node);
        (void)fputc('\n', out);
    }
}

static void text_arenas(FILE *out, const struct fdt_report *report)
{
    char title[PATH_BYTES];
    (void)snprintf(title, sizeof(title), "Arenas for %.40s, before its shared state is taken", report->variant);
    text_heading(out, title, "  node  regions     usable frames        holes     metadata  metadata/GiB");
    for (uint32_t i = 0; i < report->arena_count; i++) {
        const struct arena_plan *plan = &report->arenas[i];
        text_range(out, (struct phys_range){frame_addr(plan->span.first), plan->span.count << FRAME_SHIFT});
        (void)fprintf(out, "  %4" PRIu32 "  %7" PRIu32 "  %16" PRIu64 "  %11s  %11s", plan->node, plan->region_count,
                      plan->usable_frames, human(plan->hole_frames << FRAME_SHIFT).text,
                      human(plan->metadata_bytes).text);
        (void)fprintf(out, "  %12s\n", human(bytes_per_gib(plan->metadata_bytes, plan->usable_frames)).text);
        (void)fprintf(out, "    metadata at %s, %" PRIu64 " bytes, %" PRIu64 " of them for holes\n",
                      hex(plan->metadata.start.value).text, plan->metadata_bytes, plan->hole_metadata_bytes);
    }
    if (report->skipped_count != 0) {
        text_heading(out, "Skipped", "  why");
    }
    for (uint32_t i = 0; i < report->skipped_count; i++) {
        text_range(out, report->skipped[i].region.range);
        (void)fprintf(out, "  %s\n", report->skipped[i].why);
    }
}

bool fdt_report_text(const struct fdt_report *report, FILE *out)
{
    const struct memory_map *map = report->map;
    const struct reservation *initrd = find_initrd(map);

    (void)fprintf(out, "%s: %s of RAM, %s free", clean(report->file).text,
                  human(sum_bytes(map->ram, map->ram_count)).text, human(sum_bytes(map->free, map->free_count)).text);
    (void)fprintf(out, "; %" PRIu32 " hart%s on %" PRIu32 " NUMA node%s\n", map->hart_count,
                  map->hart_count == 1 ? "" : "s", map->node_count, map->node_count == 1 ? "" : "s");
    if (map->disabled_memory_nodes != 0) {
        (void)fprintf(out, "memory nodes skipped for their status: %" PRIu32 "\n", map->disabled_memory_nodes);
    }
    (void)fprintf(out, "bootargs: %s\n", map->bootargs[0] != '\0' ? clean(map->bootargs).text : "none");
    if (initrd != NULL) {
        (void)fprintf(out, "initrd: %s at %s\n", human(initrd->range.size).text, hex(initrd->range.start.value).text);
    } else {
        (void)fputs("initrd: none\n", out);
    }

    text_regions(out, "RAM", map->ram, map->ram_count);
    text_reservations(out, map);
    text_regions(out, "Free, in whole frames", map->free, map->free_count);
    text_nodes(out, map);
    text_arenas(out, report);
    return fflush(out) == 0 && ferror(out) == 0;
}
