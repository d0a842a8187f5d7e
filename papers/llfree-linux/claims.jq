# SPDX-License-Identifier: MIT
# Growth, ratios and steps: simulated; the order sweep of one hart on the host too.
include "lib";

(bench | undisturbed) as $all |
def of($run; $variant; $workload): $all | map(select(.run == $run or .run == $run + "-9")) | map(select((.variant | startswith($variant)) and .workload == $workload));
def by_cores($variant; $workload; $phase; $order):
  of("cores"; $variant; $workload) | map(select(.order == $order)) | by_harts(ns($phase));
def growth($order): by_cores("baseline"; "bulk"; "alloc"; $order) | at(26) / at(1);
def over($order): (by_cores("lockfree"; "bulk"; "alloc"; $order) | at(26)) / (by_cores("baseline"; "bulk"; "alloc"; $order) | at(26));
def steps: (of("orders"; "baseline"; "repeat") | by(.order; ns("pair"))) as $pairs | [range(0; 10) | . as $order | $pairs | at($order + 1) / at($order)];
def spread($run): of($run; "lockfree"; "bulk") | of_variant("lockfree") | by(.order; ns("alloc")) | map(select(.x <= 9) | .y) | most / least;
def where: ({host: "host", alone: "sim"} | to_entries[]) | select(.key as $run | any($all[]; .run == $run));
# Of Linux itself, and of ours beside it: instructions of an operation by each hart.
def counted($variant): $all | of_run("linux") | map(select(.variant | startswith($variant)));
def instructions: .phases[0] as $phase | $phase.hart_instructions | mean / $phase.operations;
def linux_by_harts: counted("linux") | map(select(.order == 0)) | by_harts(instructions);
def linux_by_order: counted("linux") | of_harts(8) | by(.order; instructions);
def linux_step($order): linux_by_order | at($order + 1) / at($order);

[claim("K1"; "sim";
   quantity("26 harts over 1"; growth(0)),
   quantity("exponent, 8 to 26 harts"; by_cores("baseline"; "bulk"; "alloc"; 0) | map(select(.x >= 8)) | xy | exponent)),
 claim("K2"; "sim"; quantity("order 9, 26 harts over 1"; growth(9)), quantity("that over the growth of order 0"; growth(9) / growth(0))),
 claim("K3"; "sim"; quantity("26 harts over 1"; by_cores("baseline"; "repeat"; "pair"; 0) | at(26) / at(1))),
 claim("K4"; "sim"; quantity("lockfree over baseline, 26 harts"; over(0))),
 claim("K5"; "sim"; quantity("lockfree over baseline, 26 harts"; over(9))),
 claim("O1"; "sim";
   quantity("order 1 over order 0"; steps[0]), quantity("greatest step behind it"; steps[1:] | most)),
 claim("O2"; [where][0].value; where as $w | quantity("most expensive order over cheapest"; $w.value; spread($w.key))),
 claim("L1"; "qemu"; quantity("8 harts over 1"; linux_by_harts | at(8) / at(1))),
 claim("L2"; "qemu"; quantity("order 4 over order 3"; linux_step(3)), quantity("greatest step below it"; [range(0; 3) | linux_step(.)] | most))]
