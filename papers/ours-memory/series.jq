# SPDX-License-Identifier: MIT
# Limbo and time by round; frames left when an allocation was refused, by cache size and by harts, medians over rounds.
include "lib";

bench as $all |
def stopped: map(select(.stopped != null));
def first_of($run): $all | of_run($run) | stopped | .[0] | select(. != null);
def points($values): [$values | to_entries[] | {x: (.key + 1), y: .value}];
# The most there may be: a chunk or a block an entry, and the ragged ends of an arena.
def entries: .counts.frames_total | ((. / 512 | ceil) + 1) + ((. / 32768 | ceil) + 1);

def magazine: .knobs | capture("magazine=(?<m>[0-9]+)").m | tonumber;
def is($what):
  (.variant | startswith("baseline")) as $baseline | (.knobs | contains("local=off")) as $without_local |
  (.knobs | contains("drain=on")) as $drained |
  {"drained baseline": ($baseline and $drained), "drained lockfree": (($baseline | not) and $drained),
   "baseline": ($baseline and ($drained | not)), "without-local lockfree": ($without_local and ($drained | not)),
   "lockfree": (($baseline | not) and ($without_local | not) and ($drained | not))}[$what];
def whats: "drained baseline", "drained lockfree", "baseline", "without-local lockfree", "lockfree";
def left($runs; $what): $all | map(select(.left != null and ([.run] | inside($runs)) and is($what)));
def by_rounds(x): group_by(x) | map({x: (.[0] | x), all: [.[].left[]]} | {x, y: (.all | median), low: (.all | min), high: (.all | max)});
def sizes($what): left(["sizes", "sizes-between"]; $what) | by_rounds(magazine);
def harts($what): left(["harts"]; $what) | by_rounds(.harts);

{
  series: ([
    (("stopped-small", "stopped-large") as $run | first_of($run) |
      (points(.stopped.limbo) | series("limbo \($run)"; "limbo"; "measured"; "sim")),
      (points(.stopped.round_ns | map(. / 1000)) | series("time \($run)"; "rounds"; "measured"; "sim")),
      ([{x: 1, y: entries}, {x: (.stopped.limbo | length), y: entries}] | series("bound \($run)"; "limbo"; "model"; "entries of the arena"))),
    (first_of("stopped-small") | .stopped | [{x: (.from + 0.5), y: 0}, {x: (.until + 0.5), y: 0}] |
      series("stop"; "limbo"; "model"; "when the hart was stopped")),
    (whats as $what | sizes($what) | series("sizes \($what)"; "sizes"; "measured"; "sim, 4 harts")),
    (whats as $what | harts($what) | series("harts \($what)"; "harts"; "measured"; "sim, magazines of 64"))
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "Frames an idle hart keeps from the one that is refused, by frames per magazine; 4 harts",
    columns: ["", "8", "16", "32", "64", "128", "256"],
    rows: [whats as $what | sizes($what) | select(length > 0) | . as $points |
           [$what] + [(8, 16, 32, 64, 128, 256) as $m | $points | at($m) | if . == null then "" else . / 3 | short end]]
  }] | map(select(.rows | length > 0))
}
