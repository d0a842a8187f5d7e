# SPDX-License-Identifier: MIT
width = 13
height = 4.6
load papers . "/common.gp"
set multiplot layout 1,3 title title noenhanced
set logscale x
set xlabel "harts"
set xtics (1, 2, 4, 8)

# Zero has no place on a logarithmic axis: it stands at the axis' foot, and is labelled 0.
foot = 0.001
up(y) = y > foot ? y : foot
curve(by, size, variant, workload) = by . " " . size . " " . variant . " " . workload
set logscale y
set ylabel "transfers an operation"
set ytics ("0" 0.001, 0.01, 0.1, 1, 10, 100)
set key left top
do for [size in "frames chunks"] {
    set title size eq "frames" ? "single frames: lines from other harts" : "2 MiB chunks: lines from other harts"
    plot [0.9:9][0.0007:300] \
        data index curve("sim", size, "baseline", "rand") using 1:(up($2)) with linespoints lt 5 title "baseline, freed by others: simulated", \
        data index curve("plugin", size, "baseline", "rand") using 1:(up($2)) with linespoints lt 15 title "by the plugin", \
        data index curve("sim", size, "baseline", "bulk") using 1:(up($2)) with linespoints lt 1 title "baseline, freed by its own: simulated", \
        data index curve("plugin", size, "baseline", "bulk") using 1:(up($2)) with linespoints lt 11 title "by the plugin", \
        data index curve("sim", size, "lockfree", "rand") using 1:(up($2)) with linespoints lt 6 title "lockfree, freed by others: simulated", \
        data index curve("plugin", size, "lockfree", "rand") using 1:(up($2)) with linespoints lt 16 title "by the plugin", \
        data index curve("sim", size, "lockfree", "bulk") using 1:(up($2)) with linespoints lt 2 title "lockfree, freed by its own: simulated", \
        data index curve("plugin", size, "lockfree", "bulk") using 1:(up($2)) with linespoints lt 12 title "by the plugin"
}
set title "2 MiB chunks, baseline: waits for the lock"
set ylabel "waits in 1000 operations"
set ytics ("0" 1, 10, 100, 1000)
plot [0.9:9][0.7:10000] \
    data index "sim waits rand" using 1:(up($2) < 1 ? 1 : $2) with linespoints lt 5 title "freed by others: simulated", \
    data index "plugin waits rand" using 1:(up($2) < 1 ? 1 : $2) with linespoints lt 15 title "in QEMU", \
    data index "sim waits bulk" using 1:(up($2) < 1 ? 1 : $2) with linespoints lt 1 title "freed by its own: simulated", \
    data index "plugin waits bulk" using 1:(up($2) < 1 ? 1 : $2) with linespoints lt 11 title "in QEMU"
unset multiplot
