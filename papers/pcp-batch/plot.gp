# SPDX-License-Identifier: MIT
width = 13
height = 6
legend = 8
load papers . "/common.gp"
set multiplot layout 1,3 @headline

do for [panel in "pages hold"] {
    load papers . "/panel.gp"
    set xtics (63, 127, 255, 511, "1023" 1023, "2047" 2047)
    if (panel eq "pages") { plot [56:2300][*:*] @curves } else { plot [56:2300][0.8:300] @curves }
}
panel = "waits"
load papers . "/panel.gp"
set xtics (5, 10, 20, 50, 100)
plot [4:120][0.1:30] @curves
unset multiplot
