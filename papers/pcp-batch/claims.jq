# SPDX-License-Identifier: MIT
# Holds on each platform, of the host if it was idle; throughput and waiting on simulated harts: of the host's memory
# others interfere, whatever a control of the cores says.
include "lib";

(bench | map(select(.variant != "null" and .workload != "control"))) as $all |
def knob($name): .variant | capture("(,|^)" + $name + "=(?<n>[0-9]+)") | .n | tonumber;
def host_busy($run): $all | of_run($run) | cores_not_real(1);
def usable($what): ("host", "qemu", "sim") | . as $p | select($all | of_run($p + $what) != []) |
  select($p != "host" or host_busy("host" + $what) == null);
def judge: if index("host") then "host" else .[0] end;

def c1:
  def pages($p): $all | of_run($p + "-pages") | undisturbed | by(knob("batch"); 1 / (ns("alloc") + ns("free")));
  [usable("-pages") | {platform: ., gain: (pages(.) | .[0].y as $first | (map(.y) | .[1:] | max) / $first - 1)}] as $gains |
  ($gains | map(select(.platform == "sim")) + . | .[0]) as $first |
  if $gains == [] then cannot("C1"; "no pages were measured, or the host was not idle") else
  verdict("C1"; $first.platform; $first.gain <= 0.1;
    $gains | map("\(.platform) \(.gain * 100 | short) %") | join(", "); "more than 10 % above batch 63") end;

def holds($p; f): $all | of_run($p + "-hold") | of_workload("rand") | undisturbed | by(knob("batch"); f);
def c2:
  def refills($p): holds($p; .counts | .take_hold_total / .take_holds) | xy | exponent;
  def spills($p): holds($p; .counts | .give_hold_total / .give_holds) | xy | exponent;
  [usable("-hold") | {platform: ., refills: refills(.), spills: spills(.)}] as $exponents |
  if $exponents == [] then cannot("C2"; "no holds were measured, or the host was not idle") else
  verdict("C2"; $exponents | map(.platform) | judge;
    all($exponents[]; (.refills | within(0.8; 1.05)) and (.spills | within(0.8; 1.05)));
    $exponents | map("\(.platform) refills \(.refills | short), spills \(.spills | short)") | join("; ");
    "an exponent is not between 0.8 and 1.05") end;

def c3:
  [usable("-hold") | {platform: ., pages: (holds(.; .counts | .take_hold_total / .refill_frames) | map(.y))}] as $curves |
  if $curves == [] then cannot("C3"; "no holds were measured, or the host was not idle") else
  verdict("C3"; $curves | map(.platform) | judge; all($curves[].pages; . as $y | all(range(1; length); $y[.] <= 1.1 * $y[. - 1]));
    $curves | map("\(.platform) \(.pages[0] | short) to \(.pages[-1] | short)" + (if .platform == "qemu" then " instructions" else " ns" end)) | join(", ");
    "a larger batch holds the lock for longer, a frame, than the one before") end;

def c4:
  ($all | of_run("sim-waits") | group_by(knob("magazine")) |
    map({magazine: (.[0] | knob("magazine")), refills: (map(.counts.global_takes) | median),
         share: (map((.phases | map(.hart_ns | add) | add) as $time | .counts.lock_wait_total / $time) | median)})) as $points |
  if $points == [] then cannot("C4"; "simulated harts were not run at this level") else
  $points[0] as $base | ($points | map(select(.refills * 5 <= $base.refills)) | .[0]) as $few |
  verdict("C4"; "sim"; $few != null and $few.share * 10 <= $base.share;
    "magazines of \($few.magazine): refills to \(100 * $few.refills / $base.refills | short) %, waiting from \($base.share * 100 | short) to \($few.share * 100 | short) % of the time";
    "waiting falls by less than ten times") end;

[c1, c2, c3, c4]
