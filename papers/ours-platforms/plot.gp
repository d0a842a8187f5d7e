# SPDX-License-Identifier: MIT
width = 12
height = 8.2
load papers . "/common.gp"
set multiplot layout 2,2 title title noenhanced
set style fill solid 0.85 border rgb "#606060"
set xtics ("bulk" 1, "rand" 2, "repeat" 3, "burst" 4)
set key left top
unset xlabel
do for [platform in "host sim qemu"] {
    set title platform eq "host" ? "2 harts of the host" : platform eq "sim" ? "2 simulated harts" : "2 harts in QEMU"
    set ylabel platform eq "host" ? "ns an allocation and its free" : \
        platform eq "sim" ? "simulated ns an allocation and its free" : "instructions an allocation and its free"
    # The line at 0 is there even where a platform is not.
    plot [0.4:4.6][0:*] 0 with lines linecolor rgb "#808080", \
        data index platform . " baseline" using ($1 - 0.19):2:3:4:(0.36) with boxerrorbars lt 1 title "baseline", \
        data index platform . " lockfree" using ($1 + 0.19):2:3:4:(0.36) with boxerrorbars lt 2 title "lockfree"
}
set title "one hart: the same on all three, to the last access"
set ylabel "accesses to the global allocator in 1000 operations"
set xlabel "order, by workload" offset 0, -0.8
set bmargin 5
set xtics ("0" 1, "3\nbulk" 2, "9" 3, "0" 5, "3\nrand" 6, "9" 7, "0" 9, "3\nrepeat" 10, "9" 11, "0" 13, "3\nburst" 14, "9" 15)
set offsets 0, 0, graph 0.3, 0
plot [0:16][0:*] 0 with lines linecolor rgb "#808080", \
    data index "counted host" using ($1 - 0.27):2:(0.25) with boxes lt 3 title "host", \
    data index "counted sim" using 1:2:(0.25) with boxes lt 6 title "simulated", \
    data index "counted qemu" using ($1 + 0.27):2:(0.25) with boxes lt 4 title "QEMU"
unset multiplot
