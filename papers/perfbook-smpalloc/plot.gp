# SPDX-License-Identifier: MIT
width = 13
height = 5.6
legend = 6
load papers . "/common.gp"
set multiplot layout 1,3 @headline

do for [panel in "baseline lockfree visits"] {
    load papers . "/panel.gp"
    set xtics (1, 3, 6, 9, 12, 15, 18, 21, 24)
    if (panel eq "visits") { plot [0:25][0:0.8] @curves } else { plot [0:25][1:2000] @curves }
}
unset multiplot
