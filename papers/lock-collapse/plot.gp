# SPDX-License-Identifier: MIT
width = 13
height = 6.4
legend = 10
load papers . "/common.gp"
set multiplot layout 1,3 @headline

panel = "lists"
load papers . "/panel.gp"
plot [0.9:32][9.9:1e6] @curves

panel = "primitives"
load papers . "/panel.gp"
plot [0.9:32][1:1e5] @curves

panel = "sockets"
load papers . "/panel.gp"
plot [0.9:300][1:1e7] @curves
unset multiplot
