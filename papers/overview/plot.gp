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
if (has_ratio) { ratio_shown = (ratio_few > 0 ? sprintf("%d ", ratio_few) : "") . (ratio_many > 0 ? sprintf("%d", ratio_many) : "") }
x(px) = px / page_width
y(px) = 1 - px / page_height

set multiplot
set label 1 "{/:Bold ".heading."}" at screen x(20), screen y(24) left font ",15" textcolor rgb ink
set label 2 where at screen x(20), screen y(48) left noenhanced font ",10" textcolor rgb soft_ink
set label 3 limits at screen x(20), screen y(66) left noenhanced font ",10" textcolor rgb soft_ink

# A legend is a plot of its own that shows nothing else, so that it has the width that it needs.
set tmargin at screen y(head - 34)
set bmargin at screen y(head - 12)
set key font ",11" inside left center horizontal Left reverse noenhanced samplen 2 width 1
unset border; unset tics
set lmargin at screen x(20)
set rmargin at screen x(has_ratio ? 708 : page_width)
plot [0:1] [0:1] for [i = 1:|legend|] NaN with linespoints linetype int(legend_style[i]) title legend[i]
unset label
if (has_ratio) {
    set lmargin at screen x(854)
    set rmargin at screen x(page_width)
    plot [0:1] [0:1] for [i in ratio_shown] NaN with points linetype int(i) pointsize marker_size title (int(i) == ratio_many ? many_text : few_text)
}
unset key

set border 3 linecolor rgb frame
set xtics nomirror scale 0.5 textcolor rgb soft_ink font ",10"
set ytics nomirror scale 0.5 textcolor rgb soft_ink font ",10"
set grid ytics
set logscale y
set errorbars 0
do for [p = 1:|panel_title|] {
    left = 36 + panel_width * panel_column[p]
    top = head + panel_height * panel_row[p]
    set lmargin at screen x(left + 46)
    set rmargin at screen x(left + panel_width - 12)
    set tmargin at screen y(top + 26)
    set bmargin at screen y(top + panel_height - 38)
    set title panel_title[p] noenhanced font ",11" textcolor rgb ink offset 0,-0.6
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
        set object 1 rectangle from first panel_cores[p] * 1.2, graph 0 to graph 1, graph 1 behind fillstyle solid noborder fillcolor rgb shade
    }
    set xrange [least / 1.2:most * 1.2]
    set ytics ("1" 1)
    do for [power = -8:9] { set ytics add (plain(10.0 ** power) 10.0 ** power) }
    set yrange [panel_low[p] * 0.99:panel_high[p]]
    panel = panel_name[p]
    @find_shown
    plot @curves
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
    set title ratio_title noenhanced font ",11" textcolor rgb ink offset 0,-0.6
    set xlabel ratio_label noenhanced font ",10" offset 0,0.6
    unset ylabel
    unset logscale
    set logscale x 2
    step = high / low < 50 ? 2.0 : 10.0
    set xtics ("1x" 1)
    do for [power = -6:9] { set xtics add (plain(step ** power) . "x" step ** power) }
    set ytics scale 0 noenhanced ("" 0)
    do for [i = 1:|place_text|] { set ytics add (place_text[i] i) }
    set grid xtics noytics
    set xrange [low:high * (high / low) ** 0.2]
    set yrange [0.3:|place_text| + 0.7]
    set object 2 rectangle from graph 0, graph 0 to first 1, graph 1 behind fillstyle solid noborder fillcolor rgb warning
    set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead linewidth 1.2 linecolor rgb frame
    room = log(1 / low) / log((high / low) ** 1.2)
    set label 1 (room > 0.1 ? "slower" : "") at graph 0.012, graph 0.015 left font ",9" textcolor rgb warning_ink
    set errorbars 0
    times(v) = v < 9.995 ? sprintf("%.2fx", v) : v < 99.95 ? sprintf("%.1fx", v) : v < 999.5 ? sprintf("%.0fx", v) : sprintf("%.3gkx", v / 1000)
    plot data index ratio_span - 1 using 2:1:3:4 with xerrorbars pointtype dot linewidth 1.2 linecolor rgb frame, \
        for [i in ratio_shown] "" index int(i) - 1 using 2:1 with points linetype int(i) pointsize marker_size, \
        "" index ratio_span - 1 using 4:1:(times($2)) with labels left offset 0.9,0 font ",10" textcolor rgb ink
}
unset multiplot
