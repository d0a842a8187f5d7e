// SPDX-License-Identifier: MIT
// Charts of framelab report: one a panel, drawn as SVG from the JSON that stands in the page.
//
// Zoom: drag a rectangle, the buttons, + and -, or Ctrl and the wheel; a double click or 0 shows all again. Series are
// switched by their keys. Values: hover, or the arrow keys when the chart has the focus. Measured lines are solid with
// full markers, published ones dashed with hollow markers, models dotted without; colour only comes on top.
"use strict";
(() => {
const SVG = "http://www.w3.org/2000/svg";
const REACH = 40; // pixels from a point within which it is meant
const DRAG = 8;   // pixels that make a drag of a click
let serial = 0;

// An element with attributes and children; names with a colon in front are SVG's.
function make(name, attributes = {}, ...children) {
    const element = name[0] === ":" ? document.createElementNS(SVG, name.slice(1)) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
}

function button(label, action, attributes = {}) {
    const made = make("button", {type: "button", ...attributes}, label);
    made.addEventListener("click", action);
    return made;
}

// ---- Numbers ----

const superscript = number => String(number).replace(/./g, c => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

function show(value, digits = 4) {
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e7 || size < 1e-4)) {
        const power = Math.floor(Math.log10(size));
        return `${Number((value / 10 ** power).toPrecision(3))}·10${superscript(power)}`;
    }
    return Number(value.toPrecision(digits)).toLocaleString("en", {maximumFractionDigits: 8});
}

const tick = (value, names) => {
    if (names) return names[value];
    const power = Math.log10(value);
    return (value >= 1e5 || value < 1e-3) && Math.abs(power - Math.round(power)) < 1e-9 ? `10${superscript(Math.round(power))}` : show(value);
};

// ---- Axes: a scale works on the axis' own numbers, which are logarithms if the axis is ----

class Axis {
    constructor(spec, values) {
        this.label = spec?.label ?? "";
        this.names = spec?.names ?? null; // of things that are numbered
        const usable = values.filter(value => Number.isFinite(value) && !(spec?.log && value <= 0));
        this.log = Boolean(spec?.log) && usable.length > 0;
        this.powers = this.log && usable.filter(value => Number.isInteger(Math.log2(value))).length > usable.length / 2;
        const own = usable.map(value => this.to(value));
        let low = own.length ? Math.min(...own) : 0, high = own.length ? Math.max(...own) : 1;
        if (!this.log && !this.names && low > 0 && low < high / 2) low = 0;
        const room = (high - low) * .05 || (this.log ? .3 : Math.abs(high) * .1 || 1);
        this.all = this.names ? [low - .5, high + .5] : [!this.log && low === 0 ? 0 : low - room, high + room];
        this.view = this.all;
    }
    to(value) { return this.log ? (value > 0 ? Math.log10(value) : NaN) : value; }
    from(own) { return this.log ? 10 ** own : own; }
    scale(value, length) { return (this.to(value) - this.view[0]) / (this.view[1] - this.view[0]) * length; }
    invert(pixel, length) { return this.view[0] + pixel / length * (this.view[1] - this.view[0]); }
    say(value) { return this.names?.[value] ?? show(value); }
    has(value) { const own = this.to(value); return own >= this.view[0] && own <= this.view[1]; }
    zoom(factor, around) { this.view = this.view.map(end => around + (end - around) * factor); }
    move(value) { // so that it is seen
        const own = this.to(value), half = (this.view[1] - this.view[0]) / 2;
        if (Number.isFinite(own) && !this.has(value)) this.view = [own - half, own + half];
    }
    linear(count) {
        const raw = (this.view[1] - this.view[0]) / count, unit = 10 ** Math.floor(Math.log10(raw));
        const step = [1, 2, 5, 10].find(times => times * unit >= raw) * unit;
        const first = Math.ceil(this.view[0] / step - 1e-9);
        return Array.from({length: Math.floor(this.view[1] / step + 1e-9) - first + 1}, (_, i) => (first + i) * step);
    }
    logarithmic(count) {
        const [low, high] = this.view.map(end => this.from(end));
        const decades = this.view[1] - this.view[0];
        const ticks = [];
        if (this.powers && decades / Math.log10(2) < 2 * count) {
            const step = Math.ceil(decades / Math.log10(2) / count);
            for (let power = Math.ceil(Math.log2(low) / step) * step; 2 ** power <= high; power += step) ticks.push(2 ** power);
        } else {
            const step = Math.max(1, Math.ceil(decades / count));
            const within = decades * 3 <= count ? [1, 2, 5] : [1];
            for (let power = Math.floor(this.view[0]); power <= this.view[1]; power++)
                if (power % step === 0)
                    for (const times of within)
                        if (times * 10 ** power >= low * .999 && times * 10 ** power <= high * 1.001) ticks.push(times * 10 ** power);
        }
        return ticks;
    }
    ticks(count) {
        if (this.names) return Object.keys(this.names).map(Number).filter(value => this.has(value));
        const some = this.log ? this.logarithmic(count) : [];
        if (some.length >= 2 || !this.log) return some.length >= 2 ? some : this.linear(count);
        const few = Array.from({length: 4}, (_, i) => this.from(this.view[0] + (i + .5) / 4 * (this.view[1] - this.view[0])));
        return few.map(value => Number(value.toPrecision(2))).filter((value, i, all) => this.has(value) && all.indexOf(value) === i);
    }
}

// ---- Looks ----

const star = (corners, r, turn, inner = r) => "M" + Array.from({length: corners * (inner < r ? 2 : 1)}, (_, i) => {
    const angle = turn + i * 2 * Math.PI / (corners * (inner < r ? 2 : 1)), radius = inner < r && i % 2 ? inner : r;
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
}).join("L") + "Z";
const shapes = [star(24, 3.6, 0), star(4, 4.4, Math.PI / 4), star(3, 4.8, -Math.PI / 2), star(4, 4.8, 0), star(3, 4.8, Math.PI / 2),
                star(5, 4.5, -Math.PI / 2), star(5, 5.4, -Math.PI / 2, 2.3), star(6, 4.4, 0), star(4, 5.6, Math.PI / 4, 2)];

// Beyond as many as there are shapes, hollow and full change places; the line still tells measured from published.
// Series of one name but for its first word ("host mcs-lock", "mcs-lock") have one colour; the shape is each one's own.
function dress(all) {
    const names = all.map(series => series.name);
    const hue = name => {
        const rest = name.replace(/^\S+\s+/, "");
        return names.some(other => other === rest || (other !== name && other.endsWith(" " + rest))) ? rest : name;
    };
    const hues = [...new Set(all.filter(series => series.kind !== "model").map(series => hue(series.name)))];
    const counts = {};
    all.forEach(series => {
        const i = counts[series.kind] = (counts[series.kind] ?? -1) + 1, late = Math.floor(i / shapes.length) % 2 === 1;
        series.color = series.kind === "model" ? "c7" : `c${[1, 2, 3, 4, 5, 6, 8][hues.indexOf(hue(series.name)) % 7]}`;
        series.shape = shapes[i % shapes.length];
        series.dash = {published: "dashed", model: `dotted dots${i % 4}`}[series.kind] ?? "";
        series.hollow = (series.kind === "published") !== late ? "hollow" : "";
        series.shown = true;
    });
}

// Smaller where points stand close.
const marker = (series, x, y, scale = 1) => make(":path", {class: `marker ${series.hollow}`, d: series.shape, transform: `translate(${x} ${y}) scale(${scale})`});

// ---- A chart ----

class Chart {
    constructor(figure, panel, series) {
        this.figure = figure;
        this.panel = panel;
        this.series = series;
        dress(series);
        const all = key => series.flatMap(one => one[key] ?? []);
        this.x = new Axis(panel.x, all("x"));
        this.y = new Axis(panel.z ?? panel.y, [...all("y"), ...all("low"), ...all("high")]);
        this.here = null; // {series, i}: the point that is told of
        this.clip = `clip-${++serial}`;
        this.build();
    }

    build() {
        this.svg = make(":svg", {class: "plot", role: "application", tabindex: "0", "aria-roledescription": "chart", "aria-describedby": "chart-hint",
                                 "aria-label": `${this.panel.title}: ${this.y.label} against ${this.x.label}, ${this.series.length} series`});
        this.tip = make("div", {class: "tip", hidden: ""});
        this.said = make("p", {class: "unseen", "aria-live": "polite"});
        this.reset = button("Show all", () => this.showAll(), {disabled: ""});
        this.keys = this.series.map((one, i) => this.key(one, i));
        const all = state => () => { this.series.forEach((_, i) => this.set(i, state)); this.draw(); };
        const box = make("div", {class: "folded"});
        this.element = make("figure", {class: "chart", "data-panel": this.panel.id}, make("h3", {}, this.panel.title), this.svg, this.tip,
            make("div", {class: "keys", role: "group", "aria-label": `Series: ${this.panel.title}`}, ...this.keys),
            make("div", {class: "tools", role: "group", "aria-label": `View: ${this.panel.title}`},
                button("+", () => this.zoom(.6), {"aria-label": "Zoom in"}), button("−", () => this.zoom(1 / .6), {"aria-label": "Zoom out"}), this.reset,
                ...(this.series.length > 2 ? [button("All series", all(true)), button("No series", all(false))] : []),
                unfolder("Values", box, () => this.fill(box))),
            box, this.said);
        this.listen();
    }

    key(series, i) {
        const sample = make(":svg", {"aria-hidden": "true", viewBox: "0 0 34 14", class: series.color},
            make(":path", {class: `line ${series.dash}`, d: "M1 7H33"}));
        if (series.kind !== "model") sample.append(marker(series, 17, 7));
        const about = series.kind === "measured" ? series.source ?? "" : `${series.kind}${series.source ? ", " + series.source : ""}`;
        const made = button("", () => { this.set(i, !series.shown); this.draw(); }, {class: "key", "aria-pressed": "true", "data-series": series.name});
        const lost = series.y.filter(value => !Number.isFinite(this.y.to(value))).length;
        made.append(sample, make("span", {class: "name"}, series.name), make("small", {}, about + (lost ? `; ${lost} of ${series.y.length} are 0, not drawn` : "")));
        return made;
    }

    set(i, state) {
        this.series[i].shown = state;
        this.keys[i].setAttribute("aria-pressed", String(state));
        if (this.here?.series === this.series[i] && !state) this.here = null;
    }

    // All numbers, for those who cannot see the chart, or doubt it. Made when it is asked for.
    fill(box) {
        if (box.childElementCount) return;
        const head = ["Series", this.x.label || "x", this.y.label || "y", "low", "high"];
        const cell = value => make("td", {class: "number"}, Number.isFinite(value) ? show(value, 6) : "");
        const rows = this.series.flatMap(one => one.x.map((x, i) =>
            make("tr", {}, make("th", {scope: "row"}, one.name), ...[x, one.y[i], one.low?.[i], one.high?.[i]].map(cell))));
        box.append(make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": `Values: ${this.panel.title}; ${this.figure}`},
            make("table", {}, make("thead", {}, make("tr", {}, ...head.map(name => make("th", {scope: "col"}, name)))), make("tbody", {}, ...rows))));
    }

    // -- Drawing --

    draw() {
        this.drawn = this.element.clientWidth;
        const width = Math.max(260, this.svg.parentNode.clientWidth), height = Math.round(Math.min(380, Math.max(260, width * .62)));
        const y_ticks = this.y.ticks(6);
        this.left = 12 + Math.max(...y_ticks.map(value => tick(value, this.y.names).length), 2) * 7;
        this.top = 30;
        this.width = width - this.left - 14;
        this.height = height - this.top - 42;
        this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        this.svg.replaceChildren(make(":clipPath", {id: this.clip}, make(":rect", {x: -6, y: -6, width: this.width + 12, height: this.height + 12})), this.frame(y_ticks));
        this.reset.disabled = this.x.view === this.x.all && this.y.view === this.y.all;
        this.overlay();
    }

    follow() { // the width that there is
        new ResizeObserver(() => requestAnimationFrame(() => { if (this.element.clientWidth !== this.drawn) this.draw(); })).observe(this.element);
    }

    px(value) { return +this.x.scale(value, this.width).toFixed(2); }
    py(value) { return +(this.height - this.y.scale(value, this.height)).toFixed(2); }

    frame(y_ticks) {
        const inner = make(":g", {transform: `translate(${this.left} ${this.top})`, "aria-hidden": "true"});
        for (const value of y_ticks) {
            const y = this.py(value);
            inner.append(make(":path", {class: "grid", d: `M0 ${y}H${this.width}`}), make(":text", {x: -7, y: y + 4, "text-anchor": "end"}, tick(value, this.y.names)));
        }
        for (const value of this.x.ticks(Math.max(3, Math.floor(this.width / 55)))) {
            const x = this.px(value);
            inner.append(make(":path", {class: "axis", d: `M${x} ${this.height}v4`}), make(":text", {x, y: this.height + 17, "text-anchor": x > this.width - 12 ? "end" : "middle"}, tick(value, this.x.names)));
        }
        inner.append(make(":path", {class: "axis", d: `M0 0V${this.height}H${this.width}`}),
            make(":text", {x: this.width / 2, y: this.height + 35, "text-anchor": "middle"}, this.x.label + (this.x.log ? " (log)" : "")),
            make(":text", {x: 2 - this.left, y: 14 - this.top}, this.y.label + (this.y.log ? " (log)" : "")),
            make(":g", {"clip-path": `url(#${this.clip})`}, ...this.series.filter(one => one.shown).map(one => this.line(one))));
        this.over = inner.appendChild(make(":g"));
        return inner;
    }

    line(series) {
        const group = make(":g", {class: `series ${series.color}`, "data-series": series.name});
        let path = "", bars = "", pen = "M";
        const markers = [];
        series.x.forEach((x, i) => {
            const px = this.px(x), py = this.py(series.y[i]);
            if (!Number.isFinite(px) || !Number.isFinite(py)) { pen = "M"; return; }
            path += `${pen}${px} ${py}`;
            pen = this.x.names ? "M" : "L"; // between things there is no line
            const low = this.py(series.low?.[i] ?? NaN), high = this.py(series.high?.[i] ?? NaN);
            if (low - high > 1) bars += `M${px} ${low}V${high}M${px - 3} ${low}h6M${px - 3} ${high}h6`;
            if (series.kind !== "model") markers.push(marker(series, px, py, series.x.length > 40 ? .6 : 1));
        });
        group.append(make(":path", {class: `line ${series.dash}`, d: path}), make(":path", {class: "bar", d: bars}), ...markers);
        return group;
    }

    // What lies on top: the point that is told of, and the rectangle that is being drawn.
    overlay() {
        this.over.replaceChildren();
        this.tip.hidden = true;
        if (this.box) {
            const [x0, x1, y0, y1] = this.boxSides();
            this.over.append(make(":rect", {class: "choice", x: x0, y: y0, width: x1 - x0, height: y1 - y0}));
        }
        if (!this.here) return;
        const {series, i} = this.here, x = this.px(series.x[i]), y = this.py(series.y[i]);
        if (!this.x.has(series.x[i]) || !this.y.has(series.y[i])) return;
        this.over.append(make(":path", {class: "hair", d: `M${x} 0V${this.height}`}), make(":circle", {class: "here", cx: x, cy: y, r: 7}));
        this.tip.replaceChildren(make("b", {}, series.name), ...this.tell().map(line => make("div", {}, line)));
        this.tip.hidden = false;
        const room = this.element.clientWidth, at = this.left + x, wide = this.tip.offsetWidth;
        this.tip.style.left = `${Math.max(0, Math.min(room - wide, at + 14 + wide > room ? at - wide - 14 : at + 14))}px`;
        const above = this.svg.getBoundingClientRect().top - this.element.getBoundingClientRect().top;
        this.tip.style.top = `${above + this.top + Math.max(0, Math.min(y, this.height - this.tip.offsetHeight))}px`;
    }

    tell() {
        const {series, i} = this.here, low = series.low?.[i], high = series.high?.[i];
        const lines = [`${this.x.label}: ${this.x.say(series.x[i])}`, `${this.y.label}: ${this.y.say(series.y[i])}`];
        if (Number.isFinite(low) && Number.isFinite(high) && low !== high) lines.push(`from ${show(low)} to ${show(high)}`);
        lines.push(`${series.kind}${series.source ? ", " + series.source : ""}`);
        return lines;
    }

    // -- Zoom --

    zoom(factor, x = (this.x.view[0] + this.x.view[1]) / 2, y = (this.y.view[0] + this.y.view[1]) / 2) {
        this.x.zoom(factor, x);
        this.y.zoom(factor, y);
        if (factor > 1 && [this.x, this.y].every(axis => axis.view[1] - axis.view[0] >= axis.all[1] - axis.all[0])) return this.showAll();
        this.draw();
    }

    showAll() {
        this.x.view = this.x.all;
        this.y.view = this.y.all;
        this.draw();
    }

    boxSides() {
        const [a, b] = this.box, flat = Math.abs(a.y - b.y) < DRAG, thin = Math.abs(a.x - b.x) < DRAG;
        return [thin ? 0 : Math.min(a.x, b.x), thin ? this.width : Math.max(a.x, b.x), flat ? 0 : Math.min(a.y, b.y), flat ? this.height : Math.max(a.y, b.y)];
    }

    zoomToBox() {
        const [a, b] = this.box, [x0, x1, y0, y1] = this.boxSides();
        this.box = null;
        if (Math.abs(a.x - b.x) < DRAG && Math.abs(a.y - b.y) < DRAG) return this.overlay();
        this.x.view = [this.x.invert(x0, this.width), this.x.invert(x1, this.width)];
        this.y.view = [this.y.invert(this.height - y1, this.height), this.y.invert(this.height - y0, this.height)];
        this.draw();
    }

    // -- Pointer and keys --

    place(event) {
        const box = this.svg.getBoundingClientRect();
        const keep = (value, most) => Math.max(0, Math.min(most, value));
        return {x: keep(event.clientX - box.left - this.left, this.width), y: keep(event.clientY - box.top - this.top, this.height)};
    }

    nearest({x, y}) {
        let best = null, distance = REACH;
        for (const series of this.series.filter(one => one.shown))
            series.x.forEach((value, i) => {
                const away = Math.hypot(this.px(value) - x, this.py(series.y[i]) - y);
                if (away < distance && this.x.has(value) && this.y.has(series.y[i])) [best, distance] = [{series, i}, away];
            });
        return best;
    }

    listen() {
        const on = (name, action, options) => this.svg.addEventListener(name, action, options);
        on("pointerdown", event => { if (event.button === 0) { this.box = [this.place(event), this.place(event)]; this.svg.setPointerCapture(event.pointerId); } });
        on("pointermove", event => {
            const place = this.place(event);
            if (this.box) this.box[1] = place;
            this.here = this.nearest(place);
            this.overlay();
        });
        on("pointerup", () => { if (this.box) this.zoomToBox(); });
        on("pointercancel", () => { this.box = null; this.overlay(); });
        on("pointerleave", () => { this.here = null; this.overlay(); });
        on("dblclick", () => this.showAll());
        on("wheel", event => {
            if (!event.ctrlKey) return;
            event.preventDefault();
            const {x, y} = this.place(event);
            this.zoom(event.deltaY < 0 ? .8 : 1.25, this.x.invert(x, this.width), this.y.invert(this.height - y, this.height));
        }, {passive: false});
        on("keydown", event => this.press(event));
        on("blur", () => { this.here = null; this.overlay(); });
    }

    press(event) {
        const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        if (step) this.go(...step);
        else if (event.key === "+" || event.key === "=" || event.key === "-") this.zoomHere(event.key === "-" ? 1 / .6 : .6);
        else if (event.key === "0") this.showAll();
        else if (event.key === "Escape") { this.here = null; this.overlay(); }
        else return;
        event.preventDefault();
    }

    zoomHere(factor) {
        const {series, i} = this.here ?? {};
        if (series && this.x.has(series.x[i]) && this.y.has(series.y[i])) this.zoom(factor, this.x.to(series.x[i]), this.y.to(series.y[i]));
        else this.zoom(factor);
    }

    go(between, along) {
        const shown = this.series.filter(one => one.shown && one.x.length);
        if (!shown.length) return;
        if (!this.here) this.here = {series: shown[0], i: 0};
        else if (along) this.here.i = Math.max(0, Math.min(this.here.series.x.length - 1, this.here.i + along));
        else {
            const x = this.here.series.x[this.here.i], series = shown[(shown.indexOf(this.here.series) + between + shown.length) % shown.length];
            this.here = {series, i: series.x.reduce((best, value, i) => Math.abs(value - x) < Math.abs(series.x[best] - x) ? i : best, 0)};
        }
        this.x.move(this.here.series.x[this.here.i]);
        this.y.move(this.here.series.y[this.here.i]);
        this.draw();
        this.said.textContent = [this.here.series.name, ...this.tell()].join(", ");
    }
}

// ---- The page ----

function unfolder(label, box, before = () => {}) {
    box.id ||= `fold-${++serial}`;
    const made = button(label, () => {
        before();
        made.setAttribute("aria-expanded", String(!box.classList.toggle("folded")));
    }, {class: "unfold", "aria-expanded": "false", "aria-controls": box.id});
    return made;
}

document.getElementById("chart-hint").hidden = false;
for (const data of document.querySelectorAll(".chart-data")) {
    const {key, title, panels, series} = JSON.parse(data.textContent);
    const place = document.querySelector(`.charts[data-key="${key}"]`);
    const charts = panels.map(panel => new Chart(title, panel, series.filter(one => one.panel === panel.id))).filter(chart => chart.series.length);
    place.append(...charts.map(chart => chart.element));
    charts.forEach(chart => { chart.draw(); chart.follow(); });
}
for (const box of document.querySelectorAll(".fold")) {
    box.classList.add("folded");
    box.before(unfolder(box.dataset.fold, box));
}
})();
