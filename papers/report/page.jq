# SPDX-License-Identifier: MIT
# The page of `framelab report`, out of its data. Whatever comes from data goes through @html, or is JSON or Base64; an
# address becomes a link only if it is one of the web.
include "report/facts";

def symbol: {"holds": "✓", "direction only": "↗", "does not hold": "✗"}[.] // "?";
def tone: {"holds": "good", "direction only": "part", "does not hold": "bad"}[.] // "open";
def badge: @html "<span class=\"badge \(.verdict | tone)\"><span aria-hidden=\"true\">\(.verdict | symbol)</span> \(.verdict)</span>";
def plural($one): if . == 1 then "1 \($one)" else "\(.) \($one)s" end;
def capital: .[:1] as $first | ($first | ascii_upcase) + .[1:];
# The first words of a title, where the rest explains them.
def short_title: sub("[:;] .*$"; "");
def size: if . < 1024 then "\(.) bytes" else bytes end;

# JSON that cannot end the script element that it stands in; and a script that cannot.
def script_json: tojson | gsub("<"; "\\u003c") | gsub("\u2028"; "\\u2028") | gsub("\u2029"; "\\u2029");
def script: gsub("</(?<s>script)"; "<\\/\(.s)"; "i");

# ---- Top ----

# What the filter of page.js takes: a row of buttons a key, with how many claims each would show.
def choices($key; $words; $known):
    select([claims[][$key] | strings | select(. != "")] | length > 0) |
    @html "<div class=\"choices\" role=\"group\" aria-label=\"\($words)\"><span class=\"label\" aria-hidden=\"true\">\($words)</span>",
    (([claims[][$key] | strings | select(. != "")] | unique | in_order($known))[] |
        @html "<button type=\"button\" aria-pressed=\"false\" data-key=\"\($key)\" data-value=\"\(.)\">",
        (if $key == "verdict" then @html "<span aria-hidden=\"true\">\(symbol)</span> " else "" end),
        @html "\(.) <span class=\"count\"></span></button>"),
    "</div>";
def filter:
    "<div class=\"filter\" id=\"filter\" hidden>",
    choices("verdict"; "Verdict"; verdicts), choices("kind"; "Kind"; kinds),
    "<p class=\"shown\"><span id=\"shown\" aria-live=\"polite\"></span> <button type=\"button\" id=\"unfilter\" disabled>Show all</button></p></div>";

def counts: matrix as $rows |
    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Claims counted\"><table class=\"tally\"><thead><tr><td></td>",
    ($rows[0].counts // [] | .[] | @html "<th scope=\"col\" class=\"\(.verdict | tone)\"><span aria-hidden=\"true\">\(.verdict | symbol)</span> \(.verdict)</th>"),
    "</tr></thead><tbody>",
    ($rows[] | @html "<tr><th scope=\"row\">\(if .kind == "" then "claims" else .kind end)</th>",
        (.counts[] | @html "<td class=\"\(if .n > 0 then .verdict | tone else "none" end)\">\(.n)</td>"), "</tr>"),
    "</tbody></table></div>",
    (if [claims[].kind | strings] != [] then "<p class=\"kinds\">Counted: exact counts. Measured: the time of this machine. Foretold: by a model that has not seen these points. Fitted: by one that was fitted to them. By construction: the model could not have answered otherwise. They are not added up.</p>" else empty end);

def summary:
    all_provenance as $lines |
    "<section aria-labelledby=\"summary\"><h2 id=\"summary\">Summary</h2>",
    @html "<p>\(.figures | length | plural("figure")) and \(claims | length | plural("claim")) on frame allocators and what they are made of, run again with \($lines | one_of("builds of framelab"; version)), on \($lines | one_of("machines"; machine)), \([$lines[].time | strings | .[:10]] | span).",
    (known_deviations | if . > 0 then @html " Of the claims that do not hold, \(.) were known not to, and each says why." else empty end),
    "</p>", counts,
    "<p>A claim is judged by a program on records of measurements, by the check that stands beside it, on a platform that can judge it; <a href=\"#platforms\">which can show what</a>. A factor is what was measured over what was published: 1 is the paper's own number.</p></section>";

def contents:
    "<nav id=\"contents\" aria-label=\"Contents\"><button type=\"button\" id=\"contents-button\" aria-expanded=\"false\" aria-controls=\"contents-list\" hidden>Contents: <span></span></button>",
    "<ol id=\"contents-list\"><li><a href=\"#summary\">Summary</a></li><li><a href=\"#claims\">All claims</a></li>",
    (.figures[] | @html "<li class=\"of-figure\"><a href=\"#figure-\(.key)\">\(.title | short_title)</a></li>"),
    "<li><a href=\"#platforms\">What each platform can show</a></li><li><a href=\"#provenance\">Where the numbers come from</a></li></ol></nav>";

# ---- Factors ----

# A factor on a line from a tenth to ten times, with its stated interval; beyond the ends it is an arrow.
def place: if . < 0.1 then 0.1 elif . > 10 then 10 else . end | 60 + 52 * log10 | . * 10 | round / 10;
def factor_bar: . as $q |
    ([$q.factor, $q.low, $q.high] | map(numbers)) as $all | select(($all | length) == 3 and ($all | all(. > 0)) or (($q.factor | numbers) > 0 and $q.low == null)) |
    "<svg class=\"bar\(if $q.in == false then " out" else "" end)\" viewBox=\"0 0 120 14\" aria-hidden=\"true\"><path class=\"track\" d=\"M8 7H112M60 2V12\"/>",
    (if $q.low != null then "<path class=\"stated\" d=\"M\($q.low | place) 7H\($q.high | place)\"/>" else empty end),
    (if $q.factor > 10 then "<path class=\"at\" d=\"M112 2L119 7L112 12Z\"/>" elif $q.factor < 0.1 then "<path class=\"at\" d=\"M8 2L1 7L8 12Z\"/>"
     else "<circle class=\"at\" cx=\"\($q.factor | place)\" cy=\"7\" r=\"3.5\"/>" end),
    "</svg>";
# Factor first: what each quantity of a claim came to.
def quantities($id): select((.quantities // []) != []) |
    @html "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Quantities of \(.id)\"><table class=\"quantities\"><thead><tr><th scope=\"col\">Factor</th><td></td><th scope=\"col\">Stated</th><th scope=\"col\">Quantity</th><th scope=\"col\">Published</th><th scope=\"col\">Measured</th></tr></thead><tbody>",
    (.quantities[] |
        @html "<tr><td class=\"factor \(if .in == false then "outside" else "" end)\">\(if .factor == null then "–" else "\(.factor | times)×" end)</td><td>", ([factor_bar] | join("")),
        @html "</td><td data-label=\"Stated\" class=\"stated-as\">\(stated)\(if .in == false then ": outside" else "" end)</td><th scope=\"row\">\(quantity_name)</th><td class=\"number\" data-label=\"Published\">\(.unit as $unit | .published | with_unit($unit))</td><td class=\"number\" data-label=\"Measured\">\(.unit as $unit | .measured | with_unit($unit))</td></tr>"),
    "</tbody></table></div>";
def factor_word: headline | if . == null then empty else @html "<span class=\"times\">\(.factor | times)×</span> " end;

# ---- A figure ----

def pair($what; $value): if ($value | text) == "" then empty else @html "<dt>\($what)</dt><dd>\($value | text)</dd>" end;
def marks: @html " data-verdict=\"\(.verdict)\" data-kind=\"\(.kind // "")\"";

def claim($figure):
    @html "<article class=\"claim \(.verdict | tone)\" id=\"claim-\($figure.key)-\(.id)\"" + marks + @html "><h4><span class=\"id\">\(.id)</span> \(.text)</h4><p>",
    factor_word, badge,
    (if (.kind | text) != "" then @html " <span class=\"kind\">\(.kind)</span>" else empty end),
    (.stable | stability | if . != "" then @html " <span class=\"kind\">\(.)</span>" else empty end),
    (if .verdict == "does not hold" then (if .expected == true then " a known deviation" else " <strong>not expected</strong>" end) else empty end),
    "</p>", quantities(.id), "<dl>",
    (if (.quantities // []) == [] then pair("Measured"; .measured) else empty end), pair("Published"; .published), pair("Check"; .check),
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
    @html "<figure class=\"picture\(if $library == "" then "" else " fold" end)\" data-fold=\"Picture, in the paper's form\"><img alt=\"\(.title): \([.panels[].title] | join("; ")). The numbers are in the charts and tables of this section.\" src=\"data:image/svg+xml;base64,\(.svg | @base64)\"><figcaption>The paper's form, published points beside ours. \([.panels[].title] | join(" · "))</figcaption></figure>";

# Works are named as figure.json names them; what is no address of the web is not made a link.
def works: links | if length == 0 then empty else "<p class=\"links\">", (.[] | @html "<a href=\"\(.url)\" rel=\"noreferrer\">\(.text | text)</a>"), "</p>" end;

# The series as a table that any program reads, a row a point; the picture for a paper; the records behind both.
def csv: (["series", "panel", "kind", "source", "x", "y", "low", "high"] | @csv),
    (.series[] | . as $s | range(.x | length) as $i | [$s.name, $s.panel, $s.kind, $s.source, $s.x[$i], $s.y[$i], $s.low[$i]?, $s.high[$i]?] | @csv);
def download($name; $type; $base64; $words; $bytes):
    @html "<li><a download=\"\($name)\" href=\"data:\($type);base64,\($base64)\">\($words)</a> <small>\($bytes | size)</small></li>";
def packing: if test("pdf$") then {type: "application/pdf", words: "Picture, PDF"}
    elif test("gz$") then {type: "application/gzip", words: "Records, JSON lines, gzip"}
    elif test("xz$") then {type: "application/x-xz", words: "Records, JSON lines, xz"}
    else {type: "application/jsonl", words: "Records, JSON lines"} end;
def downloads: .key as $key | ([csv] | join("\n") + "\n") as $csv |
    @html "<ul class=\"downloads\" aria-label=\"Downloads\">", download("\($key).csv"; "text/csv"; $csv | @base64; "Points, CSV"; $csv | utf8bytelength),
    ((.files // [])[] | (.name | packing) as $is | (.name | split("/") | last | sub("^figure"; $key)) as $name |
        if .base64 then download(if $name | startswith($key) then $name else "\($key)-\($name)" end; $is.type; .base64; $is.words; .bytes)
        else @html "<li><a href=\"\(.name)\">\($is.words), beside this page</a> <small>\(.bytes | size)</small></li>" end),
    "</ul>";

def chart_data: {key, title, panels: (.panels | map(.title |= capital)), series, things: (.things // [])};

def made:
    (if $library == "" then picture else
        @html "<div class=\"charts\" data-key=\"\(.key)\"></div>", picture,
        "<script type=\"application/json\" class=\"chart-data\">", (chart_data | script_json), "</script>" end),
    (.key as $key | .tables | select(length > 0) |
        "<div class=\"fold\" data-fold=\"\(length | if . == 1 then "Table" else "\(.) tables" end)\">",
        (to_entries[] | .key as $i | .value | table($key; "table-\($key)-\($i)")),
        "</div>"),
    downloads;

def origin: (.provenance // []) | if length == 0 then empty else
    @html "<dt>Measured</dt><dd>\([.[].time | strings | .[:16] | sub("T"; " ")] | span) UTC, \(one_of("builds of framelab"; version)), \(one_of("machines"; machine))</dd>" end;

def figure:
    @html "<section class=\"figure\" aria-labelledby=\"figure-\(.key)\"><h2 id=\"figure-\(.key)\">\(.title)</h2><p class=\"citation\">\(.citation | text)</p>",
    works,
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

# ---- All claims, platforms, provenance ----

def all_claims:
    ([claims[].quantities // [] | .[].factor | numbers] != []) as $factors | ([claims[].kind | strings] != []) as $kinds | ([claims[].stable | stability | select(. != "")] != []) as $stable |
    def column($there; $name): if $there then @html "<th scope=\"col\">\($name)</th>" else empty end;
    "<section aria-labelledby=\"claims\"><h2 id=\"claims\">All claims</h2>", filter,
    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of all claims\"><table class=\"claims\"><thead><tr><th scope=\"col\">Claim</th>",
    column($factors; "Factor"), column(true; "Verdict"), column($kinds; "Kind"), column($stable; "Stable"),
    "<th scope=\"col\">By</th><th scope=\"col\">Published</th><th scope=\"col\">Measured</th></tr></thead><tbody>",
    (claims[] |
        "<tr" + marks + @html "><th scope=\"row\"><a href=\"#claim-\(.key)-\(.id)\">\(.id)</a> <span class=\"of\">\(.key)</span></th>",
        (if $factors then "<td data-label=\"Factor\" class=\"factor\">", (headline | if . == null then "–" else @html "\(.factor | times)×", factor_bar end), "</td>" else empty end),
        "<td data-label=\"Verdict\">", badge, "</td>",
        (if $kinds then @html "<td data-label=\"Kind\">\(.kind | text)</td>" else empty end),
        (if $stable then @html "<td data-label=\"Stable\">\(.stable | stability)</td>" else empty end),
        @html "<td data-label=\"By\">\(.platform | text)</td><td data-label=\"Published\">\(.published | text)</td><td data-label=\"Measured\">\(.measured | text)</td></tr>"),
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

# How charts are used: shown where there are any, which is where the script runs.
def hint:
    "<p class=\"hint\" id=\"chart-hint\" hidden>In charts: the names beside them switch series on and off; drag to zoom, double click to see all. With the focus on a chart: ← → along a series, ↑ ↓ between series, + − 0 zoom.</p>";

[ "<!DOCTYPE html>",
  "<html lang=\"en\"><head><meta charset=\"utf-8\">",
  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">",
  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">",
  "<title>framelab: figures from papers, reproduced and judged</title>",
  "<style>", $style, "</style></head><body>",
  "<a class=\"skip\" href=\"#main\">To the figures</a>",
  "<header><p class=\"kicker\">framelab report</p><h1>Figures from papers, reproduced and judged</h1></header>",
  contents,
  "<main id=\"main\">", summary, all_claims, (if $library == "" then empty else hint end), (.figures[] | figure), platforms, provenance, "</main>",
  (all_provenance | @html "<footer><p>Made by <code>framelab report</code> from records of \(one_of("builds of framelab"; version)). One file: it loads nothing.\(if $library == "" then "" else " Its charts are drawn by Chart.js, under the MIT licence, which is part of it." end)</p></footer>"),
  "<script>", $page, "</script>",
  (if $library == "" then empty else "<script id=\"library\">", ($library | script), "</script>", "<script>", $chart, "</script>" end),
  "</body></html>"
] | join("\n")
