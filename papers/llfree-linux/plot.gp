# SPDX-License-Identifier: MIT
width = 16
height = 9
legend = 4
load papers . "/common.gp"
set multiplot layout 2,3 @headline

panel = "cores-0"
load papers . "/panel.gp"
plot [0.9:32][1:3e6] @curves

panel = "cores-9"
load papers . "/panel.gp"
plot [0.9:32][1:3e6] @curves

panel = "repeat"
load papers . "/panel.gp"
set xtics 1
plot [-0.3:10.3][1:1e6] @curves

panel = "bulk"
load papers . "/panel.gp"
set xtics 1
plot [-0.3:10.3][1:1e6] @curves

panel = "counted"
load papers . "/panel.gp"
set xtics 1
plot [-0.3:10.3][50:1e5] @curves
unset multiplot
