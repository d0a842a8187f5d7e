# SPDX-License-Identifier: MIT
width = 13
height = 4.8
legend = 2
load papers . "/common.gp"
set multiplot layout 1,3 @headline

panel = "worst"
load papers . "/panel.gp"
plot [0.9:70][9.9:1e6] @curves

panel = "throughput"
load papers . "/panel.gp"
plot [0.9:70][0.1:100] @curves

panel = "bags"
load papers . "/panel.gp"
plot [12:700][9.9:1e6] @curves
unset multiplot
