# SPDX-License-Identifier: MIT
# Counts are judged in every record; times on the host if its cores are real and idle, else on simulated harts.
include "lib";

(bench | map(select(.burst != null and .variant != "null"))) as $all |
($all | of_run("host") | cores_not_real(2)) as $not_real |
(if $not_real == null then "host" else "sim" end) as $judge |
def rate($run; $harts; $length):
  $all | of_run($run) | map(select(.variant | startswith("baseline,"))) | of_harts($harts) | map(select(.burst == $length)) | undisturbed |
  map(per_us(.phases[0].name)) | if . == [] then null else median end;
def drop($run; $harts): rate($run; $harts; 6) / rate($run; $harts; 7);
def ratio($run; $length): rate($run; 2; $length) / rate($run; 1; $length);
def platform_of($records): $records | map(.platform) | if any(. == $judge) then $judge else .[0] end;
def on($platform; f): if $all | of_run($platform) == [] then "" else "; \($platform) \(f)" end;

def p1:
  def expected: operations / .burst * 2 * ([(.burst - 6) / 3 | ceil, 0] | max);
  ($all | map(select(.run | test("memory") | not))) as $records |
  ($records | map(select(.counts.global_takes + .counts.global_gives != expected))) as $off |
  if $records == [] then cannot("P1"; "nothing was run") else
  verdict("P1"; platform_of($records); $off == []; "\($records | length - ($off | length)) of \($records | length) records exact (\($records | group_by(.platform) | map("\(.[0].platform) \(length)") | join(", ")))";
    "off: \($off | map("\(.run) \(.variant) L \(.burst) \(.harts) harts: \(.counts.global_takes + .counts.global_gives), not \(expected)") | .[0])") end;

def p2:
  def told($run): "2 harts \(drop($run; 2) | short) times, 1 hart \(drop($run; 1) | short)";
  verdict("P2"; $judge; drop($judge; 2) >= 3 and drop($judge; 2) > drop($judge; 1);
    told($judge) + (if $judge == "host" then on("sim"; told("sim")) else "" end);
    "two harts fall by less than 3 times, or less than one");

def p3:
  def before($run): [range(1; 7) | ratio($run; .)];
  def behind($run): [range(10; 25) | ratio($run; .)];
  def told($run): "\(before($run) | min | short) to \(before($run) | max | short), then \(behind($run) | min | short) to \(behind($run) | max | short)";
  verdict("P3"; $judge; (before($judge) | min) >= 1.5 and (behind($judge) | max) < 1;
    told($judge) + (if $judge == "host" then on("sim"; told("sim")) else "" end);
    "less than 1.5 up to 6, or not below 1 from 10 on");

def p4:
  ($all | map(select(.run | test("memory")))) as $records |
  ($records | map(.counts.failures) | add) as $failures |
  if $records == [] then cannot("P4"; "nothing was run on the host or on simulated harts") else
  verdict("P4"; platform_of($records); $failures == 0; "\($failures) failures in \($records | length) records"; "an allocation failed") end;

if $judge == "sim" and ($all | of_run("sim")) == []
then [p1, (("P2", "P3") | cannot(.; $not_real + "; and there are no simulated harts")), p4]
else [p1, p2, p3, p4] end
