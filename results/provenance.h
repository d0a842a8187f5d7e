/* SPDX-License-Identifier: MIT
 * Provenance: who measured, with what, on what. One JSON object; schema: results/README.md.
 *
 * What only the build knows comes as macros on the compiler's command line; one that is missing is recorded as
 * "unknown", never guessed:
 *   FRAMELAB_VERSION  "0.1.0"
 *   FRAMELAB_COMMIT   "1a2b3c4d5e6f"
 *   FRAMELAB_DIRTY    0 or 1, an integer: is what was compiled not what the commit has (.ci/commit);
 *                     without a commit it means nothing and null is recorded
 *   FRAMELAB_COMPILER "gcc (Debian 12.2.0-14) 12.2.0"; without it, what the compiler says of itself
 *   FRAMELAB_CFLAGS   "-std=gnu11 -O2 ..."
 *   FRAMELAB_OWN      "mine.c=sha256:... mine.h=sha256:...": a user's own variants; "" if there are none
 *   FRAMELAB_LIBS     "libfdt=1.6.1 ck=0.7.1 ...": name=version, blanks between
 * The host's name is not recorded: records are made to be published. */
#ifndef FRAMELAB_STRESS_PROVENANCE_H
#define FRAMELAB_STRESS_PROVENANCE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* The whole line as an object, with "type" and "id". `fdt_summary` is a JSON object in text, or NULL. `machine`, which
 * is taken, says by what machine it was if not by this one, under the key `kind`: "qemu", "machine_model"; NULL: by
 * this one. NULL with errno ENOMEM, or EINVAL if fdt_summary is not JSON. The time is that of SOURCE_DATE_EPOCH if it
 * is set, else now. */
json_t *provenance_make(int argc, char **argv, const char *fdt_summary, const char *kind, json_t *machine);

/* A "provenance" line of all that `content` holds but an "id" and "type" of its own, which it loses; its id is a hash
 * of that. A new reference, or NULL if out of memory. */
json_t *provenance_identify(json_t *content);

/* What this program is, in two lines without an end: "framelab 0.1.0 (1a2b3c4d5e6f, uncommitted changes)", and the
 * compiler and its flags. */
const char *provenance_version(void);

/* The files of a user's own variants (make OWN=FOLDER) that this program has, each with its hash: "mine.c sha256:...";
 * "" if there are none. */
const char *provenance_own(void);

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/; of a text, and of more bytes behind those that gave
 * `hash`, which is PROVENANCE_HASH_EMPTY of none. */
#define PROVENANCE_HASH_EMPTY UINT64_C(0xcbf29ce484222325)
uint64_t provenance_hash(const char *text);
uint64_t provenance_hash_more(uint64_t hash, const void *data, size_t bytes);

#endif
