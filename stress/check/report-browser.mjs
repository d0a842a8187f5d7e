// SPDX-License-Identifier: MIT
// The page of `framelab report` in Chromium: what a reader does to it, and what axe-core says of it. TAP on stdout,
// pictures in OUT to be looked at. report-browser.sh calls it.
//
//   node report-browser.mjs MODULES CHROMIUM PAGE JUDGED HOSTILE OUT
import {createRequire} from "node:module";
import {writeFileSync} from "node:fs";

const [modules, executablePath, pagePath, judgedPath, hostilePath, out] = process.argv.slice(2);
const require = createRequire(modules + "/");
const {default: puppeteer} = await import(require.resolve("puppeteer-core"));
const axe = require.resolve("axe-core/axe.min.js");
let failed = false;

function check(name, good, said = "") {
    console.log(good ? `ok - ${name}` : `not ok - ${name}: ${String(said).replace(/\n/g, " ").slice(0, 600)}`);
    failed ||= !good;
}

const args = process.getuid() === 0 ? ["--no-sandbox"] : []; // root has no sandbox
const browser = await puppeteer.launch({executablePath, args, protocolTimeout: 120000});

// A page that was loaded, and all that it complained of or asked for.
async function open(path, {width = 1200, height = 900, scheme = "light", script = true} = {}) {
    const page = await browser.newPage();
    const heard = [];
    page.on("console", message => heard.push(`console: ${message.text()}`));
    page.on("pageerror", error => heard.push(`error: ${error.message}`));
    page.on("dialog", dialog => { heard.push("dialog"); dialog.dismiss(); });
    page.on("request", request => { if (!/^(file|data):/.test(request.url())) heard.push(`asks for ${request.url()}`); });
    await page.setJavaScriptEnabled(script);
    await page.setViewport({width, height});
    await page.emulateMediaFeatures([{name: "prefers-color-scheme", value: scheme}]);
    await page.goto("file://" + path);
    await settle();
    return {page, heard};
}

const settle = () => new Promise(done => setTimeout(done, 200));

const faults = async page => {
    if (!await page.evaluate(() => "axe" in window)) await page.addScriptTag({path: axe});
    const {violations} = await page.evaluate(() => window.axe.run({resultTypes: ["violations"]}));
    return violations.map(fault => `${fault.id}: ${fault.nodes.map(node => node.target.join(" ")).slice(0, 3).join(", ")}`);
};

// ---- It loads, and charts are there ----

const {page, heard} = await open(pagePath);
check("it loads without a word on the console", heard.length === 0, heard.join("; "));
const wanted = await page.$$eval(".chart-data", all => all.flatMap(data => {
    const {panels, series} = JSON.parse(data.textContent);
    return panels.filter(panel => series.some(one => one.panel === panel.id)).map(panel => panel.id);
}));
const there = await page.$$eval(".chart", all => all.map(chart => chart.dataset.panel));
check(`a chart each for ${wanted.length} panels`, wanted.length > 0 && wanted.join() === there.join(), there);
// What the library has drawn, chart by chart: lines with their looks and the points within the chart's area.
await page.evaluate(() => {
    window.lines = element => {
        const chart = Chart.getChart(element.querySelector(".plot canvas")), {left, right, top, bottom} = chart.chartArea;
        return chart.data.datasets.map((one, i) => {
            const meta = chart.getDatasetMeta(i), line = meta.dataset.options, [first] = meta.data;
            return {name: one.label, visible: chart.isDatasetVisible(i), color: line.borderColor, dash: line.borderDash.join(" "), width: line.borderWidth,
                    marker: first?.options.radius ? one.marker : "none", hollow: one.hollow && first?.options.backgroundColor !== line.borderColor,
                    points: meta.data.map(({x, y}) => ({x, y})), within: meta.data.filter(({x, y}) => x >= left && x <= right && y >= top && y <= bottom).length};
        });
    };
    window.ticks = element => { const {x, y} = Chart.getChart(element.querySelector(".plot canvas")).scales; return [x, y].map(axis => axis.ticks.map(tick => tick.label)); };
});
const drawn = await page.$$eval(".chart", all => all.map(chart => {
    const data = JSON.parse(chart.closest("section").querySelector(".chart-data").textContent), panel = data.panels.find(one => one.id === chart.dataset.panel);
    const series = data.series.filter(one => one.panel === panel.id), keys = [...chart.querySelectorAll(".key")].map(key => key.dataset.series);
    const can = one => one.y.filter((y, i) => !(panel.y.log && y <= 0) && !(panel.x.log && one.x[i] <= 0)).length;
    const lines = window.lines(chart);
    return keys.join() === series.map(one => one.name).join() && series.every((one, i) => lines[i].name === one.name && lines[i].within === can(one));
}));
check("each series has a key, and all its points are drawn", drawn.every(Boolean), drawn);
const looks = await page.$$eval(".chart", all => all.map(chart => {
    const each = window.lines(chart).map(({color, dash, width, marker, hollow}) => [color, dash, width, marker, hollow].join());
    return new Set(each).size === each.length;
}));
check("no two series of a chart look the same", looks.every(Boolean), looks);
const kinds = await page.$$eval(".chart", all => all.every(chart => {
    const {series} = JSON.parse(chart.closest("section").querySelector(".chart-data").textContent);
    return window.lines(chart).every(line => {
        const {kind} = series.find(one => one.name === line.name);
        return line.hollow === (kind === "published") && (line.marker === "none") === (kind === "model") && (kind !== "model" || line.dash !== "");
    });
}));
check("published are hollow, a model is a dashed line alone", kinds);
const things = await page.$$eval(".chart", all => {
    const seen = new Map();
    let many = 0, same = true;
    for (const chart of all) {
        const {series} = JSON.parse(chart.closest("section").querySelector(".chart-data").textContent);
        window.lines(chart).forEach(line => {
            const {thing, kind} = series.find(one => one.name === line.name), look = `${line.color} ${line.marker}`;
            if (!thing || kind === "model") return;
            many++;
            same &&= (seen.get(thing) ?? look) === look;
            seen.set(thing, look);
        });
    }
    return {many, same};
});
check(`${things.many} series of things: one colour and one marker for one thing`, things.many > 0 && things.same);
const beside = await page.$$eval(".chart", all => all.map(chart => {
    const plot = chart.querySelector(".plot").getBoundingClientRect(), keys = chart.querySelector(".keys").getBoundingClientRect();
    return keys.left >= plot.right && keys.top >= plot.top - 1 && keys.bottom <= plot.bottom + 1;
}));
check("names stand beside the chart, and are no taller", beside.every(Boolean), beside);

// What the first chart shows now.
const first = ".chart";
const state = () => page.$eval(first, chart => JSON.stringify([window.ticks(chart), window.lines(chart)]));
const names = await page.$$eval(`${first} .key`, all => all.map(key => key.dataset.series));
const visible = name => page.$eval(first, (chart, name) => window.lines(chart).find(line => line.name === name).visible, name);
const before = await state();

// ---- Series on and off ----

const key = await page.$(`${first} .key`);
const pressed = () => key.evaluate(element => element.getAttribute("aria-pressed"));
await key.click();
check("a series is switched off", !await visible(names[0]) && await visible(names[1]) && await pressed() === "false");
await key.focus();
await page.keyboard.press("Space");
check("and on again, by keyboard", await visible(names[0]) && await pressed() === "true" && await state() === before);

// ---- Values ----

// Of the first series the point that is furthest from all others: where it is, and what it should say.
const point = await page.$eval(first, chart => {
    const lines = window.lines(chart), others = lines.slice(1).flatMap(line => line.points);
    const apart = ({x, y}) => Math.min(...others.map(other => Math.hypot(other.x - x, other.y - y)));
    const i = lines[0].points.reduce((best, at, k) => apart(at) > apart(lines[0].points[best]) ? k : best, 0);
    const canvas = chart.querySelector(".plot canvas").getBoundingClientRect(), at = lines[0].points[i];
    const data = JSON.parse(chart.closest("section").querySelector(".chart-data").textContent);
    const series = data.series.find(one => one.panel === chart.dataset.panel);
    return {i, x: canvas.x + at.x, y: canvas.y + at.y, name: series.name, value: series.y[i]};
});
const shown = value => value.toLocaleString("en", {maximumSignificantDigits: 4});
const tip = () => page.$eval(first, chart => {
    const {tooltip, width, height} = Chart.getChart(chart.querySelector(".plot canvas"));
    return tooltip.opacity === 0 ? "" : [...tooltip.title, ...tooltip.body.flatMap(part => part.lines)].join("\n") +
        (tooltip.x >= 0 && tooltip.y >= 0 && tooltip.x + tooltip.width <= width && tooltip.y + tooltip.height <= height ? "" : " OUTSIDE");
});
await page.evaluate(y => scrollTo(0, scrollY + y - 400), point.y);
const scrolled = await page.$eval(`${first} .plot canvas`, canvas => canvas.getBoundingClientRect().y);
point.y = scrolled + await page.$eval(first, (chart, i) => window.lines(chart)[0].points[i].y, point.i);
await page.mouse.move(point.x - 1, point.y);
await page.mouse.move(point.x, point.y);
await settle();
const told = await tip();
check("hovering tells series and value, within the chart", told.includes(point.name) && told.includes(shown(point.value)) && !told.includes("OUTSIDE"), `${told}, not ${shown(point.value)}`);
await page.screenshot({path: `${out}/hover.png`});
await page.mouse.move(5, 5);
await settle();
check("and no longer when the pointer has left", await tip() === "", await tip());

await page.$eval(`${first} .plot`, element => element.focus());
const said = () => page.$eval(`${first} [aria-live]`, element => element.textContent);
await page.keyboard.press("ArrowRight");
const one = await said();
await page.keyboard.press("ArrowRight");
const two = await said();
await page.keyboard.press("ArrowDown");
const other = await said();
check("arrow keys tell one point after the other", one.startsWith(names[0]) && two.startsWith(names[0]) && one !== two, `${one} | ${two}`);
check("and go from series to series", other.startsWith(names[1]), other);
check("and show it", (await tip()).includes(names[1]), await tip());
await page.keyboard.press("Escape");

// ---- Zoom ----

await page.keyboard.press("+");
check("+ zooms", await state() !== before && await page.$$eval(`${first} button`, all => !all.find(one => one.textContent === "Show all").disabled));
await page.keyboard.press("0");
check("0 shows all again", await state() === before);
const plot = await page.$eval(`${first} .plot`, element => { const {x, y, width, height} = element.getBoundingClientRect(); return {x, y, width, height}; });
const marks = () => page.$eval(first, chart => JSON.stringify(window.ticks(chart)));
const unzoomed = await marks();
await page.mouse.move(plot.x + plot.width * .4, plot.y + plot.height * .2);
await page.mouse.down();
await page.mouse.move(plot.x + plot.width * .8, plot.y + plot.height * .6, {steps: 4});
await page.screenshot({path: `${out}/dragging.png`});
await page.mouse.up();
check("a rectangle that is drawn is zoomed to", await marks() !== unzoomed, await marks());
await page.mouse.click(plot.x + plot.width * .6, plot.y + plot.height * .4, {count: 2});
await page.mouse.move(5, 5);
await settle();
check("a double click shows all again", await state() === before);
await page.$$eval(`${first} button`, all => all.find(one => one.getAttribute("aria-label") === "Zoom in").click());
check("the button zooms", await state() !== before);
const labels = await page.$$eval(".chart", all => all.flatMap(chart => window.ticks(chart)).flat());
check("one form of ticks", labels.length > 20 && labels.every(label => !/[e^]|10[⁰-⁹]/.test(label) && !/\d{5}/.test(label)), labels.join(" "));
check("all that without a word on the console", heard.length === 0, heard.join("; "));

// ---- Contents ----

{
    const {page} = await open(pagePath);
    const current = () => page.$$eval("#contents a[aria-current]", all => all.map(one => one.hash).join());
    check("contents: at first the summary", await current() === "#summary", await current());
    const places = await page.$$eval("#contents a", all => all.map(one => one.hash));
    let marked = true, view = true;
    for (const place of places.slice(2, -1)) {
        await page.$eval(place, head => head.scrollIntoView({behavior: "instant"}));
        await settle();
        marked &&= await current() === place;
        view &&= await page.$eval("#contents a[aria-current]", link => { const box = link.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; });
    }
    check("contents: the section that is read is marked", marked, await current());
    check("contents: and in view", view);
    await page.close();
}

// ---- Claims by kind and verdict ----

{
    const {page, heard} = await open(judgedPath);
    const claims = await page.$$eval("article[data-verdict]", all => all.map(one => ({...one.dataset})));
    const seen = () => page.evaluate(() => [".claims tbody tr", "article[data-verdict]"].map(what => [...document.querySelectorAll(what)].filter(one => one.offsetHeight > 0).map(one => ({...one.dataset}))));
    const press = (kind, value) => page.$eval(`button[data-key="${kind}"][data-value="${value}"]`, button => button.click());
    const numbers = () => page.$$eval("button[data-key]", all => Object.fromEntries(all.map(one => [one.dataset.value, one.querySelector(".count").textContent === "" ? null : Number(one.querySelector(".count").textContent)])));
    const only = (all, wanted) => all.length === claims.filter(wanted).length && all.every(wanted);
    const counted = await numbers();
    check("filter: a button a kind with its count, a verdict without where that would add up kinds", claims.every(claim => counted[claim.kind] === claims.filter(one => one.kind === claim.kind).length &&
        claims.some(one => one.verdict === claim.verdict && one.kind !== claim.kind) === (counted[claim.verdict] === null)), JSON.stringify(counted));
    await press("kind", "foretold");
    let [rows, articles] = await seen();
    check("filter: by kind", only(rows, one => one.kind === "foretold") && only(articles, one => one.kind === "foretold"), rows.length);
    const beside = await numbers();
    check("filter: counts of verdicts are those of the kind", beside.holds === claims.filter(one => one.kind === "foretold" && one.verdict === "holds").length, JSON.stringify(beside));
    await page.focus('button[data-key="verdict"][data-value="holds"]');
    await page.keyboard.press("Space");
    [rows, articles] = await seen();
    const both = one => one.kind === "foretold" && one.verdict === "holds";
    check("filter: and verdict, by keyboard", only(rows, both) && only(articles, both) && rows.length > 0, rows.length);
    check("filter: it says how many", await page.$eval("#shown", one => one.textContent) === `${rows.length} of ${claims.length} claims are shown`);
    const empty = await page.$$eval("section.figure", all => all.filter(one => one.offsetHeight > 0 && ![...one.querySelectorAll("article")].some(claim => claim.offsetHeight > 0)).length);
    check("filter: figures without such a claim are not shown", empty === 0, empty);
    const address = page.url();
    check("filter: the address says it", /#\?kind=foretold&verdict=holds$/.test(address), address);
    await page.screenshot({path: `${out}/filter.png`});
    const again = await open(judgedPath + new URL(address).hash);
    const remembered = await again.page.$$eval(".claims tbody tr", all => all.filter(one => one.offsetHeight > 0).length);
    check("filter: who opens that address sees the same", remembered === rows.length, remembered);
    await again.page.close();
    await page.$eval("article[data-verdict]:not([hidden])", (claim, link) => { location.hash = claim.id; }, "");
    await settle();
    check("filter: a place that is shown keeps it", /^#claim-[^?]*\?kind=foretold&verdict=holds$/.test(new URL(page.url()).hash), page.url());
    await page.evaluate(() => { location.hash = document.querySelector("article[data-verdict][hidden]").id; });
    await settle();
    [rows] = await seen();
    check("filter: a place that is hidden ends it", rows.length === claims.length && !page.url().includes("?"), page.url());
    await press("verdict", "does not hold");
    await page.$eval("#unfilter", button => button.click());
    [rows] = await seen();
    check("filter: all again", rows.length === claims.length);
    check("filter: without a word on the console", heard.length === 0, heard.join("; "));
    const found = await faults(page);
    check("kinds and factors: axe-core finds no fault", found.length === 0, found.join("; "));
    await page.emulateMediaFeatures([{name: "prefers-color-scheme", value: "dark"}]);
    await press("kind", "fitted");
    const dark = await faults(page);
    check("kinds and factors, dark: axe-core finds no fault", dark.length === 0, dark.join("; "));
    await page.emulateMediaType("print");
    [rows] = await seen();
    check("on paper: all claims, whatever is shown", rows.length === claims.length, rows.length);
    await page.close();
}

// ---- Downloads ----

{
    const {page} = await open(pagePath);
    const broken = await page.$$eval(".downloads a[download]", all => all.filter(one => {
        const [, kind, text] = /^data:([a-z/-]+);base64,(.*)$/.exec(one.href), bytes = atob(text);
        return {"application/pdf": "%PDF", "text/csv": '"ser', "application/gzip": "\x1f\x8b"}[kind] !== bytes.slice(0, kind === "application/gzip" ? 2 : 4);
    }).map(one => one.download));
    const many = await page.$$eval(".downloads a[download]", all => all.length);
    check(`${many} downloads, each what it says`, many >= 6 && broken.length === 0, broken.join());
    await page.close();
}

// ---- Folds ----

const folds = await page.$$(".unfold");
const hidden = () => page.$$eval(".unfold", all => all.filter(one => document.getElementById(one.getAttribute("aria-controls")).offsetHeight === 0).length);
check(`${folds.length} parts are folded`, folds.length > 0 && await hidden() === folds.length, await hidden());
for (const fold of folds) await fold.evaluate(element => element.click());
check("and unfold", await hidden() === 0, await hidden());

// ---- Its policy ----

const blocked = await page.evaluate(() => new Promise(done => {
    document.addEventListener("securitypolicyviolation", event => done(event.violatedDirective), {once: true});
    document.body.append(Object.assign(document.createElement("img"), {src: "https://example.invalid/x.png", alt: "x"}));
    setTimeout(() => done("nothing was"), 2000);
}));
check("an image from elsewhere is refused", blocked === "img-src", blocked);
await page.close();

// ---- Every size and scheme ----

for (const [name, options] of Object.entries({desktop: {}, dark: {scheme: "dark"}, phone: {width: 390, height: 844}, "phone-dark": {width: 390, height: 844, scheme: "dark"}})) {
    const {page, heard} = await open(pagePath, options);
    await page.screenshot({path: `${out}/${name}.png`, fullPage: true});
    const wide = () => page.evaluate(() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth);
    check(`${name}: the page does not scroll sideways`, await wide() <= 0, `${await wide()} pixels`);
    const contrasts = await page.evaluate(() => {
        const luminance = color => (color.startsWith("#") ? [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16)) : color.match(/[\d.]+/g).slice(0, 3).map(Number)).map(value => value / 255)
            .map(value => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4).reduce((sum, value, i) => sum + value * [.2126, .7152, .0722][i], 0);
        const paper = luminance(getComputedStyle(document.body).backgroundColor);
        return [...document.querySelectorAll(".plot canvas")].flatMap(canvas => { const chart = Chart.getChart(canvas); return chart.data.datasets.map((_, i) => luminance(chart.getDatasetMeta(i).dataset.options.borderColor)); })
            .map(ink => (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05));
    });
    check(`${name}: lines have a contrast of 3 or more`, contrasts.length > 0 && contrasts.every(value => value >= 3), contrasts.map(value => value.toFixed(2)));
    const found = await faults(page);
    check(`${name}: axe-core finds no fault`, found.length === 0, found.join("; "));
    for (const fold of await page.$$(".unfold")) await fold.evaluate(element => element.click());
    const within = await faults(page);
    check(`${name}: nor in what is unfolded`, within.length === 0, within.join("; "));
    check(`${name}: unfolded, it does not scroll sideways`, await wide() <= 0, `${await wide()} pixels`);
    check(`${name}: no word on the console`, heard.length === 0, heard.join("; "));
    if (name === "desktop") { // that the checker can find one
        await page.evaluate(() => document.querySelector("main").append(document.createElement("img"), document.createElement("button")));
        const control = (await faults(page)).join("; ");
        check("negative control: axe-core finds an image and a button without a name", /image-alt/.test(control) && /button-name/.test(control), control);
    }
    await page.close();
}

// ---- Without JavaScript, and on paper ----

{
    const {page} = await open(pagePath, {script: false});
    const seen = await page.evaluate(() => ({
        pictures: [...document.querySelectorAll(".picture img")].every(image => image.naturalWidth > 0 && image.offsetHeight > 100),
        tables: [...document.querySelectorAll("table")].every(table => table.offsetHeight > 0),
        hint: document.getElementById("chart-hint").offsetHeight + document.getElementById("filter").offsetHeight, charts: document.querySelectorAll(".chart").length,
    }));
    check("without JavaScript: pictures and tables, no charts", seen.pictures && seen.tables && seen.hint === 0 && seen.charts === 0, JSON.stringify(seen));
    await page.screenshot({path: `${out}/no-script.png`, fullPage: true});
    await page.close();
}
{
    const {page} = await open(pagePath, {scheme: "dark"});
    await page.emulateMediaType("print");
    const seen = await page.evaluate(() => ({
        pictures: [...document.querySelectorAll(".picture img")].every(image => image.offsetHeight > 50),
        tables: [...document.querySelectorAll("main > section table, .fold table")].every(table => table.offsetHeight > 0),
        controls: [...document.querySelectorAll("button, .chart")].filter(one => one.offsetHeight > 0).length + document.getElementById("contents").offsetHeight,
        paper: getComputedStyle(document.body).backgroundColor,
    }));
    check("on paper: pictures and tables on white, no controls", seen.pictures && seen.tables && seen.controls === 0 && seen.paper === "rgb(255, 255, 255)", JSON.stringify(seen));
    writeFileSync(`${out}/print.pdf`, await page.pdf({format: "A4"}));
    await page.close();
}

// ---- Hostile texts ----

{
    const {page, heard} = await open(hostilePath);
    await page.$$eval("button", all => all.forEach(one => one.click()));
    await page.$$eval(".plot", all => all.forEach(one => { one.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true})); }));
    await settle();
    check("hostile texts do nothing", await page.evaluate(() => !("attacked" in window)) && heard.length === 0, heard.join("; "));
    check("hostile texts are read", await page.evaluate(() => document.body.innerText.includes("</script><script>window.attacked=1</script><img src=x")));
    const found = await faults(page);
    check("hostile texts: axe-core finds no fault", found.length === 0, found.join("; "));
    await page.close();
}

await browser.close();
process.exit(failed ? 1 : 0);
