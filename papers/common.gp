# SPDX-License-Identifier: MIT
# What all plots share. `framelab figures` sets before: format (svg, pdf, png), output, data, papers, title.
#
# A plot.gp sets width and height in inches, loads this file, and plots blocks of `data` by their series' names. The
# colours are Okabe's and Ito's, told apart by everyone; the shapes tell the same. Line types 1 to 8 are for what was
# measured; the same plus 10 for what was published: dashed, hollow. 20 is for models, 21 to 28 for another platform.
width = exists("width") ? width : 7
height = exists("height") ? height : 4.5
if (format eq "svg") {
    set terminal svg size int(width * 96), int(height * 96) dynamic font "DejaVu Sans,11" background "#ffffff" linewidth 1.2
} else { if (format eq "pdf") {
    set terminal pdfcairo size width, height font "DejaVu Sans,8" linewidth 1.2
} else {
    set terminal pngcairo size int(width * 144), int(height * 144) font "DejaVu Sans,11" fontscale 1.2 linewidth 1.8
}}
set output output

array color[8] = ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"]
array full[8] = [5, 7, 9, 13, 11, 15, 2, 3]
array hollow[8] = [4, 6, 8, 12, 10, 14, 1, 1]
do for [i = 1:8] {
    set linetype i linecolor rgb color[i] pointtype full[i] pointsize 0.55 linewidth 1.5
    set linetype 10 + i linecolor rgb color[i] pointtype hollow[i] pointsize 0.75 linewidth 1 dashtype (5, 4)
    set linetype 20 + i linecolor rgb color[i] pointtype 1 pointsize 1.3 linewidth 2
}
set linetype 20 linecolor rgb "#000000" linewidth 1 dashtype (2, 3) pointtype 0

set border 3 linecolor rgb "#808080"
set tics nomirror scale 0.5 textcolor rgb "#404040"
set grid ytics linecolor rgb "#e0e0e0" linewidth 0.5
set key left top reverse Left samplen 2 noautotitle textcolor rgb "#404040"
set errorbars small
