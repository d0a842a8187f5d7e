# SPDX-License-Identifier: MIT
width = 13
height = 8.2
load papers . "/common.gp"
set multiplot layout 2,3 title title noenhanced
set logscale x
set xlabel "harts"
set xtics (1, 2, 4, 8, 16, 32, 64, 128)

# Zero has no place on a logarithmic axis: it stands at the axis' foot, and is labelled 0.
foot = 0.001
up(y) = y > foot ? y : foot
curve(what, size, variant, workload) = what . " " . size . " " . variant . " " . workload
do for [size in "frames chunks"] {
    noun = size eq "frames" ? "single frames" : "2 MiB chunks"
    set logscale y
    set format y "%g"

    set title noun . ": lines from other harts"
    set ylabel "transfers an operation"
    set ytics ("0" 0.001, 0.01, 0.1, 1, 10, 100)
    set key left top
    plot [0.9:150][0.0007:300] \
        data index curve("transfers", size, "baseline", "rand") using 1:(up($2)) with linespoints lt 5 title "baseline, freed by others (rand)", \
        data index curve("transfers", size, "baseline", "bulk") using 1:(up($2)) with linespoints lt 1 title "baseline, freed by its own (bulk)", \
        data index curve("transfers", size, "lockfree", "rand") using 1:(up($2)) with linespoints lt 6 title "lockfree, freed by others", \
        data index curve("transfers", size, "lockfree", "bulk") using 1:(up($2)) with linespoints lt 2 title "lockfree, freed by its own"

    set title noun . ": lost races"
    set ylabel "failed compare-and-swaps in 1000 operations"
    set ytics ("0" 0.001, 0.01, 0.1, 1, 10, 100, 1000)
    plot [0.9:150][0.0007:10000] 1 with lines lt 20 title "U6: at most 1, bulk", \
        data index curve("retries", size, "baseline", "rand") using 1:(up($2)) with linespoints lt 5, \
        data index curve("retries", size, "baseline", "bulk") using 1:(up($2)) with linespoints lt 1, \
        data index curve("retries", size, "lockfree", "rand") using 1:(up($2)) with linespoints lt 6, \
        data index curve("retries", size, "lockfree", "bulk") using 1:(up($2)) with linespoints lt 2

    set title noun . ": fairness"
    set ylabel "throughput of the slowest hart over the fastest's"
    unset logscale y
    set ytics 0.2
    set key left bottom
    plot [0.9:150][0:1.05] 0.7 with lines lt 20 title "U7: at least 0.7", \
        data index curve("fairness", size, "baseline", "rand") using 1:2:3:4 with yerrorlines lt 5, \
        data index curve("fairness", size, "baseline", "bulk") using 1:2:3:4 with yerrorlines lt 1, \
        data index curve("fairness", size, "lockfree", "rand") using 1:2:3:4 with yerrorlines lt 6, \
        data index curve("fairness", size, "lockfree", "bulk") using 1:2:3:4 with yerrorlines lt 2
}
unset multiplot
