/* SPDX-License-Identifier: MIT
 * The link duty of lockfree/index.h, point 2: givers that set bits of a chunk, takers that pop its index node, take a
 * bit, and put the node back or drop it.
 *
 * Memory: sequentially consistent, as these four accesses are. Covered: (I), bits are set ==> linked, or some hart is
 * about to look; a node is never pushed twice; both looks, each made before the write that it must follow (the weaker
 * orders). Left out: the stacks themselves (grace.pml), limbo, scans, local chunks, a hart that stops.
 *
 * holds:    -DGIVERS=2 -DTAKERS=2
 * holds:    -DGIVERS=3 -DTAKERS=3
 * violated: -DNO_LOOK                a giver that found the word 0 does not look
 * violated: -DNO_SECOND_LOOK         who dropped does not look again
 * violated: -DGIVE_LOOKS_EARLY       the giver reads `linked` before its bits are set
 * violated: -DDROP_LOOKS_EARLY       who drops reads the bits before `linked` is cleared
 * violated: -DCLAIM_IS_NO_CAS        two claim */
#ifndef GIVERS
#define GIVERS 2
#endif
#ifndef TAKERS
#define TAKERS 2
#endif

byte free;     /* bits that are set */
bit linked;
byte on_stack; /* times that the node is on the stack */
byte finished;

inline claim()
{
#ifdef CLAIM_IS_NO_CAS
    if :: linked == 0 -> linked = 1; duty = true :: else fi
#else
    atomic { if :: linked == 0 -> linked = 1; duty = true :: else fi }
#endif
}

inline put() { assert(on_stack == 0); on_stack++ }

active [GIVERS] proctype giver()
{
    bool was_empty, duty, seen;
#ifdef GIVE_LOOKS_EARLY
    seen = linked;
    atomic { was_empty = (free == 0); free++ };
    if :: was_empty && seen == 0 -> claim() :: else fi;
#else
    atomic { was_empty = (free == 0); free++ };
#ifndef NO_LOOK
    if :: was_empty -> claim() :: else fi;
#endif
#endif
    if :: duty -> put() :: else fi;
    finished++
}

active [TAKERS] proctype taker()
{
    bool duty, seen;
    if
    :: atomic { on_stack > 0 -> on_stack-- } ->
        atomic { if :: free > 0 -> free-- :: else fi };
        if
        :: free > 0 -> put()
        :: else ->
#ifdef DROP_LOOKS_EARLY
            seen = (free > 0);
            linked = 0;
#else
            linked = 0;
            seen = (free > 0);
#endif
#ifndef NO_SECOND_LOOK
            if :: seen -> claim() :: else fi;
#endif
            if :: duty -> put() :: else fi
        fi
    :: skip
    fi;
    finished++
}

active proctype judge()
{
    finished == GIVERS + TAKERS ->
        assert(on_stack <= 1 && (free == 0 || linked == 1) && (linked == 0 || on_stack == 1))
}
