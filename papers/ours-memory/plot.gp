# SPDX-License-Identifier: MIT
width = 11
height = 9.6
legend = 5
load papers . "/common.gp"
set multiplot layout 2,2 @headline

# When the hart is stopped, as a shaded stretch behind the curves, and how many rounds there are.
rounds = 1
do for [i = 1:series_count] {
    if (series_name[i] eq "stop") {
        stats data index i - 1 using 1 nooutput
        set object 1 rectangle from STATS_min, graph 0 to STATS_max, graph 1 behind fillcolor rgb shade fillstyle solid noborder
    }
    if (series_panel[i] eq "rounds") { stats data index i - 1 using 1 nooutput; rounds = STATS_max }
}
not_stop(i) = series_name[i] eq "stop" ? "" : series_name[i]

panel = "limbo"
load papers . "/panel.gp"
set xtics 5
plot [0.5:rounds + 0.5][1:1000] NaN notitle, \
    for [k = 1:words(shown)] data index at(k) - 1 using 1:2 with linespoints linetype at(k) title not_stop(at(k))
panel = "rounds"
load papers . "/panel.gp"
set xtics 5
plot [0.5:rounds + 0.5][0:*] @curves
unset object 1

# Zero stands at the foot of a logarithmic axis.
foot = 1.0
up(y) = y > foot ? y : foot
do for [panel in "sizes harts"] {
    load papers . "/panel.gp"
    set ytics add ("0" foot)
    plot [panel eq "sizes" ? 7 : 1.8:panel eq "sizes" ? 290 : 36][0.7:1e5] NaN notitle, \
        for [k = 1:words(shown)] data index at(k) - 1 using 1:(up($2)):(up($3)):(up($4)) with yerrorlines linetype at(k) title series_name[at(k)]
}
unset multiplot
