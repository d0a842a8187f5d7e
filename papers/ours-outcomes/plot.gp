# SPDX-License-Identifier: MIT
width = 12
height = 8.2
load papers . "/common.gp"
set multiplot layout 2,2 title title noenhanced
set logscale xy
set format y "10^{%L}"
set grid xtics
set xtics ("10 ns" 10, "100 ns" 100, "1 us" 1e3, "10 us" 1e4, "100 us" 1e5, "1 ms" 1e6, "10 ms" 1e7)
set xlabel "an operation takes at least"
set ylabel "share of this path's operations"
set key bottom left

# A curve begins, with a dot, at its path's quickest operation: where all were as quick it is the dot alone.
# Colours by path, the same in all four: green what is cheap, orange what is expensive, black what is in vain.
curve(platform, variant, path) = platform . " " . variant . " " . path
names = "hit refill spill drain fail"
lines = "3 2 6 1 7"
do for [platform in "sim host"] {
    do for [variant in "lockfree baseline"] {
        set title variant . (platform eq "sim" ? ", 4 simulated harts (simulated time)" : ", 2 harts of the host (a reading of the clock included)")
        plot [3:1e7][1e-7:1.5] for [i = 1:5] data index curve(platform, variant, word(names, i)) using 1:2 \
            with steps lt int(word(lines, i)) linewidth 2.2 title word(names, i), \
            for [i = 1:5] data index curve(platform, variant, word(names, i)) using 1:2 every ::0::0 \
            with points lt int(word(lines, i)) pointtype 7 pointsize 1
    }
}
unset multiplot
