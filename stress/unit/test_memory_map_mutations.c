/* SPDX-License-Identifier: MIT
 * Valid trees with bytes flipped, replaced, moved, cut off and added, many thousand times, always the same ones: the
 * reader never crashes, and whatever it accepts is a sound map. Made for -fsanitize=address,undefined: each mutant
 * lies in memory of exactly its size. */
#include "default_fdt.h"
#include "random.h"
#include "tree_builder.h"
#include "tree_check.h"

#define RAM UINT64_C(0x80000000)
#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

#define SEED UINT64_C(0x66647421)
#define MUTANTS 20000u
#define MUTATIONS_MAX 6u
#define GROWTH_MAX 64u

/* ---- the trees that are mutated ------------------------------------------------------------------------------ */

static void build_everything(void)
{
    static const uint64_t pairs[] = {RAM + 64 * MIB, MIB, 0x1000, 0x1000};
    tree_open_reserving(2, 2, pairs, 2);
    tree_memory_on_node(RAM, GIB, 3);
    tree_memory_on_node(RAM + 2 * GIB, GIB, 5);
    tree_node("memory@0");
    tree_text("status", "disabled");
    tree_cells("reg", U64(0), U64(MIB));
    tree_end();
    tree_reserved(RAM, MIB / 2);
    tree_node("chosen");
    tree_text("bootargs", "console=ttyS0");
    tree_cells("linux,initrd-start", 0x84000000);
    tree_cells("linux,initrd-end", U64(0x84000801));
    tree_cells("linux,elfcorehdr", U64(0x86000000), U64(0x1000));
    tree_cells("linux,usable-memory-range", U64(RAM), U64(GIB / 2), U64(RAM + 2 * GIB), U64(GIB));
    tree_cells("#address-cells", 1);
    tree_cells("#size-cells", 1);
    tree_node("module@87000000");
    tree_cells("reg", 0x87000000, 0x1000);
    tree_end();
    tree_end();
    tree_node("cpus");
    tree_cells("#address-cells", 1);
    tree_cells("#size-cells", 0);
    for (uint32_t i = 0; i < 3; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "cpu@%u", i);
        tree_node(name);
        tree_text("device_type", "cpu");
        tree_text("status", i > 0 ? "disabled" : "okay");
        tree_cells("reg", i);
        if (i == 1) {
            tree_text("enable-method", "spin-table");
        }
        tree_cells("numa-node-id", i == 0 ? 3 : 5);
        tree_end();
    }
    tree_end();
    tree_node("distance-map");
    tree_text("compatible", "numa-distance-map-v1");
    tree_cells("distance-matrix", 3, 3, 10, 3, 5, 21, 5, 3, 22, 5, 5, 10);
    tree_end();
    tree_close();
}

static void build_small_cells(void)
{
    tree_open_reserving(1, 1, NULL, 0);
    tree_node("memory@80000000");
    tree_cells("reg", 0x80000000, 0x10000000, 0xa0000000, 0x10000000);
    tree_end();
    tree_node("reserved-memory");
    tree_cells("#address-cells", 1);
    tree_cells("#size-cells", 1);
    tree_bytes("ranges", NULL, 0);
    tree_node("one");
    tree_cells("reg", 0x80000000, 0x1001);
    tree_bytes("no-map", NULL, 0);
    tree_end();
    tree_end();
    tree_close();
}

static void build_default(void)
{
    struct default_fdt_options options = {4 * GIB, 4, 2, "quiet"};
    assert_int_equal(default_fdt_write(tree.bytes, DEFAULT_FDT_BYTES_MAX, &options), 0);
}

/* ---- mutations ----------------------------------------------------------------------------------------------- */

struct mutant {
    unsigned char bytes[16384 + GROWTH_MAX];
    size_t size;
};

/* Where the values of the tree's properties lie, as (offset, bytes). */
static struct {
    size_t offset, bytes;
} values[256];
static uint32_t value_count;

static void find_values(void)
{
    value_count = 0;
    for (int node = 0; node >= 0; node = fdt_next_node(tree.bytes, node, NULL)) {
        int property;
        fdt_for_each_property_offset(property, tree.bytes, node)
        {
            int bytes;
            const char *value = fdt_getprop_by_offset(tree.bytes, property, NULL, &bytes);
            if (bytes > 0) {
                assert_true(value_count < sizeof(values) / sizeof(values[0]));
                values[value_count].offset = (size_t)(value - (const char *)tree.bytes);
                values[value_count++].bytes = (size_t)bytes;
            }
        }
    }
}

/* Mostly inside a value, else in the structure block: a broken structure is refused early and teaches little, a
 * broken header even less. */
static size_t random_offset(struct random *random, const struct mutant *mutant)
{
    uint64_t i = random_below(random, value_count);
    size_t structure = fdt_off_dt_struct(tree.bytes) + (size_t)random_below(random, fdt_size_dt_struct(tree.bytes));
    size_t value = values[i].offset + (size_t)random_below(random, values[i].bytes);
    if (value < mutant->size && !random_one_in(random, 12)) {
        return value;
    }
    return structure < mutant->size && !random_one_in(random, 4) ? structure
                                                                 : (size_t)random_below(random, mutant->size);
}

static void put_word(struct random *random, struct mutant *mutant)
{
    static const uint32_t words[] = {0,  1,  2,          3,          4,          5,          9,
                                     10, 12, 0x80000000, 0x7fffffff, UINT32_MAX, 0xfffff000, 0x1000};
    size_t at = random_offset(random, mutant) & ~(size_t)3;
    fdt32_t word = cpu_to_fdt32(words[random_below(random, sizeof(words) / sizeof(words[0]))]);
    if (at + sizeof(word) <= mutant->size) {
        memcpy(&mutant->bytes[at], &word, sizeof(word));
    }
}

static void move_block(struct random *random, struct mutant *mutant)
{
    size_t from = random_offset(random, mutant) & ~(size_t)3;
    size_t to = random_offset(random, mutant) & ~(size_t)3;
    size_t bytes = 4 * (size_t)random_between(random, 1, 4);
    if (from + bytes <= mutant->size && to + bytes <= mutant->size) {
        memmove(&mutant->bytes[to], &mutant->bytes[from], bytes);
    }
}

/* Cuts off the end, or adds to it; half of the time the header knows. */
static void resize(struct random *random, struct mutant *mutant)
{
    if (random_one_in(random, 2)) {
        mutant->size = (size_t)random_between(random, 1, mutant->size);
    } else {
        size_t more = (size_t)random_between(random, 1, GROWTH_MAX);
        size_t room = sizeof(mutant->bytes) - mutant->size;
        mutant->size += more < room ? more : room;
    }
    if (random_one_in(random, 2) && mutant->size >= FDT_V1_SIZE) {
        fdt_set_totalsize(mutant->bytes, (uint32_t)mutant->size);
    }
}

static void mutate(struct random *random, struct mutant *mutant)
{
    switch (random_below(random, 32)) {
    case 0:
        resize(random, mutant);
        break;
    case 1:
    case 2:
    case 3:
        move_block(random, mutant);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        mutant->bytes[random_offset(random, mutant)] ^= (unsigned char)(1u << random_below(random, 8));
        break;
    case 8:
    case 9:
    case 10:
    case 11:
        mutant->bytes[random_offset(random, mutant)] = (unsigned char)random_next(random);
        break;
    default:
        put_word(random, mutant);
        break;
    }
}

static void mutate_tree(void (*build)(void), uint64_t stream)
{
    static struct mutant mutant;
    static struct tree_check check;
    struct random random = random_stream(SEED, stream);
    uint32_t accepted = 0;
    uint32_t with_arenas = 0;

    build();
    find_values();
    assert_true(fdt_totalsize(tree.bytes) <= sizeof(mutant.bytes) - GROWTH_MAX);
    for (uint32_t i = 0; i < MUTANTS; i++) {
        memset(&mutant, 0, sizeof(mutant));
        mutant.size = fdt_totalsize(tree.bytes);
        memcpy(mutant.bytes, tree.bytes, mutant.size);
        for (uint64_t n = random_between(&random, 1, MUTATIONS_MAX); n > 0; n--) {
            mutate(&random, &mutant);
        }
        void *exact = malloc(mutant.size);
        assert_non_null(exact);
        memcpy(exact, mutant.bytes, mutant.size);
        const char *broken = tree_broken(&check, exact, mutant.size);
        free(exact);
        if (broken != NULL) {
            fail_msg("seed 0x%llx, stream %llu, mutant %u: %s", (unsigned long long)SEED, (unsigned long long)stream, i,
                     broken);
        }
        accepted += check.accepted;
        with_arenas += check.arenas > 0;
    }
    print_message("%u mutants: %u accepted (%u with arenas), %u refused\n", MUTANTS, accepted, with_arenas,
                  MUTANTS - accepted);
    /* Else this would test only one of the two ways out. */
    assert_true(accepted > MUTANTS / 20 && MUTANTS - accepted > MUTANTS / 20);
    assert_true(with_arenas > MUTANTS / 20);
}

static void P3_mutants_of_a_tree_with_everything(void **state)
{
    (void)state;
    mutate_tree(build_everything, 0);
}

static void P3_mutants_of_a_tree_of_one_cell(void **state)
{
    (void)state;
    mutate_tree(build_small_cells, 1);
}

static void P3_mutants_of_the_default_tree(void **state)
{
    (void)state;
    mutate_tree(build_default, 2);
}

static void the_trees_themselves_hold(void **state)
{
    static struct tree_check check;
    (void)state;
    build_everything();
    assert_null(tree_broken(&check, tree.bytes, fdt_totalsize(tree.bytes)));
    assert_true(check.accepted);
    assert_int_equal(check.arenas, 2);
    build_small_cells();
    assert_null(tree_broken(&check, tree.bytes, fdt_totalsize(tree.bytes)));
    assert_true(check.accepted);
    build_default();
    assert_null(tree_broken(&check, tree.bytes, fdt_totalsize(tree.bytes)));
    assert_true(check.accepted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P3_mutants_of_a_tree_with_everything),
        cmocka_unit_test(P3_mutants_of_a_tree_of_one_cell),
        cmocka_unit_test(P3_mutants_of_the_default_tree),
        cmocka_unit_test(the_trees_themselves_hold),
    };
    return cmocka_run_group_tests_name("memory_map_mutations", tests, NULL, NULL);
}
