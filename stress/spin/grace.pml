/* SPDX-License-Identifier: MIT
 * The grace period of lockfree/reclaim.h, point 1, with the source of reclaim_epoch.c: harts that pop off a stack in
 * sections and push again when the cookie has passed, and one that polls.
 *
 * Memory: sequentially consistent, but for the controls. Covered: ABA, a pop whose compare-and-swap succeeds with a
 * stale next; every node is on the stack or in limbo once; limbo emptied of what has passed; the two words of the
 * epoch, CK's and `source`, moved one after the other. Left out: words that come round, several pollers, tags, liburcu,
 * an entry that a hart which ended had on its way.
 *
 * Grace is 3 in the code, where 2 is enough if the fences do what they say, and without the fence in reclaim_enter 3:
 *
 * holds:    -DGRACE=2
 * long:     -DGRACE=3 -DLOADS_RUN_AHEAD -DPOLLS=4
 * violated: -DGRACE=2 -DNOTHING_LEAVES   what leaves limbo is pushed: the first line says something,
 * violated: -DGRACE=3 -DLOADS_RUN_AHEAD -DPOLLS=4 -DNOTHING_LEAVES  and the second
 * violated: -DGRACE=1                    too short
 * violated: -DGRACE=2 -DLOADS_RUN_AHEAD  a section reads the head before it notes the epoch
 * violated: -DGRACE=2 -DCOOKIE_EARLY     the cookie is taken before the pop, and before the section
 * violated: -DGRACE=2 -DNOBODY_IS_ASKED  the epoch moves without a look at the harts
 * violated: -DGRACE=2 -DLIMBO_LETS_ALL_OUT  whatever is in limbo is pushed */
#ifndef GRACE
#define GRACE 2
#endif
#ifndef POLLS
#define POLLS 3
#endif
#define HARTS 2
#define POPS 2
#define NODES 2
#define NONE 7

byte head = 0, next[NODES] = { 1, NONE }; /* node 0 on node 1 */
byte epoch = 4, source = 4;      /* CK's word; the same of 64 bits */
bool inside[HARTS];              /* a record: in a section, */
byte noted[HARTS];               /* begun at */
byte cookie[NODES];
bool in_limbo[NODES];
byte finished;

inline push(node, top)
{
    do
    :: top = head;
       next[node] = top;
       if :: atomic { head == top -> head = node } -> break :: else fi
    od;
    top = NONE
}

active [HARTS] proctype hart()
{
    byte pops, node, after, top = NONE, early;
    do
    :: pops < POPS ->
        pops++;
#ifdef COOKIE_EARLY
        early = epoch;
#endif
#ifdef LOADS_RUN_AHEAD
        inside[_pid] = true;
        node = head;
        if :: node != NONE -> after = next[node] :: else fi;
        noted[_pid] = epoch;
#else
        inside[_pid] = true;
        noted[_pid] = epoch;
        node = head;
        if :: node != NONE -> after = next[node] :: else fi;
#endif
        if
        :: atomic { node != NONE && head == node -> assert(next[node] == after); head = after };
#ifdef COOKIE_EARLY
            cookie[node] = early;
#else
            cookie[node] = epoch;
#endif
            inside[_pid] = false;
            if
            :: source >= cookie[node] + GRACE -> push(node, top)
            :: else -> in_limbo[node] = true
            fi
        :: else -> inside[_pid] = false
        fi;
        node = NONE; after = 0; early = 0
    :: pops == POPS -> break
    od;
    finished++
}

active proctype poller()
{
    byte polls, seen, i, top = NONE;
    bool all;
    do
    :: polls < POLLS ->
        polls++;
        seen = epoch;
        all = true;
        i = 0;
#ifndef NOBODY_IS_ASKED
        do
        :: i < HARTS -> all = all && (!inside[i] || noted[i] == seen); i++
        :: else -> break
        od;
#endif
        if
        :: all -> epoch = seen + 1; source = seen + 1
        :: else
        fi;
        i = 0;
        do
        :: i < NODES ->
            if
#ifdef LIMBO_LETS_ALL_OUT
            :: in_limbo[i] ->
#else
            :: in_limbo[i] && source >= cookie[i] + GRACE ->
#endif
#ifdef NOTHING_LEAVES
                assert(false);
#endif
                in_limbo[i] = false;
                push(i, top)
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0; seen = 0
    :: polls == POLLS -> break
    od;
    finished++
}

init
{
    finished == HARTS + 1;
    atomic {
        byte i, on_stack[NODES], at = head;
        do
        :: at != NONE -> on_stack[at]++; assert(on_stack[at] == 1); at = next[at]
        :: else -> break
        od;
        assert(on_stack[0] + in_limbo[0] == 1 && on_stack[1] + in_limbo[1] == 1)
    }
}
