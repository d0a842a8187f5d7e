# SPDX-License-Identifier: MIT
# Medians over repeats by harts: of simulated harts the time that an operation takes its hart; of the host the time from
# one operation to the next of all harts together, as the paper has it.
include "lib";

bench as $all |
# Of ours, and what the paper calls it.
def schemes: [["qsbr", "QSBR", "quiescent states"], ["epoch", "EBR", "epochs"], ["hp", "HPBR", "hazard pointers"]][];
def simulated($run; $scheme): $all | of_run($run) | of_variant($scheme) | by_harts(ns("op"));
def together($run; $scheme): $all | of_run($run) | of_variant($scheme) | by_harts(1000 / per_us("op"));
def fences: .events.fences / .events.operations;

def cost_rows:
  (["queue", "queue", "queue"], ["read", "list of 1", "read"], ["read-10", "list of 10", "read"]) as $w | schemes as $s |
  simulated($w[0]; $s[0]) as $points | select($points != []) |
  [$w[1], $s[0], ($points | at(1) | short), ([$all | of_run($w[0]) | of_variant($s[0]) | of_harts(1)[] | fences] | median | round_to(2)),
   ($points | at(7) | short), ([$all | of_run($w[0]) | of_variant($s[0]) | of_harts(7)[] | fences] | median | round_to(2))];

def stack_rows:
  (1, 2, 4, 7, 13, 26) as $n | [schemes[0] as $s | simulated("stack"; $s) | at($n)] | select(all(. != null)) | [$n] + map(short);

def short_rows:
  ("spin", "yield") as $run | (1, 2, 4, 8, 16, 24, 32) as $n | [schemes[0] as $s | together($run; $s) | at($n)] | select(length == 3 and all(. != null)) |
  [$run, $n] + map(short) + [.[1] / .[2] | short];

def allocator_rows($run):
  [$all | of_run($run) | .[] | select(.variant | startswith("lockfree"))] | by([.variant, .harts]; ns("alloc")) as $allocs |
  [$all | of_run($run) | .[] | select(.variant | startswith("lockfree"))] | by([.variant, .harts]; ns("free")) as $frees |
  $allocs | .[] | .x as $x |
  [(if $run == "allocator" then "host" else "sim" end), ($x[0] | ltrimstr("lockfree,magazine=0") | ltrimstr(",reclaim=") | if . == "" then "epoch" else . end), $x[1], (.y | short), ($frees | map(select(.x == $x)) | .[0].y | short)];

{
  series: ([
    ("queue", "read", "spin", "yield") as $panel | schemes as $s |
      printed($published; "\($panel) \($s[1])"; $s[1]; $panel; "Hart et al. 2006"; $s[0])
  ] + [
    (("queue", "read", "read-10", "stack") as $run | schemes as $s | simulated($run; $s[0]) |
      series($s[2]; $run; "measured"; "sim, xeon-1socket-26c") | shows($s[0]; "sim")),
    (("spin", "yield") as $run | schemes as $s | together($run; $s[0]) | series($s[2]; $run; "measured"; "this host") | shows($s[0]; "host"))
  ] | map(select(.x | length > 0))),
  tables: [
    {
      title: "Cost, simulated (xeon-1socket-26c): ns and fences an operation",
      columns: ["workload", "scheme", "ns, 1 hart", "fences, 1 hart", "ns, 7 harts", "fences, 7 harts"],
      rows: [cost_rows]
    },
    {
      title: "Retire to a stack, simulated (xeon-1socket-26c): ns an operation",
      columns: ["harts", "qsbr", "epoch", "hp"],
      rows: [stack_rows]
    },
    {
      title: "Memory short, this host, \([$all[] | select(.platform == "host") | .cores] | max // 0) cores: ns from one operation to the next, all harts together",
      columns: ["who waits", "harts", "qsbr", "epoch", "hp", "epoch / hp"],
      rows: [short_rows]
    },
    {
      title: "The lock-free allocator, no hart caches, rand, order 0: ns an operation by back end: \($all | cores_not_real(2) // "two real and idle cores")",
      columns: ["platform", "reclaim", "harts", "alloc", "free"],
      rows: [allocator_rows("allocator-sim"), allocator_rows("allocator")]
    }
  ]
}
