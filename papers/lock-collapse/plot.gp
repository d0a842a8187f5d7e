# SPDX-License-Identifier: MIT
width = 13
height = 4.6
load papers . "/common.gp"
set multiplot layout 1,3 title title noenhanced
set xlabel "harts"
set ylabel "ns an operation"
set logscale y
set format y "10^{%L}"
set logscale x 2
set xtics (1, 2, 4, 8, 16, 26)

set title "global lists: simulated (full), published (hollow)"
plot [1:32] data index "ListLocked" using 1:2 with linespoints lt 11 title "ListLocked, published", \
    data index "ListCAS" using 1:2 with linespoints lt 12 title "ListCAS, published", \
    data index "locked list" using 1:2:3:4 with yerrorlines lt 1 title "locked list", \
    data index "list by CAS" using 1:2:3:4 with yerrorlines lt 2 title "list by CAS", \
    data index "n (s + c n/2)" using 1:2 with lines lt 20 title "n (s + c n/2), fitted"

set title "one socket, simulated; + this host"
array name[5] = ["ticket-lock", "mcs-lock", "shared-counter", "own-counters", "treiber-stack"]
plot [0.9:32][1:] for [i = 1:5] data index name[i] using 1:2:3:4 with yerrorlines lt i title name[i], \
    for [i = 1:5] data index "host " . name[i] using 1:2 with points lt 20 + i

set title "sockets of 64, simulated; published (hollow)"
set xtics (1, 2, 4, 8, 16, 32, 64, 128, 256)
plot [1:300][1:] for [i = 1:5] data index "sockets " . name[i] using 1:2:3:4 with yerrorlines lt i title name[i], \
    data index "count_atomic" using 1:2 with linespoints lt 13 title "count\\_atomic, published", \
    data index "count_stat" using 1:2 with linespoints lt 14 title "count\\_stat, published"
unset multiplot
