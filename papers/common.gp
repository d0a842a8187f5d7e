# SPDX-License-Identifier: MIT
# What all plots share. `framelab figures` sets before: format (svg, pdf, png), output, data, papers, title; and as arrays
# the panels (axes_panel, _title, _x, _y, _log), the things that are shown (thing_id, _color, _marker) and the series
# (series_name, _panel, _kind, _platform, _thing), of which the i-th is block i - 1 of `data`.
#
# A plot.gp sets width and height in inches, and legend, the most lines that one below a panel has; loads this file; and
# for each panel sets `panel` to its id, loads panel.gp, and plots @curves. Line type i is that of the i-th series: colour
# and marker say what it shows, a hollow marker that it was published, a dashed black line that it is a model; of what was
# measured here, solid lines are simulated harts, dashed ones with larger markers the host, and dotted ones with the
# largest QEMU.
width = exists("width") ? width : 7
height = exists("height") ? height : 4.5
set encoding utf8
if (format eq "svg") {
    set terminal svg size int(width * 96), int(height * 96) dynamic font "DejaVu Sans,12" background "#ffffff" linewidth 1.2
} else { if (format eq "pdf") {
    set terminal pdfcairo size width, height font "DejaVu Sans,9" linewidth 1.2
} else {
    set terminal pngcairo size int(width * 144), int(height * 144) font "DejaVu Sans,11" fontscale 1.2 linewidth 1.8
}}
set output output
# Of the three, markers are as large against text.
marker_size = format eq "svg" ? 0.7 : format eq "pdf" ? 0.6 : 1

# gnuplot's number of a marker: hollow; the next one is the same, full.
markers = "square          circle          triangle        triangle-down   diamond         pentagon        "
number_of(marker) = marker eq "none" ? 0 : marker eq "plus" ? 1 : marker eq "cross" ? 2 : 4 + (strstrt(markers, marker) - 1) / 8
full(marker) = number_of(marker) + (number_of(marker) > 3)

series_count = exists("series_name") ? |series_name| : 0
do for [i = 1:series_count] {
    color = "#000000"
    marker = word(markers, i % 6 + 1)
    do for [k = 1:(exists("thing_id") ? |thing_id| : 0)] {
        if (thing_id[k] eq series_thing[i]) { color = thing_color[k]; marker = thing_marker[k] }
    }
    if (series_kind[i] eq "model") {
        set linetype i linecolor rgb color pointtype 0 linewidth 1.2 dashtype (4, 4)
    } else { if (series_kind[i] eq "published") {
        set linetype i linecolor rgb color pointtype number_of(marker) pointsize 0.9 * marker_size linewidth 0.8 dashtype solid
    } else { if (series_platform[i] eq "host") {
        set linetype i linecolor rgb color pointtype full(marker) pointsize 1.1 * marker_size linewidth 1.2 dashtype (10, 4)
    } else { if (series_platform[i] eq "qemu") {
        set linetype i linecolor rgb color pointtype full(marker) pointsize 1.4 * marker_size linewidth 1 dashtype (1, 4)
    } else {
        set linetype i linecolor rgb color pointtype full(marker) pointsize (number_of(marker) > 3 ? 0.75 : 1.1) * marker_size linewidth 1.6 dashtype solid
    }}}}
}

# One form of numbers on all axes: 0.001, 10, 1k, 10M.
plain(v) = v >= 1e6 ? sprintf("%gM", v / 1e6) : v >= 1e3 ? sprintf("%gk", v / 1e3) : v >= 1e-4 ? sprintf("%g", v) : \
    sprintf(sprintf("%%.%df", int(ceil(-log10(v)))), v)

headline = "title title font (format eq 'pdf' ? ',11' : ',14') noenhanced"
# The numbers of the panel's series, the k-th of them (where there is none, gnuplot asks all the same), and all drawn.
find_shown = "shown = ''; do for [i = 1:series_count] { if (series_panel[i] eq panel) { shown = shown . sprintf('%d ', i) } }"
at(k) = k > words(shown) ? 1 : int(word(shown, k))
curves = "NaN notitle, for [k = 1:words(shown)] data index at(k) - 1 using 1:2:3:4 with yerrorlines linetype at(k) title series_name[at(k)]"

# What is not data is grey; a map goes from light to dark.
ink = "#202020"
soft_ink = "#404040"
frame = "#808080"
shade = "#eeeeee"
warning = "#fbe9de"
warning_ink = "#a04000"
dot = 0
set palette defined (0 "#f7fbff", 0.5 "#6baed6", 1 "#08306b")
on_map(is_dark) = is_dark ? 0xffffff : 0x202020

set border 3 linecolor rgb frame
set tics nomirror scale 0.5 textcolor rgb soft_ink
set grid ytics linetype -1 linecolor rgb "#e0e0e0" linewidth 0.5
set key spacing 0.9 noautotitle noenhanced reverse Left samplen 2.5 textcolor rgb soft_ink
set errorbars small
