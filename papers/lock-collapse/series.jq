# SPDX-License-Identifier: MIT
# Medians over repeats by harts; the closed form, fitted; by how much each point is off.
include "lib";

bench as $all |
def points($run; $variant): $all | of_run($run) | of_variant($variant) | by_harts(ns("op"));
def primitives: "ticket-lock", "mcs-lock", "shared-counter", "own-counters", "treiber-stack";
def words: gsub("-"; " ");
def measured($run; $panel; $variant; $platform):
  points($run; $variant) | series(($variant | words) + ($platform | where); $panel; "measured";
    {socket: "sim, xeon-1socket-26c", locks: "sim, epyc-2socket", counters: "sim, epyc-2socket", host: "this host"}[$run]) |
  shows($variant; $platform);
def printed($panel; $name; $source; $thing): printed($published; $name; $name; $panel; $source; $thing);
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
    printed("lists"; "ListLocked"; "LLFree, Xeon 5320"; "locked-list"),
    measured("socket"; "lists"; "locked-list"; "sim"),
    printed("lists"; "ListCAS"; "LLFree, Xeon 5320"; "cas-list"),
    measured("socket"; "lists"; "cas-list"; "sim"),
    (primitives as $v | measured("socket"; "primitives"; $v; "sim"), measured("host"; "primitives"; $v; "host")),
    printed("sockets"; "count_atomic"; "perfbook, Xeon 8176, 8 sockets"; "shared-counter"),
    measured("counters"; "sockets"; "shared-counter"; "sim"),
    printed("sockets"; "count_stat"; "perfbook, Xeon 8176, 8 sockets"; "own-counters"),
    measured("counters"; "sockets"; "own-counters"; "sim"),
    (("ticket-lock", "mcs-lock", "treiber-stack") as $v | measured("locks"; "sockets"; $v; "sim")),
    (fitted("locked-list") | series("n (s + c n/2), fitted"; "lists"; "model"; "fitted to the locked list, simulated") | shows("model"))
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
