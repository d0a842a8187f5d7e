/* SPDX-License-Identifier: MIT
 * QEMU's header for plugins includes GLib's from QEMU 9 on, for two types in functions that no plugin of ours calls.
 * They are declared here, so that GLib's headers need not be there. */
#ifndef FRAMELAB_QEMU_PLUGIN_GLIB_H
#define FRAMELAB_QEMU_PLUGIN_GLIB_H

typedef struct _GArray GArray;
typedef struct _GByteArray GByteArray;

#endif
