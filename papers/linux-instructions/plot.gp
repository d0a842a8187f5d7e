# SPDX-License-Identifier: MIT
width = 12
height = 4.8
load papers . "/common.gp"
set multiplot layout 1,4 title title noenhanced
set style fill solid 0.85 noborder
set xtics ("linux" 1, "baseline" 2, "lockfree" 3)
set xrange [0.4:3.6]
set ylabel "instructions of an allocation and its free"

# Bars one on the other: columns 3 and 4 are where a part begins and ends.
array kinds[8] = ["harness", "entry, policies", "zones, watermarks", "lists of CPUs, magazines", \
    "buddy, global allocator", "checks of pages", "reference counts", "locks, interrupts, all else"]
array paint[8] = [8, 6, 2, 3, 5, 1, 4, 7]
do for [order in "0 3 9"] {
    set title "order " . order
    plot [][0:*] for [i = 1:8] data index kinds[i] . ", order " . order \
        using 1:(0):($1 - 0.38):($1 + 0.38):3:4 with boxxyerror lt paint[i]
    unset ylabel
}
# A place for the key alone.
unset title
unset border
unset tics
set key center left
plot [0:1][0:1] for [i = 8:1:-1] NaN with boxes lt paint[i] title kinds[i]
unset multiplot
