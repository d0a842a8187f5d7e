# SPDX-License-Identifier: MIT
width = 14.5
height = 4.6
load papers . "/common.gp"
set multiplot layout 1,3 title title noenhanced

set title "free whole chunks, 2 harts"
set xlabel "rounds"
set ylabel "% of memory"
plot [0:101][0:75] data index "LLFree" using 1:2 with linespoints lt 12 title "LLFree, published (50 % free)", \
    data index "Linux" using 1:2 with linespoints lt 11 title "Linux, published", \
    data index "host lockfree" using 1:2 with linespoints lt 2 title "lockfree, host (55 % free)", \
    data index "host baseline" using 1:2 with linespoints lt 1 title "baseline, host", \
    data index "sim lockfree" using 1:2 with points lt 22 title "lockfree, simulated", \
    data index "sim baseline" using 1:2 with points lt 21 title "baseline, simulated"

set title "frames that a compaction would have to move"
set logscale y
set format y "%g"
set key left bottom
plot [0:101][0.01:100] data index "LLFree moves" using 1:2 with linespoints lt 12 title "LLFree, published", \
    data index "Linux moves" using 1:2 with linespoints lt 11 title "Linux, published", \
    data index "host lockfree moves" using 1:2 with linespoints lt 2 title "lockfree, host", \
    data index "host baseline moves" using 1:2 with linespoints lt 1 title "baseline, host", \
    data index "sim lockfree moves" using 1:2 with points lt 22 title "lockfree, simulated", \
    data index "sim baseline moves" using 1:2 with points lt 21 title "baseline, simulated"
set key left top

set title "an operation of lockfree, 1 hart"
set xlabel "% of memory out"
set ylabel "ns"
set logscale y
plot [0:101][1:1000] data index "LLFree free" using 1:2 with linespoints lt 11 title "LLFree, free, published", \
    data index "LLFree alloc" using 1:2 with linespoints lt 12 title "LLFree, allocation, published", \
    data index "fill-host alloc" using 1:2 with linespoints lt 2 title "allocation, host", \
    data index "fill-host free" using 1:2 with linespoints lt 1 title "free, host", \
    data index "fill-sim alloc" using 1:2 with linespoints lt 6 title "allocation, simulated", \
    data index "fill-sim free" using 1:2 with linespoints lt 5 title "free, simulated"
unset multiplot
