# SPDX-License-Identifier: MIT
# A grid of panels under a legend; of the overview the ratio beside it. What is drawn where is told by series.jq, in pixels
# from the page's top left.
has_ratio = exists("ratio_title")
head = 116
is_overview = exists("overview")
panel_width = has_ratio ? 672.0 / across : is_overview ? 1156.0 / across : 240.0
panel_height = is_overview ? 574.0 / down : 230.0
page_width = is_overview ? 1200.0 : 44 + panel_width * (across < 4 ? 4 : across)
page_height = head + panel_height * down + 10
width = page_width / 96.0
height = page_height / 96.0
load papers . "/common.gp"
x(px) = px / page_width
y(px) = 1 - px / page_height

set multiplot
set label 1 "{/:Bold ".heading."}" at screen x(20), screen y(24) left font ",15" textcolor rgb "#202020"
set label 2 where at screen x(20), screen y(48) left noenhanced font ",10" textcolor rgb "#505050"
set label 3 limits at screen x(20), screen y(66) left noenhanced font ",10" textcolor rgb "#505050"

# A legend is a plot of its own that shows nothing else, so that it has the width that it needs.
set tmargin at screen y(head - 34)
set bmargin at screen y(head - 12)
set key inside left center horizontal Left reverse noenhanced samplen 2 width 1
unset border; unset tics
set lmargin at screen x(20)
set rmargin at screen x(has_ratio ? 708 : page_width)
plot [0:1] [0:1] for [i = 1:|legend|] NaN with linespoints linetype int(legend_style[i]) pointsize 0.8 title legend[i]
unset label
if (has_ratio) {
    set lmargin at screen x(854)
    set rmargin at screen x(page_width)
    if (ratio_many >= 0) {
        plot [0:1] [0:1] NaN with points pointtype 6 pointsize 0.9 linewidth 1.2 linecolor rgb color[2] title few_text, \
            NaN with points pointtype 7 pointsize 0.9 linecolor rgb color[2] title many_text
    } else {
        plot [0:1] [0:1] NaN with points pointtype 6 pointsize 0.9 linewidth 1.2 linecolor rgb color[2] title few_text
    }
}
unset key

set border 3 linecolor rgb "#808080"
set xtics nomirror scale 0.5 textcolor rgb "#404040" font ",10"
set ytics nomirror scale 0.5 textcolor rgb "#404040" font ",10"
set grid ytics linetype 1 linecolor rgb "#e4e4e4" linewidth 0.7
set format y (y_label eq "ns" ? "%.0s%c" : "%g")
if (y_log) { set logscale y; set errorbars 0 }
do for [p = 1:|panel_title|] {
    left = 36 + panel_width * panel_column[p]
    top = head + panel_height * panel_row[p]
    set lmargin at screen x(left + 46)
    set rmargin at screen x(left + panel_width - 12)
    set tmargin at screen y(top + 26)
    set bmargin at screen y(top + panel_height - 38)
    set title panel_title[p] noenhanced font ",11" textcolor rgb "#202020" offset 0,-0.6
    set ylabel (panel_column[p] == 0 ? y_label : "") font ",10" offset 0,0
    set xlabel (panel_row[p] == down - 1 ? "harts" : "") font ",10" offset 0,0.6

    # Log-log: twice the harts for twice the work is a diagonal whatever the scale. Shaded: more harts than cores.
    harts = panel_harts[p]
    least = int(word(harts, 1))
    most = int(word(harts, words(harts)))
    set logscale x 2
    set xtics (sprintf("%d", least) least)
    do for [hart in harts] { set xtics add (hart int(hart)) }
    unset object 1
    if (most > panel_cores[p]) {
        set object 1 rectangle from first panel_cores[p] * 1.2, graph 0 to graph 1, graph 1 behind fillstyle solid noborder fillcolor rgb "#f0f0f0"
    }
    set xrange [least / 1.2:most * 1.2]
    if (y_log) { set yrange [*:*] } else { set yrange [0:*] }
    blocks = panel_blocks[p]
    styles = panel_styles[p]
    plot for [i = 1:words(blocks)] data index int(word(blocks, i)) using 1:2:3:4 with yerrorlines linetype int(word(styles, i)) pointsize 0.8
}
unset object 1

if (has_ratio) {
    # 1 is where both are as fast, left of it the fast one is the slower.
    set lmargin at screen x(862)
    set rmargin at screen x(page_width - 24)
    set tmargin at screen y(head + 26)
    set bmargin at screen y(page_height - 48)
    low = (ratio_low < 0.8 ? ratio_low : 0.8) / 1.12
    high = ratio_high > 1.6 ? ratio_high : 1.6
    set title ratio_title noenhanced font ",11" textcolor rgb "#202020" offset 0,-0.6
    set xlabel ratio_label noenhanced font ",10" offset 0,0.6
    unset ylabel
    unset logscale
    set logscale x 2
    set xtics auto format "%gx"
    set ytics scale 0 noenhanced ("" 0)
    do for [i = 1:|place_text|] { set ytics add (place_text[i] i) }
    set grid xtics noytics linetype 1 linecolor rgb "#e4e4e4" linewidth 0.7
    set xrange [low:high * (high / low) ** 0.2]
    set yrange [0.3:|place_text| + 0.7]
    set object 2 rectangle from graph 0, graph 0 to first 1, graph 1 behind fillstyle solid noborder fillcolor rgb "#fbe9de"
    set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead linewidth 1.2 linecolor rgb "#808080"
    set label 1 "slower" at graph 0.012, graph 0.015 left font ",9" textcolor rgb "#a04000"
    set errorbars 0
    few = ratio_few < 0 ? ratio_span : ratio_few
    plot data index int(ratio_span) using 2:1:3:4 with xerrorbars pointtype 0 linewidth 1.2 linecolor rgb "#b0b0b0", \
        "" index int(ratio_span) using (ratio_many < 0 ? NaN : $2):1 with points pointtype 7 pointsize 0.9 linecolor rgb color[2], \
        "" index int(few) using 2:1 with points pointtype 6 pointsize 0.9 linewidth 1.2 linecolor rgb color[2], \
        "" index int(ratio_span) using 4:1:(sprintf($2 < 9.995 ? "%.2fx" : $2 < 99.95 ? "%.1fx" : "%.0fx", $2)) with labels left offset 0.9,0 font ",10" textcolor rgb "#202020"
}
unset multiplot
