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

def mark: if . == "holds" then "\\holds" elif . == "does not hold" then "\\fails" else "\\cannot" end;
def line($what; $value): if ($value | text) == "" then empty else "\\fact{\($what)}{\($value | tex)}" end;

# ---- Front ----

def abstract: all_provenance as $lines | tally as $t |
    "\\reportof{\($lines | one_of("builds of framelab"; version) | tex)}{\([$lines[].time | strings | .[:10]] | span | tex)}",
    "\\begin{abstract}",
    "\(.figures | length) figures and \($t.all) claims on frame allocators and what they are made of, run again with \($lines | one_of("builds of framelab"; version) | tex) on \($lines | one_of("machines"; machine) | tex). \($t.holds) claims hold, \($t.fails) do not, of which \($t.fails - $t.unexpected) were known not to, and \($t.cannot) cannot be judged here. A claim is judged by a program on records of measurements, by the check that stands beside it, on a platform that can judge it (section~\\ref{platforms}). The commands behind each figure are in section~\\ref{commands}.",
    "\\end{abstract}";

def all_claims:
    "\\section{Claims and verdicts}",
    "\\begin{claimtable}",
    (claims[] | "\(.id | tex) & \(.key | tex) & \(.verdict | mark) & \(.platform | tex) & \(.measured | tex) & \(.published | tex) \\\\"),
    "\\end{claimtable}";

# ---- A figure ----

def claim: "\\claim{\(.id | tex)}{\(.text | tex)}{\(.verdict | mark)}", "\\begin{facts}",
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

def bibliography: "\\begin{thebibliography}{99}", (.figures[] | "\\bibitem{\(.key)} \(.citation | tex)"), "\\end{thebibliography}";

[ abstract, all_claims, (.figures[] | figure), platforms, provenance, commands, bibliography ] | join("\n")
