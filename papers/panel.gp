# SPDX-License-Identifier: MIT
# A panel of figure.json, whose id is `panel`: its title, axes, and ticks, powers of 2 and of 10 where they are logarithmic;
# what is to be otherwise is set behind this. Its legend stands below it, where no data can be; `legend`, set once for all
# panels of a picture, gives all of them the same height.
@find_shown
do for [i = 1:|axes_panel|] {
    if (axes_panel[i] eq panel) {
        set title axes_title[i] noenhanced textcolor rgb ink
        set xlabel axes_x[i] noenhanced
        set ylabel axes_y[i] noenhanced
        log = axes_log[i]
    }
}
unset logscale
set xtics auto
set ytics auto
set format "%g"
if (strstrt(log, "x")) {
    set logscale x
    set xtics ("1" 1)
    do for [power = 1:12] { set xtics add (plain(2 ** power) 2 ** power) }
}
if (strstrt(log, "y")) {
    set logscale y
    set ytics ("1" 1)
    do for [power = -8:9] { set ytics add (plain(10.0 ** power) 10.0 ** power) }
}
set bmargin 4 + 0.9 * legend
set key bmargin left vertical maxrows legend
