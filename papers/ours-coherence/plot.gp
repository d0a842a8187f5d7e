# SPDX-License-Identifier: MIT
width = 13
height = 10
legend = 5
load papers . "/common.gp"
set multiplot layout 2,3 @headline

# Zero has no place on a logarithmic axis: it stands at the axis' foot, and is labelled 0.
foot = 0.001
up(y) = y > foot ? y : foot
raised = "NaN notitle, for [k = 1:words(shown)] data index at(k) - 1 using 1:(up($2)) with linespoints linetype at(k) title series_name[at(k)]"
do for [size in "frames chunks"] {
    do for [what in "transfers retries"] {
        panel = what . "-" . size
        load papers . "/panel.gp"
        set ytics add ("0" foot)
        plot [0.9:150][foot * 0.7:3e4] @raised
    }
    panel = "fairness-" . size
    load papers . "/panel.gp"
    plot [0.9:150][0:1.05] @curves
}
unset multiplot
