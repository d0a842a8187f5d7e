# SPDX-License-Identifier: MIT
# What page.jq and latex.jq both say of a report: claims counted, and where its numbers come from.

def text: if . == null then "" elif type == "string" then . else tojson end;

# All claims, each with its figure's key, level and command.
def claims: [.figures[] | {key, level, repeat} as $figure | .claims[] | . + $figure];

def count($verdict): map(select(.verdict == $verdict)) | length;
def tally: claims | {
    holds: count("holds"), fails: count("does not hold"), cannot: count("cannot be judged"), all: length,
    unexpected: map(select(.verdict == "does not hold" and (.expected | not))) | length };

# Numbers as in a table: four digits, no more.
def short:
    if type != "number" then text
    elif . == 0 then "0"
    else (. | fabs | log10 | floor) as $e |
        if $e >= 3 then (. | round | tostring)
        else pow(10; 3 - $e) as $unit | (. * $unit | round) / $unit | tostring end
    end;

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
