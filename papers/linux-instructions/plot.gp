# SPDX-License-Identifier: MIT
width = 14
height = 6.2
legend = 4
load papers . "/common.gp"
set multiplot layout 1,3 @headline
set style fill solid 0.85 noborder
set offsets 0, 0, graph 0.05, 0

# Bars one on the other: columns 3 and 4 are where a part begins and ends.
do for [panel in "order-0 order-3 order-9"] {
    load papers . "/panel.gp"
    set xtics ("linux" 1, "baseline" 2, "lockfree" 3) scale 0
    set xlabel " "
    step = panel eq "order-9" ? 4000 : 500
    set ytics ("0" 0)
    do for [i = 1:10] { set ytics add (plain(step * i) step * i) }
    if (panel ne "order-0") { unset key } # all have the same
    plot [0.4:3.6][0:*] for [k = 1:words(shown)] data index at(k) - 1 \
        using 1:(0):($1 - 0.38):($1 + 0.38):3:4 with boxxyerror linetype at(k) title series_name[at(k)]
}
unset multiplot
