/* SPDX-License-Identifier: MIT
 * A plugin of QEMU's translator (TCG) that counts what harts do between markers (contract.h): instructions, of each
 * hart and by block of code, and what their accesses would be to private caches (directory.h). The one file that knows
 * QEMU.
 *
 *   -plugin count.so,out=FILE[,blocks=on][,caches=on][,l1=SETS:WAYS][,l2=SETS:WAYS][,code=ADDRESS]
 *
 * README.md says what the words mean and what comes out. With a thread a hart (mttcg) one lock is around all of it. */
#include <inttypes.h>
#include <pthread.h>
#include <qemu-plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "directory.h"
#include "instruction.h"
#include "profile.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/* Private caches of a core as servers have them: 48 KiB and 1 MiB. */
#define L1_PRESET ((struct cache_shape){.sets = 64, .ways = 12})
#define L2_PRESET ((struct cache_shape){.sets = 1024, .ways = 16})

struct hart {
    bool begun;
    uint32_t rests; /* that it is in */
    uint64_t instructions;
};

static struct {
    pthread_mutex_t lock;
    enum instruction_set set;
    FILE *out;
    struct profile *profile;     /* NULL: not asked for */
    struct directory *directory; /* likewise */
    struct cache_shape l1, l2;
    uint64_t code; /* accesses count of instructions from here on */
    uint64_t segment;
    struct hart harts[DIRECTORY_HARTS_MOST];
    uint32_t hart_count;
} plugin = {.lock = PTHREAD_MUTEX_INITIALIZER, .l1 = L1_PRESET, .l2 = L2_PRESET};

/* Instructions that are executed one after the other, of which a callback is told: a block of QEMU's, or a single one.
 */
struct piece {
    uint64_t address, instructions;
    struct profile_block *block; /* NULL: nobody asked for it */
    struct piece *next;
};

static _Noreturn void give_up(const char *why)
{
    (void)fprintf(stderr, "framelab: the plugin: %s\n", why);
    exit(2);
}

/* ---- output ---- */

static void write_directory(void)
{
    const struct directory_counts *counts = directory_counts(plugin.directory);
    (void)fprintf(plugin.out,
                  ",\"accesses\":%" PRIu64 ",\"l1_misses\":%" PRIu64 ",\"l2_misses\":%" PRIu64 ",\"transfers\":%" PRIu64
                  ",\"upgrades\":%" PRIu64 ",\"misses\":%" PRIu64 ",\"invalidations\":%" PRIu64,
                  counts->accesses, counts->l1_misses, counts->l2_misses, counts->transfers, counts->upgrades,
                  counts->misses, counts->invalidations);
}

static void tell(void)
{
    (void)fprintf(plugin.out, "{\"segment\":%" PRIu64 ",\"hart_instructions\":[", plugin.segment++);
    for (uint32_t i = 0; i < plugin.hart_count; i++) {
        (void)fprintf(plugin.out, "%s%" PRIu64, i > 0 ? "," : "", plugin.harts[i].instructions);
    }
    (void)fputs("]", plugin.out);
    if (plugin.directory != NULL) {
        write_directory();
    }
    if (plugin.profile != NULL) {
        (void)fputs(",\"blocks\":", plugin.out);
        if (!profile_write(plugin.profile, plugin.out)) {
            give_up("no memory");
        }
    }
    (void)fputs("}\n", plugin.out);
    if (fflush(plugin.out) != 0) {
        give_up("its output is lost");
    }
}

/* ---- what harts do ---- */

static struct hart *counted(unsigned int cpu)
{
    struct hart *hart = cpu < DIRECTORY_HARTS_MOST ? &plugin.harts[cpu] : NULL;
    return hart != NULL && hart->begun && hart->rests == 0 ? hart : NULL;
}

static void start(void)
{
    for (uint32_t i = 0; i < DIRECTORY_HARTS_MOST; i++) {
        plugin.harts[i].instructions = 0;
    }
    if (plugin.directory != NULL) {
        directory_clear_counts(plugin.directory);
    }
    if (plugin.profile != NULL) {
        profile_clear(plugin.profile);
    }
}

static void on_mark(unsigned int cpu, void *mark)
{
    if (cpu >= DIRECTORY_HARTS_MOST) {
        return;
    }
    struct hart *hart = &plugin.harts[cpu];
    (void)pthread_mutex_lock(&plugin.lock);
    switch ((uintptr_t)mark) {
    case MARK_BEGIN:
        *hart = (struct hart){.begun = true, .instructions = hart->instructions};
        break;
    case MARK_END:
        hart->begun = false;
        break;
    case MARK_REST:
        hart->rests++;
        break;
    case MARK_RESUME:
        hart->rests -= hart->rests > 0;
        break;
    case MARK_START:
        start();
        break;
    default:
        tell();
    }
    (void)pthread_mutex_unlock(&plugin.lock);
}

static void on_piece(unsigned int cpu, void *context)
{
    const struct piece *piece = context;
    (void)pthread_mutex_lock(&plugin.lock);
    struct hart *hart = counted(cpu);
    if (hart != NULL) {
        hart->instructions += piece->instructions;
        if (piece->block != NULL) {
            piece->block->instructions += piece->instructions;
        }
    }
    (void)pthread_mutex_unlock(&plugin.lock);
}

/* `exclusive`: not NULL if a load, too, needs the line alone. */
static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *exclusive)
{
    (void)pthread_mutex_lock(&plugin.lock);
    if (counted(cpu) != NULL &&
        !directory_access(plugin.directory, cpu, address, 1U << qemu_plugin_mem_size_shift(info),
                          exclusive != NULL || qemu_plugin_mem_is_store(info))) {
        give_up("no memory");
    }
    (void)pthread_mutex_unlock(&plugin.lock);
}

/* ---- translation ---- */

static uint32_t word_of(const struct qemu_plugin_insn *instruction)
{
    uint32_t word = 0;
    size_t bytes = qemu_plugin_insn_size(instruction);
    bytes = bytes < sizeof word ? bytes : sizeof word;
#if QEMU_PLUGIN_VERSION >= 3
    (void)qemu_plugin_insn_data(instruction, &word, bytes);
#else
    memcpy(&word, qemu_plugin_insn_data(instruction), bytes);
#endif
    return word;
}

#define BUCKETS 4096u

/* QEMU calls back with a pointer, which must live as long as the translation may: until the end. One for all
 * translations of the same. */
static struct piece *piece_of(uint64_t address, uint64_t instructions)
{
    static struct piece *buckets[BUCKETS];
    struct piece **bucket = &buckets[(address / 2 + instructions) % BUCKETS];
    for (struct piece *piece = *bucket; piece != NULL; piece = piece->next) {
        if (piece->address == address && piece->instructions == instructions) {
            return piece;
        }
    }
    struct piece *piece = malloc(sizeof *piece);
    struct profile_block *block = plugin.profile != NULL ? profile_block(plugin.profile, address) : NULL;
    if (piece == NULL || (plugin.profile != NULL && block == NULL)) {
        give_up("no memory");
    }
    *piece = (struct piece){.address = address, .instructions = instructions, .block = block, .next = *bucket};
    *bucket = piece;
    return piece;
}

static bool has_mark(const struct qemu_plugin_tb *block)
{
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        const struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        if (instruction_mark(plugin.set, word_of(instruction), qemu_plugin_insn_size(instruction)) != 0) {
            return true;
        }
    }
    return false;
}

static void translate_instruction(struct qemu_plugin_insn *instruction)
{
    uint32_t word = word_of(instruction);
    size_t bytes = qemu_plugin_insn_size(instruction);
    uint32_t mark = instruction_mark(plugin.set, word, bytes);
    if (mark != 0) {
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_mark, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)mark);
    }
    if (plugin.directory != NULL && qemu_plugin_insn_vaddr(instruction) >= plugin.code) {
        bool exclusive = instruction_takes_exclusive(plugin.set, word, bytes);
        qemu_plugin_register_vcpu_mem_cb(instruction, on_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
                                         (void *)(uintptr_t)exclusive);
    }
}

/* Instructions are counted where a block begins; in one with a marker, each by itself, since the count turns there. */
static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    bool whole = !has_mark(block);
    uint64_t address = qemu_plugin_tb_vaddr(block);
    (void)pthread_mutex_lock(&plugin.lock);
    if (whole) {
        qemu_plugin_register_vcpu_tb_exec_cb(block, on_piece, QEMU_PLUGIN_CB_NO_REGS,
                                             piece_of(address, qemu_plugin_tb_n_insns(block)));
    }
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        if (!whole) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_piece, QEMU_PLUGIN_CB_NO_REGS,
                                                   piece_of(qemu_plugin_insn_vaddr(instruction), 1));
        }
        translate_instruction(instruction);
    }
    (void)pthread_mutex_unlock(&plugin.lock);
}

/* ---- the beginning ---- */

static bool read_shape(const char *text, struct cache_shape *shape)
{
    int end = 0;
    return sscanf(text, "%" SCNu32 ":%" SCNu32 "%n", &shape->sets, &shape->ways, &end) == 2 && text[end] == '\0';
}

static bool read_word(const char *word, bool *blocks, bool *caches)
{
    char *end = NULL;
    if (strncmp(word, "out=", 4) == 0 && plugin.out == NULL) {
        plugin.out = fopen(word + 4, "we");
        return plugin.out != NULL;
    }
    if (strncmp(word, "code=", 5) == 0) {
        plugin.code = strtoull(word + 5, &end, 0);
        return end != word + 5 && *end == '\0';
    }
    if (strncmp(word, "l1=", 3) == 0) {
        return read_shape(word + 3, &plugin.l1);
    }
    if (strncmp(word, "l2=", 3) == 0) {
        return read_shape(word + 3, &plugin.l2);
    }
    *blocks |= strcmp(word, "blocks=on") == 0;
    *caches |= strcmp(word, "caches=on") == 0;
    return strcmp(word, "blocks=on") == 0 || strcmp(word, "caches=on") == 0;
}

static int refuse(const char *why, const char *what)
{
    (void)fprintf(stderr, "framelab: the plugin: %s%s\n", why, what);
    return 1;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    bool blocks = false, caches = false;
    plugin.set = instruction_set_of(info->target_name);
    if (plugin.set == INSTRUCTIONS_UNKNOWN || !info->system_emulation) {
        return refuse("it knows no markers of ", info->target_name);
    }
    for (int i = 0; i < argc; i++) {
        if (!read_word(argv[i], &blocks, &caches)) {
            return refuse("it cannot do ", argv[i]);
        }
    }
    plugin.hart_count = (uint32_t)info->system.smp_vcpus;
    plugin.profile = blocks ? profile_new() : NULL;
    plugin.directory = caches ? directory_new(plugin.hart_count, plugin.l1, plugin.l2) : NULL;
    if (plugin.out == NULL || (blocks && plugin.profile == NULL) || (caches && plugin.directory == NULL)) {
        return refuse("no such caches, no memory, or no out=", "");
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    return 0;
}
