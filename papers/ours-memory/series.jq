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
# What is drawn, and as which thing. Drained, nothing is left of either variant.
def shown: ["lockfree", "lockfree, no drain", "lockfree"],
  ["without-local lockfree", "lockfree without local chunks, no drain", "lockfree-no-local"],
  ["baseline", "baseline, no drain", "baseline"],
  ["drained lockfree", "either, with the drain", "with-drain"];
def arenas: ["stopped-large", "256 MiB", "large-arena"], ["stopped-small", "64 MiB", "small-arena"];
def two_magazines($panel; f): map({x, y: (.x | f)}) |
  series("two magazines an idle hart"; $panel; "model"; "magazines of all other harts") | shows("model");

{
  series: ([
    (arenas as $a | first_of($a[0]) |
      ([{x: 1, y: entries}, {x: (.stopped.limbo | length), y: entries}] |
        series("all entries there are, " + $a[1]; "limbo"; "model"; "entries of the arena") | shows($a[2])),
      (points(.stopped.limbo) | series("in limbo, " + $a[1]; "limbo"; "measured"; "sim") | shows($a[2]; "sim")),
      (points(.stopped.round_ns | map(. / 1000)) | series($a[1]; "rounds"; "measured"; "sim") | shows($a[2]; "sim"))),
    (first_of("stopped-small") | .stopped | [{x: (.from + 0.5), y: 0}, {x: (.until + 0.5), y: 0}] |
      series("stop"; "limbo"; "model"; "when the hart was stopped") | shows("model")),
    (shown as $s | sizes($s[0]) | series($s[1]; "sizes"; "measured"; "sim, 4 harts") | shows($s[2]; "sim")),
    (sizes("lockfree") | two_magazines("sizes"; 3 * 2 * .)),
    (shown as $s | harts($s[0]) | series($s[1]; "harts"; "measured"; "sim, magazines of 64") | shows($s[2]; "sim")),
    (harts("lockfree") | two_magazines("harts"; (. - 1) * 128))
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "Frames an idle hart keeps from the one that is refused, by frames per magazine; 4 harts",
    columns: ["", "8", "16", "32", "64", "128", "256"],
    rows: [whats as $what | sizes($what) | select(length > 0) | . as $points |
           [$what] + [(8, 16, 32, 64, 128, 256) as $m | $points | at($m) | if . == null then "" else . / 3 | short end]]
  }] | map(select(.rows | length > 0))
}
