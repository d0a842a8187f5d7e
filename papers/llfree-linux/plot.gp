# SPDX-License-Identifier: MIT
width = 13
height = 9.2
load papers . "/common.gp"
set multiplot layout 2,2 title title noenhanced
set logscale y
set key left top

set title "bulk allocation against harts"
set xlabel "harts"
set ylabel "ns an allocation"
set logscale x
set xtics (1, 2, 4, 8, 16, 26)
plot [0.9:30][1:3e6] data index "Linux order 9" using 1:2 with linespoints lt 11 title "Linux, order 9, published", \
    data index "Linux order 0" using 1:2 with linespoints lt 14 title "Linux, order 0, published", \
    data index "LLFree order 9" using 1:2 with linespoints lt 12 title "LLFree, order 9, published", \
    data index "LLFree order 0" using 1:2 with linespoints lt 16 title "LLFree, order 0, published", \
    data index "baseline order 9" using 1:2:3:4 with yerrorlines lt 1 title "baseline, order 9", \
    data index "baseline order 0" using 1:2:3:4 with yerrorlines lt 4 title "baseline, order 0", \
    data index "lockfree order 9" using 1:2:3:4 with yerrorlines lt 2 title "lockfree, order 9", \
    data index "lockfree order 0" using 1:2:3:4 with yerrorlines lt 6 title "lockfree, order 0"

unset logscale x
set xlabel "order"
set xtics 1
set title "repeat: a pair against order, 8 harts"
set ylabel "ns a pair"
plot [-0.3:10.3][1:1e6] data index "Linux repeat" using 1:2 with linespoints lt 11 title "Linux, published", \
    data index "LLFree repeat" using 1:2 with linespoints lt 12 title "LLFree, published", \
    data index "baseline repeat" using 1:2:3:4 with yerrorlines lt 1 title "baseline", \
    data index "lockfree repeat" using 1:2:3:4 with yerrorlines lt 2 title "lockfree"

set title "bulk: an allocation against order, 8 harts"
set ylabel "ns an allocation"
plot [-0.3:10.3][1:1e6] data index "Linux bulk" using 1:2 with linespoints lt 11 title "Linux, published", \
    data index "LLFree bulk" using 1:2 with linespoints lt 12 title "LLFree, published", \
    data index "baseline bulk" using 1:2:3:4 with yerrorlines lt 1 title "baseline", \
    data index "lockfree bulk" using 1:2:3:4 with yerrorlines lt 2 title "lockfree"

set title "repeat: a pair against order, 8 harts, in Linux itself"
set ylabel "instructions a pair"
plot [-0.3:10.3][50:1e5] data index "linux counted" using 1:2:3:4 with yerrorlines lt 7 title "Linux 6.1, in QEMU", \
    data index "lockfree counted" using 1:2:3:4 with yerrorlines lt 2 title "lockfree, there"
unset multiplot
