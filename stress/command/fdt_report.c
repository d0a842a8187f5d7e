/* SPDX-License-Identifier: MIT
 * The three ways of saying what a device tree holds; fdt_report.h. CSV is made from the JSON, so the two cannot
 * disagree. Text out of the tree (names, bootargs) may hold any byte: what is not printable ASCII is shown as \xNN,
 * so that it can neither break the JSON nor drive a terminal. */
#include "fdt_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "flat.h"
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

/* An integer; a string above 2^63, which only a tree that claims exabytes reaches. */
static json_t *json_count(uint64_t value)
{
    return value <= INT64_MAX ? json_integer((json_int_t)value) : json_string(hex(value).text);
}

static json_t *json_range(struct phys_range range)
{
    return json_pack("{s:s, s:o}", "start", hex(range.start.value).text, "size_bytes", json_count(range.size));
}

static json_t *json_run(struct frame_run run)
{
    return json_range((struct phys_range){frame_addr(run.first), run.count << FRAME_SHIFT});
}

/* A range that has more keys: takes `more`. */
static json_t *json_range_with(json_t *range, json_t *more)
{
    if (more == NULL || json_object_update(range, more) != 0) {
        json_decref(range);
        range = NULL;
    }
    json_decref(more);
    return range;
}

static json_t *json_regions(const struct ram_region *regions, uint32_t count)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < count; i++) {
        array = flat_append(array, json_range_with(json_range(regions[i].range),
                                                   json_pack("{s:o}", "node", json_count(regions[i].node))));
    }
    return array;
}

static json_t *json_reservations(const struct memory_map *map)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < map->reserved_count; i++) {
        const struct reservation *reservation = &map->reserved[i];
        json_t *more = json_pack("{s:s, s:b, s:s}", "kind", reservation_kind_name(reservation->kind), "no_map",
                                 (int)reservation->no_map, "name", clean(reservation->name).text);
        array = flat_append(array, json_range_with(json_range(reservation->range), more));
    }
    return array;
}

static json_t *json_harts(const struct memory_map *map)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < map->hart_count; i++) {
        array = flat_append(
            array, json_pack("{s:s, s:o}", "reg", hex(map->hart_reg[i]).text, "node", json_count(map->hart_node[i])));
    }
    return array;
}

static json_t *json_notes(const struct memory_map *map)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < MEMORY_MAP_NOTE_COUNT; i++) {
        if ((map->notes >> i & 1) != 0) {
            array = flat_append(array, json_string(memory_map_note_text((enum memory_map_note)i)));
        }
    }
    return array;
}

static json_t *json_nodes(const struct memory_map *map)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < map->node_count; i++) {
        json_t *distances = json_array();
        for (uint32_t to = 0; to < map->node_count; to++) {
            distances = flat_append(distances, json_count(map->distance[i][to]));
        }
        array = flat_append(array, json_pack("{s:o, s:o}", "id", json_count(map->node_id[i]), "distances", distances));
    }
    return array;
}

static json_t *json_arena(const struct arena_plan *plan)
{
    json_t *regions = json_array();
    for (uint32_t i = 0; i < plan->region_count; i++) {
        regions = flat_append(regions, json_run(plan->regions[i]));
    }
    json_t *more =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "node", json_count(plan->node), "usable_frames",
                  json_count(plan->usable_frames), "hole_frames", json_count(plan->hole_frames), "regions", regions,
                  "metadata", json_range(plan->metadata), "metadata_bytes", json_count(plan->metadata_bytes),
                  "hole_metadata_bytes", json_count(plan->hole_metadata_bytes), "metadata_bytes_per_gib",
                  json_count(bytes_per_gib(plan->metadata_bytes, plan->usable_frames)));
    return json_range_with(json_run(plan->span), more);
}

/* The whole report, or NULL if memory ran out. */
static json_t *json_report(const struct fdt_report *report)
{
    const struct memory_map *map = report->map;
    const struct reservation *initrd = find_initrd(map);
    json_t *arenas = json_array(), *skipped = json_array();
    for (uint32_t i = 0; i < report->arena_count; i++) {
        arenas = flat_append(arenas, json_arena(&report->arenas[i]));
    }
    for (uint32_t i = 0; i < report->skipped_count; i++) {
        const struct skipped_region *region = &report->skipped[i];
        json_t *more = json_pack("{s:o, s:s}", "node", json_count(region->region.node), "why", region->why);
        skipped = flat_append(skipped, json_range_with(json_range(region->region.range), more));
    }
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}",
                     "file", clean(report->file).text, "bootargs", clean(map->bootargs).text, "initrd",
                     initrd != NULL ? json_range(initrd->range) : json_null(), "ram_bytes",
                     json_count(sum_bytes(map->ram, map->ram_count)), "free_bytes",
                     json_count(sum_bytes(map->free, map->free_count)), "hart_count", json_count(map->hart_count),
                     "node_count", json_count(map->node_count), "disabled_memory_nodes",
                     json_count(map->disabled_memory_nodes), "disabled_cpu_nodes", json_count(map->disabled_cpu_nodes),
                     "notes", json_notes(map), "ram", json_regions(map->ram, map->ram_count), "reserved",
                     json_reservations(map), "free", json_regions(map->free, map->free_count), "harts", json_harts(map),
                     "nodes", json_nodes(map), "variant", report->variant, "hole_metadata_limit_bytes",
                     json_count(report->hole_metadata_limit_bytes), "arenas", arenas, "skipped", skipped);
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
    if (map->disabled_cpu_nodes != 0) {
        (void)fprintf(out, "cpu nodes skipped for their status: %" PRIu32 "\n", map->disabled_cpu_nodes);
    }
    for (uint32_t i = 0; i < MEMORY_MAP_NOTE_COUNT; i++) {
        if ((map->notes >> i & 1) != 0) {
            (void)fprintf(out, "note: %s\n", memory_map_note_text((enum memory_map_note)i));
        }
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
