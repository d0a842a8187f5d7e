# SPDX-License-Identifier: MIT
# Counts are judged in every record; times on the host if its cores are real and idle, else on simulated harts.
include "lib";

(bench | map(select(.variant != "null"))) as $all_runs | ($all_runs | map(select(.burst != null))) as $all |
($all | of_run("host") | cores_not_real(2)) as $not_real |
(if $not_real == null then "host" else "sim" end) as $judge |
def where: $judge, (if $judge == "host" then "sim" else empty end) | select(. as $p | any($all[]; .run == $p));
def rate($run; $harts; $length):
  $all | of_run($run) | map(select(.variant | startswith("baseline,"))) | of_harts($harts) | map(select(.burst == $length)) | undisturbed |
  map(per_us(.phases[0].name)) | median;
def drop($run; $harts): rate($run; $harts; 6) / rate($run; $harts; 7);
def ratio($run; $length): rate($run; 2; $length) / rate($run; 1; $length);
def platform_of: map(.platform) | if any(. == $judge) then $judge else .[0] end;
def counted: $all | map(select(.run | test("memory") | not));
# Blocks that others' caches kept, most of all rounds.
def kept($drain): $all_runs | of_run("sim-kept") | map(select(.left != null and (.knobs | contains("drain=" + $drain)))) | some_records;
def memory: $all | map(select(.run | test("memory")));
def visits: .counts | (.global_takes | number) + (.global_gives | number);
def by_formula: operations / .burst * 2 * ([(.burst - 6) / 3 | ceil, 0] | max);

[claim("P1"; counted | platform_of;
   quantity("records that differ from the formula"; counted | "of \(length)"; counted | map(if visits == by_formula then 0 else 1 end) | some("nothing was run") | add)),
 claim("P2"; $judge; where as $p |
   quantity("L = 6 over L = 7, two harts"; $p; drop($p; 2)), quantity("L = 6 over L = 7, one hart"; $p; drop($p; 1)),
   quantity("the fall of two harts over that of one"; $p; drop($p; 2) / drop($p; 1))),
 claim("P3"; $judge; where as $p |
   quantity("two harts over one, L = 1 to 6, least"; $p; [range(1; 7) | ratio($p; .)] | least),
   quantity("two harts over one, L = 10 to 24, most"; $p; [range(10; 25) | ratio($p; .)] | most)),
 claim("P4"; (memory + kept("off")) | platform_of;
   quantity("blocks lost in others' caches, over p (n - 1), most"; kept("off") | map((.left | most) / (6 * (.harts - 1))) | most),
   quantity("blocks lost, caches drained"; kept("on") | map(.left | most) | most),
   quantity("allocations that failed"; memory | "in \(length) records"; memory | map(.counts.failures | number) | some("nothing was run") | add))]
