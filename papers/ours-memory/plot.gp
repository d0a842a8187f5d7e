# SPDX-License-Identifier: MIT
width = 12
height = 8.2
load papers . "/common.gp"
set multiplot layout 2,2 title title noenhanced

# When the hart is stopped, as a shaded stretch behind the curves.
stats data index "stop" using 1 nooutput
if (exists("STATS_min") && STATS_records > 0) {
    set object 1 rectangle from STATS_min, graph 0 to STATS_max, graph 1 behind fillcolor rgb "#eeeeee" fillstyle solid noborder
}
stats data index "limbo stopped-small" using 1 name "ROUNDS" nooutput
rounds = exists("ROUNDS_max") && ROUNDS_records > 0 ? ROUNDS_max : 1
set xlabel "rounds"
set title "limbo, one hart of 8 stopped (grey)"
set ylabel "entries in limbo"
set key left top
set logscale y
plot [0.5:rounds + 0.5][1:1000] data index "bound stopped-large" using 1:2 with lines lt 5 dashtype (4, 4) title "all entries there are, 256 MiB", \
    data index "limbo stopped-large" using 1:2 with linespoints lt 5 title "in limbo, 256 MiB", \
    data index "bound stopped-small" using 1:2 with lines lt 2 dashtype (4, 4) title "all entries there are, 64 MiB", \
    data index "limbo stopped-small" using 1:2 with linespoints lt 2 title "in limbo, 64 MiB"
unset logscale y

set title "what the other 7 harts take for a round"
set ylabel "simulated us"
plot [0.5:rounds + 0.5][0:150] data index "time stopped-large" using 1:2 with linespoints lt 5 title "256 MiB", \
    data index "time stopped-small" using 1:2 with linespoints lt 2 title "64 MiB"
unset object 1

# Zero stands at the foot of a logarithmic axis.
foot = 1.0
up(y) = y > foot ? y : foot
set logscale xy
set ytics ("0" 1, 10, 100, 1000, 10000)
set ylabel "frames free when an allocation is refused"
set key left top
set title "stranded in idle harts, against cache size; 4 harts"
set xlabel "frames per magazine"
set xtics (8, 16, 32, 64, 128, 256)
plot [7:290][0.7:1e6] data index "sizes lockfree" using 1:2:3:4 with yerrorlines lt 2 title "lockfree, no drain", \
    data index "sizes without-local lockfree" using 1:2:3:4 with yerrorlines lt 6 title "lockfree without local chunks, no drain", \
    data index "sizes baseline" using 1:2:3:4 with yerrorlines lt 1 title "baseline, no drain", \
    [8:256] 3 * 2 * x with lines lt 20 title "two magazines an idle hart", \
    data index "sizes drained lockfree" using 1:(up($2)) with linespoints lt 3 title "with the drain, both"
set title "and against harts; magazines of 64"
set xlabel "harts"
set xtics (2, 4, 8, 16, 32)
plot [1.8:36][0.7:1e6] data index "harts lockfree" using 1:2:3:4 with yerrorlines lt 2 title "lockfree, no drain", \
    data index "harts without-local lockfree" using 1:2:3:4 with yerrorlines lt 6 title "lockfree without local chunks, no drain", \
    data index "harts baseline" using 1:2:3:4 with yerrorlines lt 1 title "baseline, no drain", \
    [2:32] (x - 1) * 128 with lines lt 20 title "two magazines an idle hart", \
    data index "harts drained lockfree" using 1:(up($2)) with linespoints lt 3 title "with the drain, both"
unset multiplot
