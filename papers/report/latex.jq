# SPDX-License-Identifier: MIT
# The body of framelab.tex, out of the data of `framelab report`. Whatever comes from data goes through `tex`.
include "report/facts";

# What pdfTeX's fonts have no letter for, by name; what is not here and not ASCII or Latin is shown by its number.
def symbols: {
    "–": "\\textendash{}", "—": "\\textemdash{}", "−": "$-$", "×": "$\\times$", "·": "$\\cdot$", "≤": "$\\le$", "≥": "$\\ge$", "≈": "$\\approx$",
    "±": "$\\pm$", "→": "$\\to$", "µ": "\\textmu{}", "μ": "\\textmu{}", "°": "\\textdegree{}", "²": "\\textsuperscript{2}",
    "³": "\\textsuperscript{3}", "⁰": "\\textsuperscript{0}", "¹": "\\textsuperscript{1}", "½": "\\textonehalf{}", "…": "\\dots{}", "“": "``", "”": "''",
    "‘": "`", "’": "'", "⌈": "$\\lceil$", "⌉": "$\\rceil$", "√": "$\\surd$", "∞": "$\\infty$", "∼": "$\\sim$", "≠": "$\\ne$",
    "\u00a0": "~", "\u202f": "\\,", "\u2009": "\\,", "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#",
    "%": "\\%", "_": "\\_\\allowbreak{}", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}", "<": "\\textless{}", ">": "\\textgreater{}",
    "|": "\\textbar{}", "\"": "\\textquotedbl{}", "`": "\\textasciigrave{}", "\n": " ", "\r": " ", "\t": " "};

def hex: if . < 16 then "0123456789ABCDEF"[.:. + 1] else ((. / 16 | floor | hex) + (. % 16 | hex)) end;
def letter($symbols): . as $letter | $symbols[$letter] // (
    ($letter | explode[0]) as $code |
    if ($code >= 32 and $code < 127) or ($code >= 192 and $code < 383) then $letter else "\\texttt{U+\($code | hex)}" end);
# For the text of a paragraph.
def tex: symbols as $symbols | text | explode | map([.] | implode | letter($symbols)) | join("") | gsub("--"; "-{}-");
# For commands: as typed, broken anywhere that is not within a word.
def code: "\\code{" + (tex | gsub("(?<c>[,=/])"; "\(.c)\\allowbreak{}")) + "}";

def mark: {"holds": "\\holds", "direction only": "\\direction", "does not hold": "\\fails"}[.] // "\\cannot";
def factor: headline | if . == null then "" else "\(.factor | times)$\\times$" end;
# Factor first, then verdict, kind, how often it came out so.
def judged: [(factor | select(. != "")), (.verdict | mark), (.kind | tex | select(. != "")), (.stable | stability | tex | select(. != ""))] | join(", ");
def line($what; $value): if ($value | text) == "" then empty else "\\fact{\($what)}{\($value | tex)}" end;

# ---- Front ----

def abstract: all_provenance as $lines |
    "\\reportof{\($lines | one_of("builds of framelab"; version) | tex)}{\([$lines[].time | strings | .[:10]] | span | tex)}",
    "\\begin{abstract}",
    "\(.figures | length) figures and \(claims | length) claims on frame allocators and what they are made of, run again with \($lines | one_of("builds of framelab"; version) | tex) on \($lines | one_of("machines"; machine) | tex). Of the claims, \(matrix | in_words | tex); of those that do not hold, \(known_deviations) were known not to. A factor is what was measured over what was published. A claim is judged by a program on records of measurements, by the check that stands beside it, on a platform that can judge it (section~\\ref{platforms}). The commands behind each figure are in section~\\ref{commands}.",
    "\\end{abstract}";

def all_claims:
    "\\section{Claims and verdicts}",
    "\\begin{claimtable}",
    (claims[] | "\(.id | tex) & \(factor) & \(.key | tex) & \(.verdict | mark)\(if (.kind | text) == "" then "" else ", \(.kind | tex)" end) & \(.platform | tex) & \(.measured | tex) & \(.published | tex) \\\\"),
    "\\end{claimtable}";

# ---- A figure ----

def quantity: .unit as $unit | line("Factor"; "\(quantity_name)\(if .factor == null then "" else ": \(.factor | times)×" end)\(stated | if . == "" then "" else ", stated \(.)" end); measured \(.measured | with_unit($unit))\(.published | with_unit($unit) | if . == "" then "" else ", published \(.)" end)");
def claim: "\\claim{\(.id | tex)}{\(.text | tex)}{\(judged)}", "\\begin{facts}", ((.quantities // [])[] | quantity),
    line("Measured"; .measured), line("Published"; .published), line("Check"; .check), line("Judged on"; .platform),
    line("Why"; .why), line("Known deviation"; .deviation), line("Source"; .source), "\\end{facts}";

def cell: if type == "number" then short else . end | tex;
# Numbers to the right, as in the other forms.
def align($rows): . as $column | [$rows[][$column]] | if length > 0 and all(text | test("^([-+~]?[0-9].*)?$")) then "r" else "l" end;
# Long or wide tables are for the page; a paper shows what fits.
def fits: (.rows | length) <= 30 and ([.columns[] | text | length] | add) < 90;
def table:
    if (.rows | length) == 0 then empty
    elif fits then .rows as $rows |
        "\\begin{datatable}{\(.title | tex)}{\([range(.columns | length) | align($rows)] | join(""))}",
        ([.columns[] | tex] | join(" & ")) + " \\\\ \\midrule", (.rows[] | ([.[] | cell] | join(" & ")) + " \\\\"), "\\end{datatable}"
    else "\\leftout{\(.title | tex)}{\(.rows | length)}" end;

def figure:
    "\\section{\(.title | tex)}\\label{\(.key)}", "\\noindent After \\cite{\(.key)}. \(.shows | tex)", "",
    (if (.differs | text) != "" then "\\paragraph{What differs here.} \(.differs | tex)", "" else empty end),
    (if .status == "made" then
        "\\drawing{\(.key)}{\(.title | tex): \([.panels[].title | tex] | join("; ")). Published points beside ours.}"
     else "\\paragraph{Not drawn (\(.status | tex)).} \(.why | tex)", "" end),
    (.claims[] | claim),
    ((.tables // [])[] | table),
    "\\paragraph{Repeat.} \(.repeat | code) (\(.level | tex); its runs took \(.seconds // 0 | round)~s).";

# ---- Back ----

def platforms: $platforms[0] as $p |
    "\\section{What each platform can show, and what not}\\label{platforms}",
    "\\begin{platformtable}{\([$p.platforms[] | "\\textbf{\(.name | tex)}: \(.is | tex)"] | join(" & "))}",
    ($p.questions[] | . as $q | "\(.asks | tex) & " + ([$p.platforms[] | $q[.id] | "\\textbf{\(.answer | tex)}: \(.note | tex)"] | join(" & ")) + " \\\\"),
    "\\end{platformtable}";

def provenance:
    "\\section{Where the numbers come from}", "\\begin{facts}",
    (all_provenance | facts[] | "\\fact{\(.what | tex)}{\([.values[] | tex] | join("\\\\ "))}"),
    "\\end{facts}";

# What each figure was made of.
def commands:
    "\\section{Commands}\\label{commands}",
    (.figures[] | "\\paragraph{\(.title | tex).}", "\\begin{runs}",
        (.runs[] | "\\item[\(.id | tex)] \(.command | code)\(if .outcome == "skipped" then " (skipped: \(.why | tex))" else "" end)"),
        (if .runs == [] then "\\item[] none" else empty end), "\\end{runs}");

def bibliography: "\\begin{thebibliography}{99}", (.figures[] | "\\bibitem{\(.key)} \(.citation | tex)\([links[] | " \(.text | tex): \(.url | code)."] | join(""))"), "\\end{thebibliography}";

[ abstract, all_claims, (.figures[] | figure), platforms, provenance, commands, bibliography ] | join("\n")
