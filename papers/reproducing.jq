# SPDX-License-Identifier: MIT
# REPRODUCING.md's tables, from a campaign's summary.json: `make reference` puts them there.
def cell: gsub("\\|"; "\\|") | gsub("\n"; " ");
def row: map(cell) | "| " + join(" | ") + " |";
def table($head): [($head | row), ($head | map("---") | "|" + join("|") + "|")] + map(row) | join("\n");
def minutes: if . < 90 then "\(. | ceil) s" else "\(. / 60 * 10 | round / 10) min" end;
def needs: [.runs[].command | if test("--platform sim") then "sim" elif test("--platform qemu") then "QEMU" else "host" end] | unique | join(", ");
def verdict: if .verdict == "holds" or .verdict == "cannot be judged" then .verdict else "**\(.verdict)**" end + if .platform != "" then " (\(.platform))" else "" end;
def short: if . == null then "" elif fabs >= 100 then round | tostring elif . == 0 then "0" else (pow(10; 2 - (fabs | log10 | floor))) as $scale | ((. * $scale | round) / $scale) | tostring end;
def kinds: ["counted", "measured", "foretold", "fitted", "by construction"];
def of_verdict($verdict): map(select(.verdict == $verdict)) | length | tostring;
def stable: [.stable[]? | "\(.held) of \(.of) (\(.over))"] | join(", ");
# A claim's quantities, a line each.
def lines(f): [.quantities[]? | f] | join("<br>");
def named: .name + if .of then " (\(.of))" else "" end;

.figures as $figures |
($figures | map(.claims) | add) as $claims |
"In this run, by kind, for what is counted and what is fitted are no sum ([what the words mean](README.md)):\n",
(kinds | map(. as $kind | ($claims | map(select(.kind == $kind))) | select(length > 0) |
  [$kind, of_verdict("holds"), of_verdict("direction only"), of_verdict("does not hold"), of_verdict("cannot be judged")]) |
  table(["kind", "hold", "direction only", "do not hold", "cannot be judged"])),
"\n## Figures\n",
($figures | map(["[`\(.key)`](\(.key)/README.md)", .title, "`\(.repeat)`", (.seconds | minutes), needs]) |
  table(["figure", "", "command", "took", "runs on"])),
"\n## Claims\n",
($figures | map(.key as $key | .claims[] | [.id, .text, "[`\($key)`](\($key)/README.md)", .kind // "", verdict, stable, lines(named),
    lines(.published | short), lines(.measured | short), lines(.factor | short), lines("\(.low | short) to \(.high | short)")]) |
  table(["claim", "", "figure", "kind", "verdict", "stable", "quantity", "published", "measured", "factor", "interval"])),
"\n## What holds in direction only, does not hold, or cannot be judged, and why\n",
($claims | map(select(.verdict != "holds") |
  "- **\(.id)** \(.verdict): \(.why)." + if .deviation then " \(.deviation)" else "" end) | join("\n"))
