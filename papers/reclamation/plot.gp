# SPDX-License-Identifier: MIT
width = 13
height = 9
legend = 3
load papers . "/common.gp"
set multiplot layout 2,3 @headline

do for [panel in "queue read read-10 stack spin yield"] {
    load papers . "/panel.gp"
    if (panel eq "queue" || panel eq "stack") { plot [0.9:32][9.9:1e6] @curves }
    if (panel eq "read" || panel eq "read-10") { plot [0.9:8][1:1000] @curves }
    if (panel eq "spin" || panel eq "yield") { plot [0.9:40][9.9:1e6] @curves }
}
unset multiplot
