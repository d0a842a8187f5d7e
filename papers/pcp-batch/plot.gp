# SPDX-License-Identifier: MIT
width = 13
height = 4.6
load papers . "/common.gp"
set multiplot layout 1,3 title title noenhanced
set logscale x
set xtics (63, 127, 255, 511, 1023, 2047)
set xlabel "frames a batch"

set title "throughput, of pages that are zeroed; 1 hart"
set ylabel "% above a batch of 63"
set key left top
plot [56:2300][-2:12] data index "Sapphire Rapids pages" using 1:2 with linespoints lt 11 title "Sapphire Rapids, published", \
    data index "Cascade Lake pages" using 1:2 with linespoints lt 14 title "Cascade Lake, published", \
    data index "sim pages" using 1:2:3:4 with yerrorlines lt 2 title "simulated", \
    data index "host pages" using 1:2:3:4 with yerrorlines lt 21 title "host"

set title "how long the lock is held for a refill"
set ylabel "times that of a batch of 63"
set logscale y
plot [56:2300][0.8:300] data index "proportional" using 1:2 with lines lt 20 title "proportional", \
    data index "Sapphire Rapids alloc" using 1:2 with linespoints lt 11 title "Sapphire Rapids, published", \
    data index "Sapphire Rapids p99" using 1:2 with linespoints lt 14 title "Sapphire Rapids, p99, published", \
    data index "refills sim" using 1:2 with linespoints lt 2 title "simulated", \
    data index "refills qemu" using 1:2 with linespoints lt 3 title "instructions in QEMU", \
    data index "p99 qemu" using 1:2 with points lt 23 title "instructions in QEMU, p99", \
    data index "refills host" using 1:2:3:4 with yerrorbars lt 21 title "host", \
    data index "neighbours qemu" using 1:2 with linespoints lt 6 title "instructions, neighbours"

set title "waiting for the lock"
set xlabel "refill traffic, % of that without larger lists"
set ylabel "% of time"
set xtics (5, 10, 20, 50, 100)
set key right bottom
plot [4:120][0.1:30] data index "V2" using 1:2 with points lt 11 title "kernel build, published, v2", \
    data index "V3" using 1:2 with points lt 14 title "kernel build, published, v3", \
    data index "sim waits" using 1:2 with linespoints lt 2 title "zeroed, 4 harts, simulated"
unset multiplot
