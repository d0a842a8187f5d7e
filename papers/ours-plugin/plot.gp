# SPDX-License-Identifier: MIT
width = 13
height = 6
legend = 8
load papers . "/common.gp"
set multiplot layout 1,3 @headline

# Zero has no place on a logarithmic axis: it stands at the axis' foot, and is labelled 0.
foot = 0.001
up(y) = y > foot ? y : foot
raised = "NaN notitle, for [k = 1:words(shown)] data index at(k) - 1 using 1:(up($2)) with linespoints linetype at(k) title series_name[at(k)]"
do for [panel in "frames chunks waits"] {
    load papers . "/panel.gp"
    foot = panel eq "waits" ? 1 : 0.001
    set ytics add ("0" foot)
    plot [0.9:9][foot * 0.7:(panel eq "waits" ? 300 : 30)] @raised
}
unset multiplot
