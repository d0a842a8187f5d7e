/* SPDX-License-Identifier: MIT
 * Reference counts of core/refcounts_kept.h, points 1 to 4: a group of two frames that was handed out as one, whose
 * frames then have an owner each, which shares its frame and drops it; and takers of what is free, a frame or both.
 *
 * Memory: sequentially consistent; what the code orders by give and take is ordered here. Covered: WHOLE cleared by a
 * load and a store of several owners at once; counts by compare-and-swap; whoever drops the last reference frees; what
 * is free has no reference, and as a group no WHOLE. Left out: DIRTY, runs of several groups, the bound of a count,
 * contents of frames.
 *
 * holds:    -DTAKERS=1
 * holds:    -DTAKERS=2
 * violated: -DREF_LEAVES_WHOLE       a reference to a frame of a group does not split it
 * violated: -DDROP_IS_NO_CAS         a reference is dropped by load and store
 * violated: -DSPLIT_LATE             WHOLE is cleared after the frame was given back
 * violated: -DLAST_IS_NOT_FREED      who drops the last reference forgets the frame */
#ifndef TAKERS
#define TAKERS 1
#endif
#define FRAMES 2

byte count[FRAMES];       /* a frame's word: count */
bit parity[FRAMES];       /* and parity */
bit group_parity = 1;     /* the group's byte: parity */
bit whole = 1;            /* and WHOLE: it is out as one, each frame has one reference */
byte free;                /* bits: frames in the allocator */
byte shared[FRAMES];      /* ghost: references that a sharer is to drop */
bool owner_done[FRAMES];
byte finished;

#define references(f) (count[f] + (parity[f] ^ group_parity))

inline split(kept)
{
    if
    :: whole -> kept = group_parity; atomic { group_parity = kept; whole = 0 }
    :: else
    fi;
    kept = 0
}

/* The caller owns the frame, and no one else has a reference. */
inline free_frame(f, kept)
{
    assert(references(f) == 1);
#ifdef SPLIT_LATE
    atomic { count[f] = 0; parity[f] = group_parity };
    atomic { free = free | (1 << f) };
    split(kept)
#else
    split(kept);
    atomic { count[f] = 0; parity[f] = group_parity };
    atomic { assert((free & (1 << f)) == 0); free = free | (1 << f) }
#endif
}

/* frame_unref: a reference less, or if it is the last the frame is freed. */
inline drop(f, seen, kept)
{
    do
    :: seen = count[f];
       if
       :: seen + (parity[f] ^ group_parity) <= 1 ->
#ifndef LAST_IS_NOT_FREED
           free_frame(f, kept);
#endif
           break
       :: else ->
#ifdef DROP_IS_NO_CAS
           count[f] = seen - 1;
           break
#else
           if :: atomic { count[f] == seen -> count[f] = seen - 1 } -> break :: else fi
#endif
       fi
    od;
    seen = 0
}

inline add(f, seen, kept)
{
#ifndef REF_LEAVES_WHOLE
    split(kept);
#endif
    do
    :: seen = count[f];
       if :: atomic { count[f] == seen -> count[f] = seen + 1 } -> break :: else fi
    od;
    seen = 0
}

/* Has one frame; may make a reference for the sharer. */
active [FRAMES] proctype owner()
{
    byte seen, kept;
    if
    :: add(_pid, seen, kept); shared[_pid]++; drop(_pid, seen, kept)
    :: drop(_pid, seen, kept)
    fi;
    owner_done[_pid] = true;
    finished++
}

active [FRAMES] proctype sharer()
{
    byte seen, kept;
    if
    :: atomic { shared[_pid - FRAMES] > 0 -> shared[_pid - FRAMES]-- } -> drop(_pid - FRAMES, seen, kept)
    :: owner_done[_pid - FRAMES] && shared[_pid - FRAMES] == 0
    fi;
    finished++
}

active [TAKERS] proctype taker()
{
    byte f, seen, kept;
    bool extra;
    do
    :: atomic { free == 3 -> free = 0 } ->
        assert(references(0) == 0 && references(1) == 0 && !whole);
        atomic { group_parity = 1 - group_parity; whole = 1 };
        assert(references(0) == 1 && references(1) == 1);
        /* May make a reference of its own. Freed as one, if it still is, or a frame after the other. */
        if
        :: add(0, seen, kept); extra = true
        :: skip
        fi;
        if
        :: whole ->
            assert(references(0) == 1 && references(1) == 1);
            atomic { group_parity = 1 - group_parity; whole = 0 };
            atomic { free = 3 }
        :: true ->
            if :: extra -> drop(0, seen, kept) :: else fi;
            free_frame(0, kept);
            free_frame(1, kept)
        fi;
        break
    :: atomic { (free & 1) && free != 3 -> free = free & 2; f = 0 } -> goto one
    :: atomic { (free & 2) && free != 3 -> free = free & 1; f = 1 } -> goto one
    :: finished >= 2 * FRAMES && free != 3 -> break
    od;
    goto done;
one:
    assert(references(f) == 0 && !whole);
    atomic { count[f] = 1; parity[f] = group_parity };
    free_frame(f, kept);
done:
    finished++
}

active proctype judge()
{
    finished == 2 * FRAMES + TAKERS -> assert(free == 3 && !whole && references(0) == 0 && references(1) == 0)
}
