# SPDX-License-Identifier: MIT
# A document with what it quotes of the reference run: between `<!-- kept:` WHAT `-->` and `<!-- end -->` stands what that
# run says, and nothing typed by hand. `make readme` and `make reference` do so to every document that quotes;
# stress/check/quotes.sh gives the arguments: $document, its text; $key, the figure in whose folder it lies. Input, in one
# array: summary.json of the run, and an object a figure, {KEY: {tables, published: how many points}}. WHAT is one of
# those at the end of this file.
def cell: tostring | gsub("\\|"; "\\|") | gsub("\n"; " ");
def row: map(cell) | "| " + join(" | ") + " |";
def table($head): [($head | row), ($head | map("---") | "|" + join("|") + "|")] + map(row) | join("\n");
def block: "\n\n" + . + "\n\n";

def duration: if . < 90 then "\(. | ceil) s" elif . < 600 then "\(. / 60 * 10 | round / 10) min" else "\(. / 60 | round) min" end;
def count_of(f): map(select(f)) | length;
def short:
  if . == null then "" elif . == 0 then "0"
  else (2 - (fabs | log10 | floor)) as $digits | if $digits <= 0 then round | tostring
    else pow(10; $digits) as $scale | . * $scale | round / $scale | tostring end end;

# ---- claims ----

def kinds: ["counted", "measured", "foretold", "fitted", "by construction"];
def verdicts: ["holds", "direction only", "does not hold", "cannot be judged"];
def verdict:
  (if .verdict == "holds" or .verdict == "cannot be judged" then .verdict else "**\(.verdict)**" end) +
  if .platform != "" then " (\(.platform))" else "" end;
def stable: [.stable[]? | "\(.held) of \(.of) (\(.over))"] | join("<br>");

# A claim's quantities, a line each: what, published, measured, the factor between them, and its interval, or that of
# what was measured.
def each(f): [.quantities[]? | f] | join("<br>");
def named: .name + (if .of then " (\(.of))" else "" end) + (if .unit then ", \(.unit)" else "" end);
def judged_by: [each(named), each(.published | short), each(.measured | short), each(.factor | short), each("\(.low | short) to \(.high | short)")];
def judged_head: ["quantity", "published", "measured", "factor", "interval"];

# Counted by kind: kinds are of unlike worth, and are never added up.
def count_of_kind($kind; $verdict): count_of(.kind == $kind and .verdict == $verdict);
def kinds_of($claims): kinds | map(select(. as $kind | any($claims[]; .kind == $kind)));
def plural: {"holds": "hold", "does not hold": "do not hold"}[.] // .;
def kind_in_words($claims): . as $kind |
  "\($kind): " + ([verdicts[] | . as $verdict | ($claims | count_of_kind($kind; $verdict)) | select(. > 0) |
    "\(.) \($verdict | plural)"] | join(", "));

# ---- figures ----

def needs: [.runs[].command | if test("--platform sim") then "sim" elif test("--platform qemu") then "QEMU" else "host" end] | unique | join(", ");
def ours: .citation | startswith("framelab:");

(.[1:] | add) as $drawn | .[0].figures as $figures | ($figures | map(.claims) | add) as $claims |
def has_published: $drawn[.key].published > 0;
def figure($key): ($figures | map(select(.key == $key)))[0] // error("the reference run has no figure \"\($key)\"");
def claims_of($key): figure($key) |
  "Of the reference run, `\(.repeat)`, which took \(.seconds | duration):\n\n" +
  (.claims | map([.id, .text + (if .substitute then " (judged on a substitute: \(.substitute))" else "" end), .kind // "", verdict, stable] + judged_by) |
    table(["claim", "", "kind", "verdict", "stable"] + judged_head)) | block;
def tables_of($key; $title):
  [$drawn[$key].tables[] | select(.title | startswith($title))] |
  if length == 0 then error("no table of \($key) begins with \"\($title)\"") else .[] end |
  "*\(.title)*\n\n" + (.columns as $columns | .rows | table($columns));

def said($what):
  ($what | split(" ")) as $words |
  if $what == "claims" then claims_of($key)
  elif $what == "tables" then [tables_of($key; "")] | join("\n\n") | block
  elif $words[1] == "table" then [tables_of($words[0]; $words[2:] | join(" "))] | join("\n\n") | block
  elif $what == "time" then $figures | map(.seconds) | add | duration
  elif $what == "number of figures" then
    "\($figures | count_of(has_published)) with published points, " +
    "\($figures | count_of((ours or has_published) | not)) of papers whose points are not drawn, \($figures | count_of(ours)) of our own"
  elif $what == "verdicts by kind" then kinds_of($claims) | map(kind_in_words($claims)) | join("; ")
  elif $what == "table of verdicts" then
    kinds_of($claims) | map(. as $kind | [$kind] + (verdicts | map(. as $verdict | $claims | count_of_kind($kind; $verdict)))) |
    table(["kind"] + (verdicts | map(plural))) | block
  elif $what == "all figures" then
    $figures | map(["[`\(.key)`](\(.key)/README.md)", .title, "`\(.repeat)`", (.seconds | duration), needs]) |
    table(["figure", "", "command", "took", "runs on"]) | block
  elif $what == "all claims" then
    $figures | map(.key as $key | .claims[] | [.id, .text, "[`\($key)`](\($key)/README.md)", .kind // "", verdict, stable] + judged_by) |
    table(["claim", "", "figure", "kind", "verdict", "stable"] + judged_head) | block
  elif $what == "what does not hold" then
    $claims | map(select(.verdict != "holds") | "- **\(.id)** \(.verdict): \(.why)." + if .deviation then " \(.deviation)" else "" end) |
    join("\n") | block
  else error("there is nothing to quote as \"\($what)\"") end;

$document | split("<!-- kept: ") |
.[0] + (.[1:] | map(
  (split(" -->") | .[0]) as $what | (split("<!-- end -->") | .[1:] | join("<!-- end -->")) as $rest |
  if contains("<!-- end -->") then "<!-- kept: \($what) -->" + said($what) + "<!-- end -->" + $rest
  else error("no <!-- end --> behind \"kept: \($what)\"") end) | add // "")
