# SPDX-License-Identifier: MIT
# Medians over repeats by harts.
include "lib";

bench as $all |
def list($variant): $all | of_run("lists") | of_variant($variant) | by_harts(ns("op"));
def design($run; $workload; $phase):
  $all | of_run($run) | map(select(.variant | startswith("lockfree"))) | map(select(.workload == $workload)) | by_harts(ns($phase));
def printed($panel; $name; $thing):
  printed($published; $name; ($name | rtrimstr(" free") | rtrimstr(" alloc")); $panel; "LLFree, Xeon 5320"; $thing);
def lists: ["ListLocked", "locked-list", "locked list"], ["ListCAS", "cas-list", "list by CAS"], ["ListLocal", "own-lists", "own lists"];
# LLFree has no caches in front: beside it stands lockfree without; and lockfree as it comes, with them.
def ours($phase; $workload):
  ["bare", "lockfree without hart caches", "lockfree"], ["design", "lockfree with hart caches", "lockfree-cached"] | . as [$run, $name, $thing] |
  design($run; $workload; $phase) | series($name; $phase; "measured"; "sim, xeon-1socket-26c") | shows($thing; "sim");

{
  series: ([
    (lists as $l | printed("alloc"; $l[0]; $l[1]),
      (list($l[1]) | series($l[2]; "alloc"; "measured"; "sim, xeon-1socket-26c") | shows($l[1]; "sim"))),
    printed("alloc"; "LLFree alloc"; "lockfree"),
    ours("alloc"; "bulk"),
    printed("free"; "ListLocked free"; "locked-list"), printed("free"; "ListCAS free"; "cas-list"), printed("free"; "LLFree free"; "lockfree"),
    ours("free"; "rand"),
    ((["rand", "free"], ["rand", "alloc"], ["repeat", "pair"], ["bulk", "free"], ["bulk", "alloc"]) as $w |
      design("far"; $w[0]; $w[1]) | series($w | join(", "); "far"; "measured"; "sim, epyc-2socket") | shows($w | join("-"); "sim"))
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "One hart alone on this host: ns of an allocation",
    columns: ["", "ns"],
    rows: ([("own-lists", "cas-list", "locked-list") as $v | $all | of_run("alone-lists") | undisturbed | of_variant($v) | select(. != []) | [$v, (map(ns("op")) | median | short)]] +
          [("lockfree,magazine=0,run-magazine=0", "lockfree") as $v | $all | of_run("alone") | undisturbed | of_variant($v) | select(. != []) | [$v, (map(ns("alloc")) | median | short)]])
  }]
}
