# SPDX-License-Identifier: MIT
width = 13
height = 4.6
load papers . "/common.gp"
set multiplot layout 1,3 title title noenhanced
set logscale xy
set xtics (1, 2, 4, 8, 16, 32)
set xlabel "harts"
set format y "%g"

set title "single frames"
set ylabel "ns, an allocation and its free"
plot [0.9:36][10:3e5] data index "frames baseline repeat" using 1:2:3:4 with yerrorlines lt 1 title "lock: cached allocation (repeat)", \
    data index "frames baseline bulk" using 1:2:3:4 with yerrorlines lt 5 title "lock: Linux scalability (bulk)", \
    data index "frames baseline rand" using 1:2:3:4 with yerrorlines lt 4 title "lock: others free (rand)", \
    data index "frames lockfree repeat" using 1:2:3:4 with yerrorlines lt 2 title "no lock: cached allocation", \
    data index "frames lockfree bulk" using 1:2:3:4 with yerrorlines lt 6 title "no lock: Linux scalability", \
    data index "frames lockfree rand" using 1:2:3:4 with yerrorlines lt 3 title "no lock: others free"

set title "runs of 16 frames"
plot [0.9:36][10:3e5] data index "runs baseline repeat" using 1:2:3:4 with yerrorlines lt 1, \
    data index "runs baseline bulk" using 1:2:3:4 with yerrorlines lt 5, \
    data index "runs baseline rand" using 1:2:3:4 with yerrorlines lt 4, \
    data index "runs lockfree repeat" using 1:2:3:4 with yerrorlines lt 2, \
    data index "runs lockfree bulk" using 1:2:3:4 with yerrorlines lt 6, \
    data index "runs lockfree rand" using 1:2:3:4 with yerrorlines lt 3

set title "constant occupancy (fill), single frames"
set ylabel "pairs per µs, all harts"
plot [0.9:36][1:5000] data index "lockfree 50%" using 1:2:3:4 with yerrorlines lt 2 title "no lock, 10 and 50 %", \
    data index "lockfree 90%" using 1:2 with points lt 13 pointsize 1.2 title "no lock, 90 %", \
    data index "lockfree 99%" using 1:2:3:4 with yerrorlines lt 6 title "no lock, 99 %", \
    data index "baseline 50%" using 1:2:3:4 with yerrorlines lt 1 title "lock, 10 to 99 %"
unset multiplot
