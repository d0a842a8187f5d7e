# SPDX-License-Identifier: MIT
# Ratios of simulated harts: the host's longest call is of whoever was preempted.
include "lib";

bench as $all |
def points($run; f): $all | of_run($run) | by_harts(f);
def longest: .phases[0].latency_ns.max | number;
# At each count of 2 harts and more.
def shorter: points("amortised"; longest) as $one | [points("batch"; longest)[] | select(.x >= 2) | .x as $n | .y / ($one | at($n))];
def gains: points("amortised"; per_us("op")) as $one | [points("batch"; per_us("op"))[] | select(.x >= 2) | .x as $n | ($one | at($n)) / .y];

[claim("E1"; "sim";
   quantity("throughput of the most harts, one each over at once"; gains | some("there is no record of it") | .[-1]),
   quantity("throughput, least of all counts of harts"; gains | least),
   quantity("longest call, at once over one each, least"; shorter | least),
   quantity("longest call, at once over one each, most"; shorter | most))]
