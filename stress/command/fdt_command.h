/* SPDX-License-Identifier: MIT
 * `framelab fdt FILE`: what a device tree says, and the arenas that an allocator would make of it. Plans only: no
 * memory is mapped, so a tree of any size can be looked at. */
#ifndef FRAMELAB_STRESS_FDT_COMMAND_H
#define FRAMELAB_STRESS_FDT_COMMAND_H

/* argv[0] is the sub-command's name. Returns the exit status: 0, 1 for a broken tree or one that gives no arena, 2 if
 * the file cannot be read; a wrong option ends the program with 2. One hart. */
int fdt_command(int argc, char **argv);

#endif
