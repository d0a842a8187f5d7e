# SPDX-License-Identifier: MIT
width = 13
height = 4.6
load papers . "/common.gp"
set multiplot layout 1,3 title title noenhanced
set logscale xy
set xlabel "harts"
set ylabel "ns"
set key left top

set title "bulk: an allocation"
set xtics (1, 2, 4, 8, 16, 26)
plot [0.9:30][1:1e7] data index "ListLocked" using 1:2 with linespoints lt 11 title "ListLocked, published", \
    data index "ListCAS" using 1:2 with linespoints lt 13 title "ListCAS, published", \
    data index "ListLocal" using 1:2 with linespoints lt 14 title "ListLocal, published", \
    data index "LLFree alloc" using 1:2 with linespoints lt 12 title "LLFree, published", \
    data index "locked list" using 1:2:3:4 with yerrorlines lt 1 title "locked list", \
    data index "list by CAS" using 1:2:3:4 with yerrorlines lt 3 title "list by CAS", \
    data index "own lists" using 1:2:3:4 with yerrorlines lt 4 title "own lists", \
    data index "lockfree alloc" using 1:2:3:4 with yerrorlines lt 2 title "lockfree"

set title "rand: a free, of frames that others took"
plot [0.9:30][1:1e7] data index "ListLocked free" using 1:2 with linespoints lt 11 title "ListLocked, published", \
    data index "ListCAS free" using 1:2 with linespoints lt 13 title "ListCAS, published", \
    data index "LLFree free" using 1:2 with linespoints lt 12 title "LLFree, published", \
    data index "lockfree free" using 1:2:3:4 with yerrorlines lt 2 title "lockfree"

set title "lockfree on two sockets"
set xtics (1, 8, 32, 64, 128)
plot [0.9:150][1:1e4] data index "far rand free" using 1:2:3:4 with yerrorlines lt 1 title "rand, free", \
    data index "far rand alloc" using 1:2:3:4 with yerrorlines lt 2 title "rand, allocation", \
    data index "far repeat" using 1:2:3:4 with yerrorlines lt 4 title "repeat, pair", \
    data index "far bulk free" using 1:2:3:4 with yerrorlines lt 5 title "bulk, free", \
    data index "far bulk alloc" using 1:2:3:4 with yerrorlines lt 6 title "bulk, allocation"
unset multiplot
