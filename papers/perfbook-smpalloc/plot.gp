# SPDX-License-Identifier: MIT
width = 13
height = 4.6
load papers . "/common.gp"
set multiplot layout 1,3 title title noenhanced
set xlabel "run length L"
set xtics (1, 3, 6, 9, 12, 15, 18, 21, 24)
set key right top

set title "a pool under a lock: baseline, published"
set ylabel "pairs per µs, all harts"
set logscale y
plot [0:25][1:2000] data index "one thread" using 1:2 with linespoints lt 12 title "published, 1 thread", \
    data index "two threads" using 1:2 with linespoints lt 11 title "published, 2 threads", \
    data index "sim baseline 1" using 1:2:3:4 with yerrorlines lt 2 title "simulated, 1 hart", \
    data index "sim baseline 2" using 1:2:3:4 with yerrorlines lt 1 title "simulated, 2 harts", \
    data index "host baseline 1" using 1:2:3:4 with yerrorbars lt 22 title "host, 1 hart", \
    data index "host baseline 2" using 1:2:3:4 with yerrorbars lt 21 title "host, 2 harts"

set title "a pool without a lock: lockfree"
plot [0:25][1:2000] data index "sim lockfree 1" using 1:2:3:4 with yerrorlines lt 2 title "simulated, 1 hart", \
    data index "sim lockfree 2" using 1:2:3:4 with yerrorlines lt 1 title "simulated, 2 harts", \
    data index "host lockfree 1" using 1:2:3:4 with yerrorbars lt 22 title "host, 1 hart", \
    data index "host lockfree 2" using 1:2:3:4 with yerrorbars lt 21 title "host, 2 harts"

set title "visits to the pool, counted; s = 3"
unset logscale y
set ylabel "visits a pair"
set key left top
plot [0:25][0:0.8] data index "formula" using 1:2 with lines lt 20 title "2 ⌈(L − 2s) / s⌉ / L", \
    data index "visits sim baseline" using 1:2 with points lt 1 title "baseline, simulated", \
    data index "visits sim lockfree" using 1:2 with points lt 12 title "lockfree, simulated", \
    data index "visits qemu baseline" using 1:2 with points lt 23 title "both, QEMU", \
    data index "visits qemu lockfree" using 1:2 with points lt 23
unset multiplot
