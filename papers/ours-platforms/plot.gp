# SPDX-License-Identifier: MIT
width = 11
height = 9
legend = 4
load papers . "/common.gp"
set multiplot layout 2,2 @headline

# Bars in the things' colours, side by side; where a panel compares platforms, the fill tells these.
side(k, width) = (k - (words(shown) + 1) / 2.0) * width
do for [panel in "host sim qemu"] {
    load papers . "/panel.gp"
    set xtics ("bulk" 1, "rand" 2, "repeat" 3, "burst" 4)
    set style fill solid 0.85 border rgb frame
    # The line at 0 is there even where a platform is not.
    plot [0.4:4.6][0:*] 0 with lines linecolor rgb frame, for [k = 1:words(shown)] data index at(k) - 1 \
        using ($1 + side(k, 0.38)):2:3:4:(0.36) with boxerrorbars linetype at(k) dashtype solid title series_name[at(k)]
}
panel = "counts"
load papers . "/panel.gp"
set xtics ("0" 1, "3\nbulk" 2, "9" 3, "0" 5, "3\nrand" 6, "9" 7, "0" 9, "3\nrepeat" 10, "9" 11, "0" 13, "3\nburst" 14, "9" 15)
set xlabel offset 0, -0.8
pattern(i) = series_platform[i] eq "sim" ? 3 : series_platform[i] eq "host" ? 1 : 4
plot [0:16][0:*] 0 with lines linecolor rgb frame, for [k = 1:words(shown)] data index at(k) - 1 \
    using ($1 + side(k, 0.28)):2:(0.25) with boxes linetype at(k) dashtype solid fillstyle pattern pattern(at(k)) border title series_name[at(k)]
unset multiplot
