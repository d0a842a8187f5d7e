# SPDX-License-Identifier: MIT
# Ratios of simulated harts: the host's longest call is of whoever was preempted.
include "lib";

bench as $all |
def points($run; f): $all | of_run($run) | by_harts(f);
def worst: .phases[0].latency_ns.max;

# [harts, at once / one each] for each count of 2 and more.
def shorter: points("amortised"; worst) as $one | points("batch"; worst) | map(select(.x >= 2) | .x as $n | [$n, .y / ($one | at($n))]);
def gains: points("amortised"; per_us("op")) as $one | points("batch"; per_us("op")) | map(select(.x >= 2) | .x as $n | [$n, ($one | at($n)) / .y]);

def e1:
  shorter as $shorter | gains as $gains | ($shorter | map(.[1]) | min) as $least | ($gains | map(.[1]) | min) as $slowest |
  verdict("E1"; "sim"; $least >= 10 and $slowest >= 1;
    "\($shorter[0][0]) to \($shorter[-1:][0][0]) harts: longest call \($least | short) to \($shorter | map(.[1]) | max | short) times shorter, throughput \($slowest | short) to \($gains | map(.[1]) | max | short) times";
    if $least < 10 then "a longest call is less than 10 times shorter" else "throughput is lower somewhere" end);

[if points("batch"; worst) == [] or points("amortised"; worst) == [] then cannot("E1"; "this build has no simulated harts") else e1 end]
