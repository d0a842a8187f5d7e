# SPDX-License-Identifier: MIT
# Medians over repeats by harts; the closed form, fitted; by how much each point is off.
include "lib";

bench as $all |
def points($run; $variant): $all | of_run($run) | of_variant($variant) | by_harts(ns("op"));
def measured($run; $panel; $variant; $source; $name): points($run; $variant) | series($name; $panel; "measured"; $source);
def printed($panel; $name; $source): published($published; $name) | series($name; $panel; "published"; $source);
def contended($variant): points("socket"; $variant) | map(select(.x >= 2)) | select(length > 1);
def fitted($variant): contended($variant) |
  (xy | collapse_fit) as $fit | map({x, y: collapse_at($fit; .x)});

# A row a point that both have: harts, published, simulated, by how much that is off.
def compared($name; $run; $variant):
  points($run; $variant) as $ours |
  published($published; $name)[] | .x as $x | .y as $y | ($ours | at($x)) as $sim | select($sim != null) |
  [$name, $x, ($y | short), ($sim | short), "\(($sim / $y - 1) * 100 | round) %"];

def form_rows($variant):
  contended($variant) | (xy | collapse_fit) as $fit | .[] |
  collapse_at($fit; .x) as $form |
  [$variant, .x, (.y | short), ($form | short), "\(($form / .y - 1) * 100 | round) %"];

def host_rows:
  ("ticket-lock", "mcs-lock", "shared-counter", "own-counters", "treiber-stack", "locked-list", "cas-list") as $v |
  points("host"; $v) as $host | points("socket"; $v) as $sim | select($host != [] and $sim != []) |
  [$v] + [(1, 2) as $n | ($host | at($n) | short), ($sim | at($n) | short)];

{
  series: ([
    measured("socket"; "lists"; "locked-list"; "sim, xeon-1socket-26c"; "locked list"),
    printed("lists"; "ListLocked"; "LLFree, Xeon 5320"),
    measured("socket"; "lists"; "cas-list"; "sim, xeon-1socket-26c"; "list by CAS"),
    printed("lists"; "ListCAS"; "LLFree, Xeon 5320"),
    (fitted("locked-list") | series("n (s + c n/2)"; "lists"; "model"; "fitted to the locked list, simulated")),
    (("ticket-lock", "mcs-lock", "shared-counter", "own-counters", "treiber-stack") as $v |
      measured("socket"; "primitives"; $v; "sim, xeon-1socket-26c"; $v)),
    (("ticket-lock", "mcs-lock", "shared-counter", "own-counters", "treiber-stack") as $v |
      measured("host"; "primitives"; $v; "this host"; "host " + $v)),
    (("ticket-lock", "mcs-lock", "treiber-stack") as $v |
      measured("locks"; "sockets"; $v; "sim, epyc-2socket"; "sockets " + $v)),
    (("shared-counter", "own-counters") as $v |
      measured("counters"; "sockets"; $v; "sim, epyc-2socket"; "sockets " + $v)),
    printed("sockets"; "count_atomic"; "perfbook, Xeon 8176, 8 sockets"),
    printed("sockets"; "count_stat"; "perfbook, Xeon 8176, 8 sockets")
  ] | map(select(.x | length > 0))),
  tables: [
    {
      title: "Simulated against published, ns an operation",
      columns: ["series", "harts", "published", "simulated", "off by"],
      rows: [compared("ListLocked"; "socket"; "locked-list"), compared("ListCAS"; "socket"; "cas-list"),
             compared("count_atomic"; "counters"; "shared-counter"), compared("count_stat"; "counters"; "own-counters")]
    },
    {
      title: "Closed form n (s + c n/2) against simulated, ns an operation",
      columns: ["primitive", "harts", "simulated", "closed form", "off by"],
      rows: [form_rows("locked-list"), form_rows("ticket-lock")]
    },
    {
      title: "This host against simulated (xeon-1socket-26c), ns an operation: \($all | cores_not_real(2) // "two real and idle cores")",
      columns: ["primitive", "host, 1 hart", "simulated, 1 hart", "host, 2 harts", "simulated, 2 harts"],
      rows: [host_rows]
    }
  ]
}
