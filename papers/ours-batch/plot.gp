# SPDX-License-Identifier: MIT
width = 13
height = 5.4
load papers . "/common.gp"
set multiplot layout 1,2 title title noenhanced
unset key
unset grid
set border 0
set tics scale 0
set xlabel "frames per magazine"
set ylabel "frames a batch"
set xtics ("1" 0, "2" 1, "4" 2, "8" 3, "16" 4, "32" 5, "64" 6)
set ytics ("1" 0, "2" 1, "4" 2, "8" 3, "16" 4, "32" 5, "64" 6)
set style fill solid noborder
set palette defined (0 "#f7fbff", 0.5 "#6baed6", 1 "#08306b")
unset colorbox
two(k) = sprintf("%02d", int(2 ** k))
log2(x) = log(x) / log(2)
cell(what, k) = what . " " . two(k)

set title "accesses to the global allocator in 100 operations, the worst of all traces"
set logscale cb
set cbrange [1:100]
# Behind the map, the bound of each row.
set label 1 "bound" at 7.05, 6.75 center textcolor rgb "#D55E00"
do for [k = 0:6] { set label 10 + k sprintf("%.3g", 100.0 / 2 ** k) at 7.05, k center textcolor rgb "#D55E00" }
set arrow 1 from 6.6, -0.5 to 6.6, 6.5 nohead linecolor rgb "#D55E00" linewidth 1.5
plot [-0.55:7.4][-0.55:7] \
    for [k = 0:6] data index cell("accesses", k) using (log2($1)):(k):(0.47):(0.47):2 with boxxyerror linecolor palette, \
    for [k = 0:6] data index cell("accesses", k) using (log2($1)):(k):(sprintf("%.3g", $2)):($2 > 15 ? 0xffffff : 0x202020) \
        with labels textcolor rgb variable
do for [k = 0:6] { unset label 10 + k }
unset label 1
unset arrow 1

set title "simulated ns an operation, frames freed by the other hart (rand)"
unset logscale cb
set cbrange [14:40]
plot [-0.55:7.4][-0.55:7] \
    for [k = 0:6] data index cell("time", k) using (log2($1)):(k):(0.47):(0.47):2 with boxxyerror linecolor palette, \
    for [k = 0:6] data index cell("time", k) using (log2($1)):(k):(sprintf("%.0f", $2)):($2 > 28 ? 0xffffff : 0x202020) \
        with labels textcolor rgb variable
unset multiplot
