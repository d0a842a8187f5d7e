# SPDX-License-Identifier: MIT
width = 13
height = 5.4
legend = 0
load papers . "/common.gp"
set multiplot layout 1,2 @headline
unset grid
set border 0
set style fill solid noborder
unset colorbox
log2(x) = log(x) / log(2)
cell = "(log2($1)):(log2(int(series_name[at(k)])))"
cells = "for [k = 1:words(shown)] data index at(k) - 1 using @cell:(0.47):(0.47):2 with boxxyerror linecolor palette"
numbers = "for [k = 1:words(shown)] data index at(k) - 1 using @cell:(sprintf('%.3g', $2)):(on_map($2 > dark)) with labels textcolor rgb variable"

do for [panel in "accesses time"] {
    load papers . "/panel.gp"
    # Cells are a step apart.
    unset logscale
    unset key
    set xtics scale 0 ("1" 0)
    set ytics scale 0 ("1" 0)
    do for [k = 1:6] {
        set xtics add (plain(2 ** k) k)
        set ytics add (plain(2 ** k) k)
    }
    if (panel eq "accesses") {
        set logscale cb
        set cbrange [1:100]
        dark = 15
        # Behind the map, the bound of each row.
        set label 1 "bound" at 7.05, 6.75 center textcolor rgb soft_ink
        do for [k = 0:6] { set label 10 + k sprintf("%.3g", 100.0 / 2 ** k) at 7.05, k center textcolor rgb soft_ink }
        set arrow 1 from 6.6, -0.5 to 6.6, 6.5 nohead linecolor rgb frame linewidth 1.5
    } else {
        unset logscale cb
        set cbrange [14:40]
        dark = 28
        unset label
        unset arrow
    }
    plot [-0.55:7.4][-0.55:7] NaN, @cells, @numbers
}
unset multiplot
