# SPDX-License-Identifier: MIT
width = 13
height = 4.6
load papers . "/common.gp"
set multiplot layout 1,3 title title noenhanced

set title "visits to the global allocator, counted"
set xlabel "frames per magazine, M"
set ylabel "visits an operation"
set logscale xy
set xtics (1, 2, 4, 8, 16, 32, 64)
set format y "%g"
set key left bottom
plot [0.9:72][2e-6:1] data index "sim one adversary" using 1:2 with linespoints lt 1 title "one magazine, adversary", \
    data index "sim one walk" using 1:2 with linespoints lt 11 title "one magazine, random walk", \
    data index "bound" using 1:2 with lines lt 20 lw 2 title "1/M", \
    data index "sim two bulk" using 1:2 with points lt 14 pointsize 1.3 title "two magazines, bulk", \
    data index "sim two adversary" using 1:2 with linespoints lt 2 title "two magazines, adversary", \
    data index "sim two walk" using 1:2 with linespoints lt 12 title "two magazines, random walk", \
    data index "qemu one adversary" using 1:2 with points lt 27 title "the same in QEMU", \
    data index "qemu two bulk" using 1:2 with points lt 27, \
    data index "qemu two adversary" using 1:2 with points lt 27

unset logscale
set title "bursts of every length, M = 8"
set xlabel "run length L"
set xtics 8
set key left top horizontal
plot [0:49][0:0.15] data index "bound 8" using 1:2 with lines lt 20 lw 2 title "1/M", \
    data index "sim one bursts" using 1:2 with linespoints lt 11 title "one magazine", \
    data index "sim two bursts" using 1:2 with linespoints lt 2 title "two magazines", \
    data index "qemu two bursts" using 1:2 with points lt 27 title "the same in QEMU"

set title "allocation and free, repeated"
set xlabel "harts"
set ylabel "pairs per µs, all harts"
set logscale xy
set xtics (1, 2, 4, 8, 16, 32, 64)
set key left top vertical
plot [0.9:72][0.1:1e6] data index "baseline" using 1:2:3:4 with yerrorlines lt 1 title "baseline, magazines", \
    data index "lockfree" using 1:2 with points lt 12 pointsize 1.2 title "lockfree, magazines", \
    data index "mcs" using 1:2:3:4 with yerrorlines lt 4 title "baseline without, queued lock", \
    data index "ticket" using 1:2:3:4 with yerrorlines lt 5 title "baseline without, ticket lock", \
    data index "magazines" using 1:2 with linespoints lt 13 title "magazines, published", \
    data index "slab allocator" using 1:2 with linespoints lt 17 title "slab allocator, published"
unset multiplot
