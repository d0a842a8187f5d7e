# SPDX-License-Identifier: MIT
width = 13
height = 4.6
load papers . "/common.gp"
array way[2] = ["batch", "amortised"]
array label[2] = ["a bag at once", "one an operation"]
set multiplot layout 1,3 title title noenhanced
set logscale xy 2
set logscale y 10
set xtics (1, 2, 4, 8, 16, 32, 64)

set xlabel "harts"
set ylabel "ns"
set format y "10^{%L}"
set title "longest call that retires: epoch, bags of 128, simulated"
plot [0.9:70][10:1e6] for [i = 1:2] data index "worst " . way[i] using 1:2:3:4 with yerrorlines lt i title label[i]

set ylabel "operations in a microsecond"
set format y "%g"
unset key
set title "throughput of all harts, the same"
plot [0.9:70][0.1:100] for [i = 1:2] data index "rate " . way[i] using 1:2:3:4 with yerrorlines lt i

set xlabel "nodes in a bag"
set ylabel "ns"
set format y "10^{%L}"
set xtics (16, 128, 512)
set title "longest call, 8 harts"
plot [12:700][10:1e6] for [i = 1:2] data index "bags " . way[i] using 1:2:3:4 with yerrorlines lt i
unset multiplot
