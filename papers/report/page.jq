# SPDX-License-Identifier: MIT
# The page of `framelab report`, out of its data. Whatever comes from data goes through @html, or is JSON or Base64.
include "report/facts";

def symbol: if . == "holds" then "✓" elif . == "does not hold" then "✗" else "?" end;
def tone: if . == "holds" then "good" elif . == "does not hold" then "bad" else "open" end;
def badge: @html "<span class=\"badge \(.verdict | tone)\"><span aria-hidden=\"true\">\(.verdict | symbol)</span> \(.verdict)</span>";
def plural($one): if . == 1 then "1 \($one)" else "\(.) \($one)s" end;

# JSON that cannot end the script element that it stands in.
def script_json: tojson | gsub("<"; "\\u003c") | gsub("\u2028"; "\\u2028") | gsub("\u2029"; "\\u2029");

# ---- Top ----

def count_box($n; $tone; $symbol; $what):
    @html "<li class=\"\($tone)\"><span class=\"symbol\" aria-hidden=\"true\">\($symbol)</span><strong>\($n)</strong> \($what)</li>";

def summary:
    all_provenance as $lines | tally as $t |
    "<section aria-labelledby=\"summary\"><h2 id=\"summary\">Summary</h2><ul class=\"tally\">",
    count_box($t.holds; "good"; "✓"; if $t.holds == 1 then "claim holds" else "claims hold" end),
    count_box($t.fails; (if $t.fails > 0 then "bad" else "open" end); "✗"; if $t.fails == 1 then "does not hold" else "do not hold" end),
    count_box($t.cannot; "open"; "?"; "cannot be judged here"),
    "</ul>",
    @html "<p>\(.figures | length | plural("figure")) and \($t.all | plural("claim")) on frame allocators and what they are made of, run again with \($lines | one_of("builds of framelab"; version)), on \($lines | one_of("machines"; machine)), \([$lines[].time | strings | .[:10]] | span).",
    (if $t.fails > 0 then @html " Of the claims that do not hold, \($t.fails - $t.unexpected) were known not to, and each says why." else empty end),
    "</p>",
    "<p>A claim is judged by a program on records of measurements, by the check that stands beside it, on a platform that can judge it; <a href=\"#platforms\">which can show what</a>.</p></section>";

def contents:
    "<nav aria-labelledby=\"contents\"><h2 id=\"contents\">Figures</h2><ol class=\"contents\">",
    (.figures[] |
        @html "<li><a href=\"#figure-\(.key)\">\(.title)</a> <span class=\"marks\">",
        (.key as $key | .claims[] |
            @html "<a class=\"mark \(.verdict | tone)\" href=\"#claim-\($key)-\(.id)\" aria-label=\"\(.id) \(.verdict)\">\(.verdict | symbol) \(.id)</a> "),
        "</span></li>"),
    "</ol><ul class=\"contents\"><li><a href=\"#claims\">All claims</a></li><li><a href=\"#platforms\">What each platform can show</a></li><li><a href=\"#provenance\">Where the numbers come from</a></li>",
    "</ul></nav>";

# How charts are used: shown where there are any, which is where the script runs.
def hint:
    "<p class=\"hint\" id=\"chart-hint\" hidden>In charts: drag to zoom, double click to see all. Keys below switch series. With the focus on a chart: ← → along a series, ↑ ↓ between series, + − 0 zoom.</p>";

# ---- A figure ----

def pair($what; $value): if ($value | text) == "" then empty else @html "<dt>\($what)</dt><dd>\($value | text)</dd>" end;

def claim($figure):
    @html "<article class=\"claim \(.verdict | tone)\" id=\"claim-\($figure.key)-\(.id)\"><h4><span class=\"id\">\(.id)</span> \(.text)</h4><p>",
    badge,
    (if .verdict == "does not hold" then (if .expected == true then " a known deviation" else " <strong>not expected</strong>" end) else empty end),
    "</p><dl>",
    pair("Measured"; .measured), pair("Published"; .published), pair("Check"; .check),
    pair("Judged on"; .platform // ((.platforms // []) | join(" or ") | if . == "" then "" else "would be: \(.)" end)),
    pair("Why"; .why), pair("Known deviation"; .deviation), pair("Source"; .source),
    @html "<dt>Repeat</dt><dd><code>\($figure.repeat | text)</code></dd></dl></article>";

def cell: if type == "number" then @html "<td class=\"number\">\(short)</td>"
    elif (text | test("^[-+~]?[0-9]")) then @html "<td class=\"number\">\(text)</td>"
    else @html "<td>\(text)</td>" end;

def table($key; $id):
    @html "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"figure-\($key) \($id)\"><table><caption id=\"\($id)\">\(.title)</caption><thead><tr>",
    (.columns[] | if text == "" then "<td></td>" else @html "<th scope=\"col\">\(text)</th>" end),
    "</tr></thead><tbody>",
    (.rows[] | "<tr>", (.[] | cell), "</tr>"),
    "</tbody></table></div>";

def runs:
    .key as $key |
    @html "<div class=\"fold\" data-fold=\"Runs behind it\"><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"figure-\($key) runs-\($key)\"><table class=\"runs\"><caption id=\"runs-\($key)\">Runs behind it</caption><thead><tr><th scope=\"col\">Run</th><th scope=\"col\">Command</th><th scope=\"col\">Seconds</th><th scope=\"col\">Outcome</th></tr></thead><tbody>",
    (.runs[] |
        @html "<tr><th scope=\"row\">\(.id)</th><td><code>\(.command)</code></td><td class=\"number\">\(.seconds | short)</td><td>\(.outcome | text)\(if .outcome == "skipped" then ": \(.why | text)" else "" end)</td></tr>"),
    "</tbody></table></div></div>";

def picture:
    @html "<figure class=\"picture fold\" data-fold=\"Picture, in the paper's form\"><img alt=\"\(.title): \([.panels[].title] | join("; ")). The numbers are in the charts and tables of this section.\" src=\"data:image/svg+xml;base64,\(.svg | @base64)\"><figcaption>The paper's form, published points beside ours. \([.panels[].title] | join(" · "))</figcaption></figure>";

def chart_data: {key, title, panels, series: .series};

def made:
    @html "<div class=\"charts\" data-key=\"\(.key)\"></div>",
    picture,
    "<script type=\"application/json\" class=\"chart-data\">", (chart_data | script_json), "</script>",
    (.key as $key | .tables | select(length > 0) |
        "<div class=\"fold\" data-fold=\"\(length | if . == 1 then "Table" else "\(.) tables" end)\">",
        (to_entries[] | .key as $i | .value | table($key; "table-\($key)-\($i)")),
        "</div>");

def origin: (.provenance // []) | if length == 0 then empty else
    @html "<dt>Measured</dt><dd>\([.[].time | strings | .[:16] | sub("T"; " ")] | span) UTC, \(one_of("builds of framelab"; version)), \(one_of("machines"; machine))</dd>" end;

def figure:
    @html "<section class=\"figure\" aria-labelledby=\"figure-\(.key)\"><h2 id=\"figure-\(.key)\">\(.title)</h2><p class=\"citation\">\(.citation | text)</p>",
    (if (.shows | text) != "" then @html "<p><strong>What it showed.</strong> \(.shows)</p>" else empty end),
    (if (.differs | text) != "" then @html "<p><strong>What differs here.</strong> \(.differs)</p>" else empty end),
    (if .status == "made" then made else @html "<p class=\"missing\">Not drawn (\(.status)): \(.why | text)</p>" end),
    "<h3>Claims</h3>",
    (. as $figure | .claims[] | claim($figure)),
    "<h3>How it was made</h3><dl class=\"origin\">",
    origin,
    @html "<dt>Level</dt><dd>\(.level | text); its runs took \(.seconds // 0 | round) s</dd><dt>Repeat</dt><dd><code>\(.repeat | text)</code></dd></dl>",
    runs,
    "</section>";

# ---- Bottom ----

def all_claims:
    "<section aria-labelledby=\"claims\"><h2 id=\"claims\">All claims</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of all claims\"><table class=\"claims\"><thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">Verdict</th><th scope=\"col\">By</th><th scope=\"col\">Measured</th><th scope=\"col\">Published</th></tr></thead><tbody>",
    (claims[] |
        @html "<tr><th scope=\"row\"><a href=\"#claim-\(.key)-\(.id)\">\(.id)</a> <span class=\"of\">\(.key)</span></th><td data-label=\"Verdict\">", badge,
        @html "</td><td data-label=\"By\">\(.platform | text)</td><td data-label=\"Measured\">\(.measured | text)</td><td data-label=\"Published\">\(.published | text)</td></tr>"),
    "</tbody></table></div></section>";

def answer_symbol: if . == "yes" then "✓" elif . == "no" then "✗" else "~" end;
def platforms: $platforms[0] as $p |
    "<section aria-labelledby=\"platforms\"><h2 id=\"platforms\">What each platform can show, and what not</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of platforms\"><table class=\"platforms\"><thead><tr><th scope=\"col\">Question</th>",
    ($p.platforms[] | @html "<th scope=\"col\">\(.name)<br><span class=\"is\">\(.is)</span></th>"),
    "</tr></thead><tbody>",
    ($p.questions[] | . as $q | @html "<tr><th scope=\"row\">\(.asks)</th>",
        ($p.platforms[] | . as $platform | $q[.id] |
            @html "<td data-label=\"\($platform.name)\"><span><strong class=\"answer \(.answer)\"><span aria-hidden=\"true\">\(.answer | answer_symbol)</span> \(.answer)</strong>: \(.note)</span></td>"),
        "</tr>"),
    "</tbody></table></div></section>";

def provenance:
    "<section aria-labelledby=\"provenance\"><h2 id=\"provenance\">Where the numbers come from</h2><p>From the provenance lines of all records behind this page. Where there are several values, figures were made at different times or by different builds.</p><dl class=\"provenance\">",
    (all_provenance | facts[] | @html "<dt>\(.what)</dt>", (.values[] | @html "<dd>\(.)</dd>")),
    "</dl></section>";

[ "<!DOCTYPE html>",
  "<html lang=\"en\"><head><meta charset=\"utf-8\">",
  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">",
  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">",
  "<title>framelab: figures from papers, reproduced and judged</title>",
  "<style>", $style, "</style></head><body>",
  "<a class=\"skip\" href=\"#main\">To the figures</a>",
  "<header><p class=\"kicker\">framelab report</p><h1>Figures from papers, reproduced and judged</h1></header>",
  "<main id=\"main\">", summary, contents, hint, (.figures[] | figure), all_claims, platforms, provenance, "</main>",
  (all_provenance | @html "<footer><p>Made by <code>framelab report</code> from records of \(one_of("builds of framelab"; version)). One file: it loads nothing.</p></footer>"),
  "<script>", $script, "</script></body></html>"
] | join("\n")
