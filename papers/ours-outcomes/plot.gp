# SPDX-License-Identifier: MIT
width = 11
height = 8.6
legend = 2
load papers . "/common.gp"
set multiplot layout 2,2 @headline
set grid xtics

# A curve begins, with its marker, at its outcome's quickest operation: where all were as quick it is the marker alone.
do for [panel in "sim-lockfree sim-baseline host-lockfree host-baseline"] {
    load papers . "/panel.gp"
    set xtics ("1" 1)
    do for [power = 1:7] { set xtics add (plain(10 ** power) 10 ** power) }
    plot [3:1e7][1e-7:1.5] NaN notitle, \
        for [k = 1:words(shown)] data index at(k) - 1 using 1:2 with steps linetype at(k) dashtype solid, \
        for [k = 1:words(shown)] data index at(k) - 1 using 1:2 every ::0::0 with linespoints linetype at(k) dashtype solid title series_name[at(k)]
}
unset multiplot
