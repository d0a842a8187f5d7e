/* SPDX-License-Identifier: MIT
 * Coalescing of a chunk, lockfree/chunk.h, points 2 and 3: harts that give the last bits of its words, and one that
 * takes a bit and gives it back.
 *
 * Memory: sequentially consistent. Covered: when all is given the chunk is coalesced, by exactly one; a coalescer that
 * fails half way gives back and looks again. Left out: the contents of frames, the index, chunks of holes; words have
 * two bits here, a chunk two words.
 *
 * holds:    -DTAKERS=1
 * holds:    -DTAKERS=2
 * violated: -DNO_LOOK_AGAIN     who gives back does not look again
 * violated: -DLOOKS_EARLY       the look at the other word comes before the give
 * violated: -DKEEPS_WHAT_IT_HAD what had been taken when another word failed is not given back
 * violated: -DTAKES_BY_STORE    a word is cleared by load and store */
#ifndef TAKERS
#define TAKERS 1
#endif
#define WORDS 2
#define FULL 3
#define GIVERS 4

byte words[WORDS]; /* bits of each */
byte whole;        /* times that the chunk lies whole in its chunk bitmap */
byte finished;

inline take_word(w, good)
{
#ifdef TAKES_BY_STORE
    if :: words[w] == FULL -> words[w] = 0; good = true :: else -> good = false fi
#else
    atomic { if :: words[w] == FULL -> words[w] = 0; good = true :: else -> good = false fi }
#endif
}

/* After a give that made a word all ones, or after one's own giving back. */
inline coalesce()
{
    do
    :: words[0] == FULL ->
        if
        :: words[1] == FULL ->
            take_word(0, first);
            if
            :: first ->
                take_word(1, second);
                if
                :: second -> whole++; assert(whole == 1); break
                :: else ->
#ifndef KEEPS_WHAT_IT_HAD
                    words[0] = words[0] | FULL;
#endif
#ifdef NO_LOOK_AGAIN
                    break
#endif
                fi
            :: else -> break /* whoever took a bit of it gives it back, and looks */
            fi
        :: else -> break
        fi
    :: else -> break
    od
}

inline give(bit_)
{
#ifdef LOOKS_EARLY
    other = words[1 - (bit_ / 2)];
#endif
    atomic { words[bit_ / 2] = words[bit_ / 2] | (1 << (bit_ % 2)); filled = (words[bit_ / 2] == FULL) };
#ifdef LOOKS_EARLY
    if :: filled && other == FULL -> coalesce() :: else fi
#else
    if :: filled -> coalesce() :: else fi
#endif
}

active [GIVERS] proctype giver()
{
    bool filled, first, second;
    byte other;
    give(_pid);
    finished++
}

active [TAKERS] proctype taker()
{
    bool filled, first, second;
    byte other, taken;
    if
    :: atomic { (words[0] & 1) -> words[0] = words[0] & 2 } -> give(0)
    :: atomic { (words[1] & 2) -> words[1] = words[1] & 1 } -> give(3)
    :: skip
    fi;
    finished++
}

active proctype judge()
{
    finished == GIVERS + TAKERS -> assert(whole == 1 && words[0] == 0 && words[1] == 0)
}
