# SPDX-License-Identifier: MIT
width = 11
height = 9.6
legend = 7
load papers . "/common.gp"
set multiplot layout 2,2 @headline

panel = "visits-one"
load papers . "/panel.gp"
plot [0.9:72][2e-6:2] @curves

panel = "visits-two"
load papers . "/panel.gp"
plot [0.9:72][2e-6:2] @curves

panel = "lengths"
load papers . "/panel.gp"
set xtics 8
plot [0:49][0:0.15] @curves

panel = "scaling"
load papers . "/panel.gp"
plot [0.9:72][0.1:1e6] @curves
unset multiplot
