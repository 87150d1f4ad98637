"use strict";
// The theme is set before the page is drawn; all other parts start when the page is complete.
const store = {
  get(area, key) { try { return area().getItem(key); } catch { return null; } },
  set(area, key, value) { try { area().setItem(key, value); } catch { /* storage is switched off */ } },
};
const lasting = () => localStorage, session = () => sessionStorage;
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);

document.documentElement.dataset.theme = store.get(lasting, "theme") ?? "";

function changeTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  store.set(lasting, "theme", root.dataset.theme);
}

// A key acts unless a person is typing or holds a modifier.
function onKeys(actions) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const action = actions[event.key];
    if (action && action() !== false) event.preventDefault();
  });
}

// ---- Gallery ----
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
let texts = null;

// Called by the search script, which is fetched when a person first searches.
function receiveTexts(received) {
  texts = Object.fromEntries(Object.entries(received).map(([id, text]) => [id, folded(text)]));
  dispatchEvent(new Event("texts"));
}

function loadTexts(address) {
  if (one("script[data-search]")) return;
  const script = document.createElement("script");
  script.src = address;
  script.dataset.search = "";
  document.head.append(script);
}

function startGallery() {
  const form = one(".filters"), cards = all(".card"), list = one(".cards");
  if (!list) return;
  form.hidden = false;
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) if (form.elements[name]) form.elements[name].value = value;
  const value = (name) => form.elements[name].value;
  const words = (card, name) => card.dataset[name].split(" ");

  function found(card, wanted) {
    const text = texts?.[card.dataset.id] ?? folded(card.textContent);
    return wanted.every((word) => text.includes(word));
  }
  function matches(card, wanted) {
    return (!value("status") || card.dataset.status === value("status"))
      && (!value("language") || words(card, "languages").includes(value("language")))
      && (!value("warning") || words(card, "warnings").includes(value("warning")))
      && (!value("confidence") || (card.dataset.confidence !== "" && +card.dataset.confidence < +value("confidence")))
      && (!wanted.length || found(card, wanted));
  }

  const confidence = (card) => card.dataset.confidence === "" ? 101 : +card.dataset.confidence;
  const orders = { confidence: (a, b) => confidence(a) - confidence(b), time: (a, b) => b.dataset.time - a.dataset.time };
  let order = "";

  function show() {
    const wanted = folded(value("text")).split(/\s+/).filter(Boolean);
    if (wanted.length && !texts) loadTexts(form.dataset.search);
    if (order !== value("order")) {
      order = value("order");
      list.append(...(order ? [...cards].sort(orders[order]) : cards));
    }
    let count = 0;
    for (const card of cards) count += !(card.hidden = !matches(card, wanted));
    one(".count", form).value = count === cards.length ? "" : `${count} of ${cards.length}`;
    const chosen = new URLSearchParams([...new FormData(form)].filter(([, chosen]) => chosen));
    history.replaceState(null, "", location.pathname + location.search + (`${chosen}` ? `#${chosen}` : ""));
    store.set(session, "images", JSON.stringify(visible().map((link) => link.href)));
    store.set(session, "gallery", location.href);
  }

  const visible = () => all(".card:not([hidden]) h3 a", list);
  function step(by) {
    const links = visible(), at = links.indexOf(document.activeElement);
    links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  }
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("texts", show);
  onKeys({ "/": () => form.elements.text.focus(), ArrowRight: () => step(1), ArrowLeft: () => step(-1) });
  show();
}

// ---- Image ----
function startImage() {
  followGallery();
  const picture = all(".picture"), paragraphs = all(".paragraph");
  let lit = [];
  function light(selector) {
    for (const each of lit) each.classList.remove("lit");
    lit = selector ? all(selector) : [];
    for (const each of lit) each.classList.add("lit");
  }
  function lightFor(element) {
    const line = element.closest?.("[data-line]"), paragraph = element.closest?.("[data-paragraph]");
    if (!paragraph) return light("");
    const number = paragraph.dataset.paragraph;
    light(line ? `[data-line="${line.dataset.line}"], .paragraph[data-paragraph="${number}"]` : `[data-paragraph="${number}"]`);
  }
  addEventListener("pointerover", (event) => lightFor(event.target));
  addEventListener("focusin", (event) => lightFor(event.target));
  addEventListener("click", (event) => {
    const place = event.target.closest(".places polygon");
    if (place) go(paragraphs[place.dataset.paragraph - 1]);
  });
  function go(paragraph) {
    if (!paragraph) return false;
    paragraph.focus({ preventScroll: true });
    paragraph.scrollIntoView({ block: "nearest" });
    one(`.strip .places [data-paragraph="${paragraph.dataset.paragraph}"]`)?.scrollIntoView({ block: "nearest" });
  }
  const step = (by) => go(paragraphs[paragraphs.indexOf(document.activeElement) + by]);

  const buttons = all(".switch button");
  function over(language) {
    for (const each of buttons) each.setAttribute("aria-pressed", each.dataset.over === language);
    for (const each of all(".overlay")) each.classList.toggle("shown", each.dataset.language === language);
    for (const each of all(".rendering")) each.hidden = each.dataset.language !== language;
    for (const each of picture) each.classList.toggle("translated", language !== "");
  }
  for (const each of buttons) each.addEventListener("click", () => over(each.dataset.over));
  if (buttons.length) one(".switch").hidden = false;
  function nextTranslation() {
    const at = buttons.findIndex((each) => each.getAttribute("aria-pressed") === "true");
    if (buttons.length) over((buttons[at + 1] ?? buttons[1]).dataset.over);
  }
  const follow = (selector) => () => { const link = one(selector); if (!link || link.hidden) return false; link.click(); };
  onKeys({
    ArrowLeft: follow('a[rel="prev"]'), ArrowRight: follow('a[rel="next"]'), g: follow('[data-key="g"]'),
    ArrowDown: () => step(1), ArrowUp: () => step(-1), o: () => over(""), t: nextTranslation,
  });
}

// The images before and after this one are those of the gallery as it was filtered and ordered.
function followGallery() {
  const images = JSON.parse(store.get(session, "images") ?? "[]"), gallery = store.get(session, "gallery");
  const at = images.indexOf(location.href.split("#")[0]);
  if (at < 0) return;
  if (gallery) one('[data-key="g"]').href = gallery;
  for (const [rel, address] of [["prev", images[at - 1]], ["next", images[at + 1]]]) {
    const link = one(`a[rel="${rel}"]`);
    link.hidden = !address;
    if (address) link.href = address;
  }
}

function replaceByNote(image) {
  const note = document.createElement("p");
  const reason = document.createElement("a");
  reason.href = image.src;
  reason.textContent = "The picture cannot be shown";
  note.append(reason);
  if (image.closest(".thumbnail")) image.after(note);
  else image.closest(".sheet").append(note);
  image.remove();
}

addEventListener("DOMContentLoaded", () => {
  one(".theme")?.addEventListener("click", changeTheme);
  for (const image of all("img")) image.addEventListener("error", () => replaceByNote(image));
  if (document.body.classList.contains("gallery")) startGallery();
  if (document.body.classList.contains("image")) startImage();
});
