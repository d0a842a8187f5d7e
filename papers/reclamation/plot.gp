# SPDX-License-Identifier: MIT
width = 11
height = 8
load papers . "/common.gp"
array ours[3] = ["qsbr", "epoch", "hp"]
array theirs[3] = ["QSBR", "EBR", "HPBR"]
array label[3] = ["quiescent states", "epochs", "hazard pointers"]
set multiplot layout 2,2 title title noenhanced
set xlabel "harts"
set ylabel "ns an operation"
set logscale y
set format y "10^{%L}"
set logscale x 2
set xtics (1, 2, 3, 4, 5, 6, 7, 13, 26)

set title "queue, all write: simulated (full), published (hollow)"
set key bottom right noreverse Right
plot [0.9:32][10:] for [i = 1:3] data index "queue " . ours[i] using 1:2:3:4 with yerrorlines lt i title label[i], \
    for [i = 1:3] data index "queue " . theirs[i] using 1:2 with linespoints lt 10 + i title theirs[i] . ", published"

set title "list, all read: 1 node (full), 10 nodes (dots), published (hollow)"
unset logscale x
unset key
array thick[3] = [1.5, 5, 1.5]
plot [0.5:7.5][1:1000] for [i = 1:3] data index "read " . ours[i] using 1:2 with linespoints lt i lw thick[i], \
    for [i = 1:3] data index "read-10 " . ours[i] using 1:2 with linespoints lt i dashtype 3, \
    for [i = 1:3] data index "read " . theirs[i] using 1:2 with linespoints lt 10 + i

set logscale x 2
set xtics (1, 2, 4, 8, 16, 32)
set xlabel "harts on two cores"
set ylabel "ns from one operation to the next"
set title "memory short, who waits spins: host (full), published (hollow)"
plot [0.9:40][10:1e6] for [i = 1:3] data index "spin " . ours[i] using 1:2:3:4 with yerrorlines lt i title label[i], \
    for [i = 1:3] data index "spin " . theirs[i] using 1:2 with linespoints lt 10 + i title theirs[i] . ", published"

set key top left reverse Left maxrows 6 noautotitle
set title "memory short, who waits yields: host (full), published (hollow)"
plot [0.9:40][10:1e6] for [i = 1:3] data index "yield " . ours[i] using 1:2:3:4 with yerrorlines lt i title label[i], \
    for [i = 1:3] data index "yield " . theirs[i] using 1:2 with linespoints lt 10 + i title theirs[i] . ", published"
unset multiplot
