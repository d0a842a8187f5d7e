# SPDX-License-Identifier: MIT
# Growth, ratios and steps: simulated; the order sweep of one hart on the host too.
include "lib";

(bench | undisturbed) as $all |
def of($run; $variant; $workload): $all | of_run($run) | map(select((.variant | startswith($variant)) and .workload == $workload));
def by_cores($variant; $workload; $phase; $order):
  of("cores"; $variant; $workload) | map(select(.order == $order)) | by_harts(ns($phase));
def growth($order): by_cores("baseline"; "bulk"; "alloc"; $order) | at(26) / at(1);
def less($order): 1 - (by_cores("lockfree"; "bulk"; "alloc"; $order) | at(26)) / (by_cores("baseline"; "bulk"; "alloc"; $order) | at(26));
def percent: . * 1000 | round / 10 | tostring + " %";

def k1:
  growth(0) as $times | (by_cores("baseline"; "bulk"; "alloc"; 0) | map(select(.x >= 8)) | xy | exponent) as $exponent |
  verdict("K1"; "sim"; $times >= 10.4 and ($exponent | within(0.85; 1.15));
    "\($times | short) times from 1 to 26 harts, exponent \($exponent | short)"; "less than 10.4 times, or another exponent");

def k2:
  verdict("K2"; "sim"; growth(9) >= growth(0); "order 9 \(growth(9) | short) times, order 0 \(growth(0) | short)";
    "order 9 grows less than order 0");

def k3:
  (by_cores("baseline"; "repeat"; "pair"; 0) | at(26) / at(1)) as $times |
  verdict("K3"; "sim"; $times <= 1.05; "\($times | short) times from 1 to 26 harts"; "it grows");

def k4: less(0) as $less | verdict("K4"; "sim"; $less >= 0.8; "\($less | percent) less at 26 harts"; "less than 80 %");
def k5: less(9) as $less | verdict("K5"; "sim"; $less >= 0.9; "\($less | percent) less at 26 harts"; "less than 90 %");

def o1:
  (of("orders"; "baseline"; "repeat") | by(.order; ns("pair"))) as $pairs |
  ([range(0; 10) | . as $order | ($pairs | at($order + 1) / at($order))]) as $steps |
  verdict("O1"; "sim"; $steps[0] >= 10 and ($steps[1:] | max) < 10;
    "order 1 takes \($steps[0] | short) times order 0; behind it at most \($steps[1:] | max | short) times the order before";
    "the step is not there, or not alone");

def o2:
  def ratio($run; $variant):
    of($run; $variant; "bulk") | map(select(.variant == $variant)) | by(.order; ns("alloc")) | map(select(.x <= 9) | .y) |
    if . == [] then null else max / min end;
  ratio("alone"; "lockfree") as $sim | ratio("host"; "lockfree") as $host |
  verdict("O2"; if $host == null then "sim" else "host" end; [$sim, $host] | all(. == null or . <= 2.5);
    "simulated \($sim | short)" + (if $host == null then "" else "; host \($host | short)" end);
    "more than 2.5 times between orders");

[if [$all[] | select(.platform == "sim")] == [] then ("K1", "K2", "K3", "K4", "K5", "O1", "O2") | cannot(.; "this build has no simulated harts")
else k1, k2, k3, k4, k5, o1, o2 end]
