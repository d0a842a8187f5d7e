# SPDX-License-Identifier: MIT
width = 13
height = 10.4
legend = 8
load papers . "/common.gp"
set multiplot layout 2,2 @headline

panel = "threadtest"
load papers . "/panel.gp"
plot [0.9:16][0.01:20] @curves

panel = "larson"
load papers . "/panel.gp"
plot [0.9:16][0.01:20] @curves

panel = "sides"
load papers . "/panel.gp"
plot [1.8:75][1:20000] @curves

panel = "frees"
load papers . "/panel.gp"
plot [0.9:75][1:20000] @curves
unset multiplot
