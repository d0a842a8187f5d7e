# SPDX-License-Identifier: MIT
# What page.jq and latex.jq both say of a report: claims counted, and where its numbers come from.

def text: if . == null then "" elif type == "string" then . else tojson end;

# All claims, each with its figure's key, level and command.
def claims: [.figures[] | {key, level, repeat} as $figure | .claims[] | . + $figure];

# Verdicts and kinds in the order in which they are told, those first that the field knows. Kinds are never added up.
def verdicts: ["holds", "direction only", "does not hold", "cannot be judged"];
def kinds: ["counted", "measured", "foretold", "fitted", "by construction"];
def in_order($known): . as $there | ($known | map(select(IN($there[])))) + ($there - $known);
# [{kind, counts: [{verdict, n}]}] of all claims; one row without a kind where no claim has any.
def matrix: claims as $all | ([$all[].verdict] | unique | in_order(verdicts)) as $columns |
    [([$all[].kind // ""] | unique | in_order(kinds))[] as $kind | {kind: $kind, counts: [$columns[] as $verdict |
        {verdict: $verdict, n: ([$all[] | select((.kind // "") == $kind and .verdict == $verdict)] | length)}]}];
# "counted: 3 hold, 1 does not hold"; a row after the other.
def in_words: map((if .kind == "" then "" else "\(.kind): " end) + ([.counts[] | select(.n > 0) |
    "\(.n) \(if .n == 1 then .verdict else .verdict | sub("^holds$"; "hold") | sub("^does "; "do ") end)"] | join(", "))) | join("; ");
def known_deviations: [claims[] | select(.verdict == "does not hold" and .expected == true)] | length;

# Numbers as in a table: four digits, no more.
def short:
    if type != "number" then text
    elif . == 0 then "0"
    else (. | fabs | log10 | floor) as $e |
        if $e >= 3 then (. | round | tostring)
        else pow(10; 3 - $e) as $unit | (. * $unit | round) / $unit | tostring end
    end;

# By how much what was measured is what was published: three digits, no power of ten.
def digits($n): pow(10; $n) as $unit | . * $unit | round | tostring | if $n == 0 then . else
    ("0" * ([$n + 1 - length, 0] | max) // "") + . | .[:-$n] + "." + .[-$n:] end;
def times: if type != "number" then text elif . < 0 then short
    elif . >= 99.95 then digits(0) elif . >= 9.995 then digits(1) elif . >= 0.0995 then digits(2) else digits(4) end;
# The quantity that speaks for a claim: of those outside of their intervals, or else of all, the one whose factor is
# furthest from 1; null if nothing was published.
def headline: [(.quantities // [])[] | select((.factor | numbers) > 0)] | map(select(.in == false)) as $outside |
    if $outside == [] then . else $outside end | max_by(.factor | log | fabs);
def quantity_name: "\(.name | text)\(if (.of | text) == "" then "" else " (\(.of | text))" end)";
def stated: if .low == null and .high == null then "" else "\(if .factor == null then "value " else "" end)\(.low | short) to \(.high | short)" end;
def with_unit($unit): if . == null then "" else "\(short)\(if ($unit | text) == "" then "" else " \($unit | text)" end)" end;
# What is an address of the web and breaks out of nothing.
def links: [(.links // [])[] | select(.url | strings | test("^https?://[-A-Za-z0-9._~:/?#@!$&()*+,;=%]+$"))];
# "10 of 10, seeds 1-10"; several of them.
def stability: if type == "object" then [.] else . // [] end | map("\(.held) of \(.of)\(if (.over | text) == "" then "" else ", \(.over)" end)") | join("; ");

def bytes:
    if type != "number" then "unknown"
    elif . >= 1073741824 then "\(. / 107374182.4 | round / 10) GiB"
    elif . >= 1048576 then "\(. / 104857.6 | round / 10) MiB"
    else "\(. / 1024 | round) KiB" end;

def cores: if . == 1 then "1 core" else "\(. | text) cores" end;
def machine: .topology as $t |
    "\($t.cpu_model | text), \($t.cores | cores)\(if .system.virtual == true then ", virtual machine" else "" end)";
def version: .framelab as $f |
    "framelab \($f.version | text), commit \($f.commit | text | .[:12])\(if $f.dirty == true then ", uncommitted changes" else "" end)";
def caches: [(.topology.caches // [])[] | "L\(.level) \(.kind) \(.size_bytes | bytes)"] | join(", ");
def libraries: [(.libraries // {}) | to_entries[] | "\(.key) \(.value | text)"] | join(", ");
def span: sort | if length == 0 then "unknown" elif first == last then first else "\(first) to \(last)" end;
def loads: [.[] | .system.load_average[0]? | numbers] |
    if length == 0 then "unknown" else "\(min * 10 | round / 10) to \(max * 10 | round / 10), as these runs began" end;

def fact($what; f): {what: $what, values: ([.[] | f | select(. != null and . != "")] | unique)};

# Of provenance lines: [{what, values}], whatever is known.
def facts:
    [ fact("Software"; version),
      fact("Machine"; machine),
      fact("Memory"; .topology.memory_bytes | bytes),
      fact("Caches"; caches),
      fact("System"; .system | "\(.os | text) \(.release | text), \(.machine | text)"),
      fact("Frequency governor"; .system.governor | text),
      {what: "Load average", values: [loads]},
      {what: "Measured", values: [[.[].time | strings] | span]},
      fact("Compiler"; .framelab.compiler | text),
      fact("Flags"; .framelab.flags | text),
      fact("Libraries"; libraries),
      fact("Simulated machines"; .machine_model | select(. != null) | "\(.name | text): \(.source | text)"),
      fact("QEMU"; .qemu | select(. != null) | "\(.version | text), \(.arch | text), \(.mode | text)"),
      fact("Kernels"; .qemu.kernel | select(. != null) | "\(.compiler | text), \(.flags | text)")
    ] | map(select(.values | length > 0));

def all_provenance: [.figures[].provenance // [] | .[]];
# The one value, or both, or how many there are: the provenance names them all.
def one_of($what; f): [.[] | f] | unique |
    if length == 0 then "unknown" elif length <= 2 then join(" and ") else "\(length) \($what)" end;
