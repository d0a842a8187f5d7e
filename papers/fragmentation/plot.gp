# SPDX-License-Identifier: MIT
width = 11
height = 9
legend = 6
load papers . "/common.gp"
set multiplot layout 2,2 @headline

panel = "rounds"
load papers . "/panel.gp"
plot [0:101][0:75] @curves

panel = "moves"
load papers . "/panel.gp"
plot [0:101][0.01:100] @curves

legend = 3
panel = "filling-alloc"
load papers . "/panel.gp"
plot [0:101][1:1000] @curves

panel = "filling-free"
load papers . "/panel.gp"
plot [0:101][1:1000] @curves
unset multiplot
