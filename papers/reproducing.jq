# SPDX-License-Identifier: MIT
# REPRODUCING.md's tables, from a campaign's summary.json: `make reference` puts them there.
def cell: gsub("\\|"; "\\|") | gsub("\n"; " ");
def row: map(cell) | "| " + join(" | ") + " |";
def table($head): [($head | row), ($head | map("---") | "|" + join("|") + "|")] + map(row) | join("\n");
def minutes: if . < 90 then "\(. | ceil) s" else "\(. / 60 * 10 | round / 10) min" end;
def needs: [.runs[].command | if test("--platform sim") then "sim" elif test("--platform qemu") then "QEMU" else "host" end] | unique | join(", ");
def verdict: if .verdict == "does not hold" then "**does not hold**" else .verdict end + if .platform != "" then " (\(.platform))" else "" end;

.figures as $figures |
($figures | map(.claims) | add) as $claims |
"In this run: \($claims | map(select(.verdict == "holds")) | length) claims hold, " +
"\($claims | map(select(.verdict == "does not hold")) | length) do not hold, " +
"\($claims | map(select(.verdict == "cannot be judged")) | length) cannot be judged.\n\n## Figures\n",
($figures | map(["[`\(.key)`](\(.key)/README.md)", .title, "`\(.repeat)`", (.seconds | minutes), needs]) |
  table(["figure", "", "command", "took", "runs on"])),
"\n## Claims\n",
($figures | map(.key as $key | .repeat as $repeat | .claims[] | [.id, .text, "`framelab figures --only \($key)`", .check, verdict, .measured]) |
  table(["claim", "", "command", "expected", "verdict", "measured"])),
"\n## What does not hold, or cannot be judged, and why\n",
($claims | map(select(.verdict != "holds") |
  "- **\(.id)** \(.verdict): \(.why)." + if .deviation then " \(.deviation)" else "" end) | join("\n"))
