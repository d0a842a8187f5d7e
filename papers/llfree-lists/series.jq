# SPDX-License-Identifier: MIT
# Medians over repeats by harts.
include "lib";

bench as $all |
def list($variant): $all | of_run("lists") | of_variant($variant) | by_harts(ns("op"));
def design($run; $workload; $phase):
  $all | of_run($run) | map(select(.variant | startswith("lockfree"))) | map(select(.workload == $workload)) | by_harts(ns($phase));
def printed($panel; $name): published($published; $name) | series($name; $panel; "published"; "LLFree, Xeon 5320");

{
  series: ([
    (list("locked-list") | series("locked list"; "alloc"; "measured"; "sim, xeon-1socket-26c")),
    (list("cas-list") | series("list by CAS"; "alloc"; "measured"; "sim, xeon-1socket-26c")),
    (design("design"; "bulk"; "alloc") | series("lockfree alloc"; "alloc"; "measured"; "sim, xeon-1socket-26c")),
    (design("bare"; "bulk"; "alloc") | series("lockfree alloc, no caches"; "alloc"; "measured"; "sim, xeon-1socket-26c")),
    (list("own-lists") | series("own lists"; "alloc"; "measured"; "sim, xeon-1socket-26c")),
    printed("alloc"; ("ListLocked", "ListCAS", "ListLocal", "LLFree alloc")),
    (design("design"; "rand"; "free") | series("lockfree free"; "free"; "measured"; "sim, xeon-1socket-26c")),
    (design("bare"; "rand"; "free") | series("lockfree free, no caches"; "free"; "measured"; "sim, xeon-1socket-26c")),
    printed("free"; ("ListLocked free", "ListCAS free", "LLFree free")),
    (("bulk", "rand") as $w | ("alloc", "free") as $p | design("far"; $w; $p) | series("far \($w) \($p)"; "far"; "measured"; "sim, epyc-2socket")),
    (design("far"; "repeat"; "pair") | series("far repeat"; "far"; "measured"; "sim, epyc-2socket"))
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "One hart alone on this host: ns of an allocation",
    columns: ["", "ns"],
    rows: ([("own-lists", "cas-list", "locked-list") as $v | $all | of_run("alone-lists") | undisturbed | of_variant($v) | select(. != []) | [$v, (map(ns("op")) | median | short)]] +
          [("lockfree,magazine=0,run-magazine=0", "lockfree") as $v | $all | of_run("alone") | undisturbed | of_variant($v) | select(. != []) | [$v, (map(ns("alloc")) | median | short)]])
  }]
}
