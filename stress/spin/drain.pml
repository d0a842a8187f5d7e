/* SPDX-License-Identifier: MIT
 * The drain handshake of core/hart_cache.h, points 3, 4 and 8: an owner of a cache, an interrupt handler of the same
 * hart, and drainers that empty the cache.
 *
 * Memory: the owner's stores wait. Those to `inside` become visible in their order, so do those to the magazine, but
 * between the two in any order; a release store waits for the magazine's before it; the heavy barrier makes all
 * visible. A hart sees its own stores. A drainer's store to the magazine waits until its release of `emptying`.
 * Covered: the owner's load of `drain` before its store of `inside` is visible; drainers that give up anywhere; two of
 * them at one cache; a handler between any two steps of the owner.
 * Left out: loads that run ahead of loads; the words of bypass_seq and transfers; harts that leave or end; several
 * magazines; a drain by the handler.
 *
 * holds:    -DSECTIONS=2 -DDRAINERS=1 -DHANDLERS=1
 * holds:    -DSECTIONS=1 -DDRAINERS=2 -DHANDLERS=1
 * long:     -DSECTIONS=2 -DDRAINERS=2 -DHANDLERS=1
 * long:     -DSECTIONS=3 -DDRAINERS=1 -DDRAINS=2 -DHANDLERS=1
 * violated: -DNO_HEAVY_BARRIER        the drainer's barrier is none
 * violated: -DNO_EMPTYING             nobody says who is at the cache
 * violated: -DEXIT_IS_RELAXED         hart_exit's store does not wait for the magazine's
 * violated: -DEMPTIED_IS_RELAXED      the drainer opens the cache before its store to the magazine is visible
 * violated: -DHANDLER_TAKES_NO_NOTICE a handler begins a section inside another
 * violated: -DINSIDE_IS_NOT_AWAITED   the drainer does not look at `inside` */
#ifndef SECTIONS
#define SECTIONS 2
#endif
#ifndef DRAINERS
#define DRAINERS 2
#endif
#ifndef DRAINS
#define DRAINS 1
#endif
#ifndef HANDLERS
#define HANDLERS 1
#endif
#define FRAMES 4
#define OUTSIDE 0
#define IN_SECTION 1
#define PAST 2

byte inside, drain, emptying, magazine = 2; /* as memory has them */
byte global = 1, out = 1;                   /* frames in the global allocator, and allocated */
byte own_inside, own_magazine = 2;          /* as the owner's hart sees them */
byte issued, visible;                       /* stores to the magazine */
chan inside_stores = [4] of { byte, byte }; /* value, stores to the magazine that come first */
chan magazine_stores = [4] of { byte };
byte at_magazine;                           /* ghost: how many touch the magazine */
bool handling;                              /* the handler runs, the owner does not */
byte finished;

active proctype memory()
{
    byte value, first;
end:
    do
    :: atomic { magazine_stores?value -> magazine = value; visible++; value = 0 }
    :: atomic { inside_stores?[_, _] -> inside_stores?<value, first>;
                if :: visible >= first -> inside_stores?inside, _ :: else fi; value = 0; first = 0 }
    od
}

inline all_visible()
{
    do :: magazine_stores?[_] -> magazine_stores?magazine; visible++ :: empty(magazine_stores) -> break od;
    do :: inside_stores?[_, _] -> inside_stores?inside, _ :: empty(inside_stores) -> break od
}

inline store_inside(value, first) { atomic { own_inside = value; inside_stores!value, first } }

inline store_magazine(value) { atomic { own_magazine = value; issued++; magazine_stores!own_magazine } }

inline in_global()
{
    if
    :: atomic { global > 0 -> global--; out++ }
    :: atomic { out > 0 -> out--; global++ }
    :: else
    fi
}

/* An allocation or a free of the owner's hart. */
inline operation()
{
    if
#ifndef HANDLER_TAKES_NO_NOTICE
    :: own_inside != OUTSIDE -> in_global()
#endif
    :: else ->
        store_inside(IN_SECTION, 0);
        if
        :: atomic { drain == 0 -> at_magazine++; assert(at_magazine == 1);
                    /* What the drainer left is what the hart sees: none of its own stores waits then. */
                    if :: issued == visible -> own_magazine = magazine :: else fi }
            count = own_magazine;
            if
            :: count > 0 -> store_magazine(count - 1); out++
            :: atomic { out > 0 -> out-- }; store_magazine(count + 1)
            :: count == 0 && out == 0 -> skip
            fi;
            at_magazine--;
#ifdef EXIT_IS_RELAXED
            store_inside(OUTSIDE, 0)
#else
            store_inside(OUTSIDE, issued)
#endif
        :: drain > 0 ->
            store_inside(OUTSIDE, issued);
            store_inside(PAST, issued);
            in_global();
            store_inside(OUTSIDE, issued)
        fi;
        count = 0
    fi
}

active proctype owner() provided (!handling)
{
    byte sections, count;
    do
    :: sections < SECTIONS -> sections++; operation()
    :: sections == SECTIONS -> break
    od;
    finished++
}

active proctype handler()
{
    byte handled, count;
    do
    :: handled < HANDLERS -> handling = true; handled++; operation(); handling = false
    :: break
    od;
    finished++
}

active [DRAINERS] proctype drainer()
{
    byte drains, found;
    bool mine;
    do
    :: drains < DRAINS ->
        drains++;
        drain++;
#ifndef NO_HEAVY_BARRIER
        atomic { all_visible() };
#endif
        mine = false;
        if
#ifdef INSIDE_IS_NOT_AWAITED
        :: true ->
#else
        :: inside != IN_SECTION ->
#endif
#ifdef NO_EMPTYING
            mine = true
#else
            if :: atomic { emptying == 0 -> emptying = 1; mine = true } :: skip fi
#endif
        :: skip /* out of patience */
        fi;
        if
        :: mine ->
            at_magazine++;
            assert(at_magazine == 1);
            found = magazine;
            global = global + found;
            at_magazine--;
#ifndef EMPTIED_IS_RELAXED
            magazine = 0;
#endif
            emptying = 0;
            drain--;
#ifdef EMPTIED_IS_RELAXED
            magazine = 0;
#endif
            found = 0
        :: else -> drain--
        fi
    :: drains == DRAINS -> break
    od;
    finished++
}

active proctype judge()
{
    (finished == DRAINERS + 2 && empty(inside_stores) && empty(magazine_stores)) ->
        assert(magazine + global + out == FRAMES && inside == OUTSIDE && drain == 0 && emptying == 0)
}
