# SPDX-License-Identifier: MIT
width = 11
height = 10.5
legend = 2
load papers . "/common.gp"
set multiplot layout 3,3 @headline

do for [size in "frames runs"] {
    do for [workload in "repeat bulk rand"] {
        panel = size . "-" . workload
        load papers . "/panel.gp"
        plot [0.9:72][9.9:3e5] @curves
    }
}
do for [percent in "50 90 99"] {
    panel = "occupancy-" . percent
    load papers . "/panel.gp"
    plot [0.9:72][1:5000] @curves
}
unset multiplot
