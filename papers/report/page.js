// SPDX-License-Identifier: MIT
// What the page of framelab report does beside its charts: parts that unfold, contents that say where one is, claims by
// kind and verdict. Without it everything is there, and unfolded.
"use strict";
let folds = 0;

// A button that shows and hides a box; `before` is called first.
function unfolder(label, box, before = () => {}) {
    box.id ||= `fold-${++folds}`;
    const made = document.createElement("button");
    for (const [key, value] of Object.entries({type: "button", class: "unfold", "aria-expanded": "false", "aria-controls": box.id})) made.setAttribute(key, value);
    made.append(label);
    made.addEventListener("click", () => {
        before();
        made.setAttribute("aria-expanded", String(!box.classList.toggle("folded")));
    });
    return made;
}
for (const box of document.querySelectorAll(".fold")) {
    box.classList.add("folded");
    box.before(unfolder(box.dataset.fold, box));
}

// ---- Contents: the section that is read is marked; on a phone they are one line that unfolds ----

(() => {
    const nav = document.getElementById("contents"), unfold = document.getElementById("contents-button");
    const links = [...nav.querySelectorAll("a")], heads = links.map(link => document.getElementById(link.hash.slice(1)));
    const open = state => { unfold.setAttribute("aria-expanded", String(state)); nav.classList.toggle("open", state); };
    unfold.hidden = false;
    nav.classList.add("foldable");
    unfold.addEventListener("click", () => open(!nav.classList.contains("open")));
    nav.addEventListener("keydown", event => { if (event.key === "Escape") { open(false); } });
    let marked = null;
    const mark = () => {
        const seen = heads.filter(head => head.offsetParent), line = innerHeight * .3;
        const at = heads.indexOf(seen.filter(head => head.getBoundingClientRect().top < line).at(-1) ?? seen[0]);
        if (at === marked) return;
        marked = at;
        links.forEach((link, i) => i === at ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
        unfold.lastElementChild.textContent = links[at].textContent;
        if (nav.scrollHeight > nav.clientHeight) nav.scrollTop = links[at].offsetTop - nav.clientHeight / 2;
    };
    links.forEach(link => link.addEventListener("click", () => open(false)));
    addEventListener("scroll", mark, {passive: true});
    addEventListener("resize", mark);
    mark();
})();

// ---- Claims by kind and verdict: "#figure-nbbs?kind=fitted&verdict=holds" is a place and what is shown ----

(() => {
    const bar = document.getElementById("filter"), shown = document.getElementById("shown"), all = document.getElementById("unfilter");
    const buttons = [...bar.querySelectorAll("button[data-key]")], claims = [...document.querySelectorAll("article[data-verdict]")];
    const rows = [...document.querySelectorAll(".claims tbody tr")], places = [...document.querySelectorAll("#contents a")];
    const wanted = {kind: new Set(), verdict: new Set()};
    const fits = (claim, but = "") => Object.entries(wanted).every(([key, values]) => key === but || !values.size || values.has(claim.dataset[key]));
    const query = () => Object.entries(wanted).filter(([, values]) => values.size).map(([key, values]) => `${key}=${[...values].map(encodeURIComponent).join(",")}`).join("&");
    const parts = () => /^#([^?]*)(?:\?(.*))?$/.exec(location.hash) ?? ["", "", ""];

    function apply() {
        for (const one of [...claims, ...rows]) one.hidden = !fits(one);
        for (const section of document.querySelectorAll("section.figure")) {
            section.hidden = query() !== "" && ![...section.querySelectorAll("article[data-verdict]")].some(claim => !claim.hidden);
            places.find(link => link.hash === `#${section.getAttribute("aria-labelledby")}`).parentNode.hidden = section.hidden;
        }
        for (const button of buttons) {
            const {key, value} = button.dataset;
            button.setAttribute("aria-pressed", String(wanted[key].has(value)));
            const counted = claims.filter(claim => fits(claim, key) && claim.dataset[key] === value);
            const added = new Set(counted.map(claim => claim.dataset.kind)).size > 1; // kinds are not added up
            button.querySelector(".count").textContent = added ? "" : counted.length;
        }
        all.disabled = query() === "";
        shown.textContent = `${claims.filter(claim => !claim.hidden).length} of ${claims.length} claims are shown`;
        dispatchEvent(new Event("scroll"));
    }

    function remember() {
        const [, place] = parts(), now = query();
        const hash = place + (now && `?${now}`);
        if (hash !== location.hash.slice(1)) history.replaceState(null, "", `#${hash}`);
    }

    // What the address says; a place that the filter hides is shown, and the filter is given up.
    function read() {
        const [, place, asked] = parts();
        if (asked !== undefined)
            for (const key of Object.keys(wanted)) {
                const said = new URLSearchParams(asked).get(key);
                wanted[key] = new Set((said ?? "").split(",").filter(value => buttons.some(one => one.dataset.key === key && one.dataset.value === value)));
            }
        apply();
        const target = place && document.getElementById(place);
        if (target && target.closest("[hidden]")) Object.values(wanted).forEach(values => values.clear());
        apply();
        remember();
        if (target) target.scrollIntoView({behavior: "instant"});
    }

    buttons.forEach(button => button.addEventListener("click", () => {
        const values = wanted[button.dataset.key];
        if (!values.delete(button.dataset.value)) values.add(button.dataset.value);
        apply();
        remember();
    }));
    all.addEventListener("click", () => { Object.values(wanted).forEach(values => values.clear()); apply(); remember(); });
    addEventListener("hashchange", read);
    bar.hidden = false;
    addEventListener("load", read); // when the charts have their places
})();
