# SPDX-License-Identifier: MIT
width = 13
height = 5.8
legend = 9
load papers . "/common.gp"
set multiplot layout 1,3 @headline

panel = "alloc"
load papers . "/panel.gp"
plot [0.9:32][1:1e7] @curves

panel = "free"
load papers . "/panel.gp"
plot [0.9:32][1:1e7] @curves

panel = "far"
load papers . "/panel.gp"
plot [0.9:150][1:1e4] @curves
unset multiplot
