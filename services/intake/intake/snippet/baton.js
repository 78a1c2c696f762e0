// Baton: sends <form data-baton="KEY"> to the server this file comes from. How to use it: docs/snippet.md.
(() => {
  const script = document.currentScript;
  if (!script || !window.fetch || !window.FormData || window.baton) return; // forms then post plainly
  const server = new URL(script.src).origin;
  const TRIES = 5;
  const UTM = ["source", "medium", "campaign", "term", "content"].map((name) => "utm_" + name);
  const CLICKS = "gclid gbraid wbraid dclid fbclid msclkid ttclid twclid li_fat_id".split(" ");
  const FILES = /\.(pdf|zip|docx?|xlsx?|pptx?|csv|epub)$/i;
  const TEXTS = {
    en: ["Thank you.", "This could not be sent. Please try again."],
    es: ["Gracias.", "No se ha podido enviar. Inténtelo de nuevo."],
    pt: ["Obrigado.", "Não foi possível enviar. Tente novamente."],
    it: ["Grazie.", "Invio non riuscito. Riprovi."],
    ro: ["Vă mulțumim.", "Nu s-a putut trimite. Încercați din nou."],
  };
  const optedOut = () => navigator.globalPrivacyControl === true;
  const newId = () => (crypto.randomUUID ? crypto.randomUUID() : crypto.getRandomValues(new Uint32Array(4)).join("-"));

  // --- where the visitor came from; kept after consent, never against Global Privacy Control

  const now = () => new Date().toISOString();
  const here = () => location.origin + location.pathname;

  function touch() {
    const query = new URLSearchParams(location.search);
    const found = {};
    for (const name of optedOut() ? UTM : UTM.concat(CLICKS)) {
      if (query.get(name)) found[name] = query.get(name).slice(0, 500);
    }
    const referrer = document.referrer;
    if (referrer && new URL(referrer).origin !== location.origin) found.referrer = referrer.slice(0, 2000);
    isVisit = Object.keys(found).length > 0;
    return { at: now(), landing_page: here(), ...found };
  }

  let isVisit; // whether this page was reached from elsewhere
  const arrival = touch();
  let memory = read();

  function read() {
    try {
      const kept = JSON.parse(localStorage.getItem("baton"));
      return !optedOut() && kept.visitor && kept.first && kept.last ? kept : null;
    } catch {
      return null;
    }
  }

  function consent(isGiven) {
    const old = memory;
    memory = isGiven && !optedOut() ? { visitor: newId(), first: arrival, last: arrival, ...old } : null;
    if (memory && isVisit) memory.last = arrival;
    try {
      if (memory) localStorage.setItem("baton", JSON.stringify(memory));
      else localStorage.removeItem("baton");
    } catch {} // storage is closed: known as long as the page lasts
    if (!memory) queue.length = 0;
    else if (!isSeen) isSeen = signal("page_view");
  }

  // --- signals: page views and downloads, in batches, after consent

  const queue = [];
  let isSeen, timer;
  let keyOfPage = script.dataset.key; // else of the first form seen

  function signal(kind, attributes, url) {
    if (!memory) return;
    queue.push({ id: newId(), kind, at: now(), url: url || here(), attributes });
    clearTimeout(timer);
    timer = setTimeout(flush, queue.length < 40 ? 5000 : 0);
    return true;
  }

  function flush() {
    if (!queue.length || !keyOfPage) return;
    const batch = { form: keyOfPage, consent: true, visitor: memory.visitor, signals: queue.splice(0, 50) };
    navigator.sendBeacon(server + "/v1/signals", JSON.stringify(batch)); // text/plain: no preflight
  }

  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush());
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (link && (link.hasAttribute("download") || FILES.test(link.pathname)))
      signal("download", undefined, link.origin + link.pathname);
  });

  // --- fields that nobody types

  const prepared = new WeakSet();
  const pathOf = (form) => server + "/v1/forms/" + encodeURIComponent(form.dataset.baton);

  function put(form, name, value) {
    if (!value) return;
    let field = form.elements.namedItem(name);
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      form.append(field);
    }
    if (field.type === "hidden" && (field.dataset.batonFilled || !field.value)) {
      field.dataset.batonFilled = 1;
      field.value = value;
    }
  }

  function fill(form) {
    const { first, last } = memory || { first: arrival, last: arrival };
    for (const name of UTM.concat(CLICKS, "referrer")) put(form, name, last[name]);
    put(form, "landing_page", first.landing_page);
    if (!memory) return;
    put(form, "baton_first_touch", JSON.stringify(first));
    put(form, "baton_last_touch", JSON.stringify(last));
    put(form, "baton_visitor", memory.visitor);
  }

  function prepare(form) {
    if (prepared.has(form)) return;
    prepared.add(form);
    keyOfPage ||= form.dataset.baton;
    if (!form.getAttribute("action")) form.setAttribute("action", pathOf(form) + "/submissions");
    form.setAttribute("method", "post");
    fetch(pathOf(form) + "/token")
      .then((answer) => (answer.ok ? answer.json() : {}))
      .then((told) => {
        put(form, told.field || "_baton_token", told.token);
        if (told.honeypot && !form.elements.namedItem(told.honeypot)) trap(form, told.honeypot);
      })
      .catch(() => {}); // the form is sent without
  }

  function trap(form, name) {
    const box = document.createElement("div");
    const field = document.createElement("input");
    Object.assign(field, { name, tabIndex: -1, autocomplete: "off" });
    box.setAttribute("aria-hidden", "true");
    Object.assign(box.style, { position: "absolute", left: "-10000px" });
    box.append(field);
    form.append(box);
  }

  // --- sending

  function contentOf(form, button) {
    const fields = Array.from(new FormData(form)).map(([name, value]) => [name, value.name ?? value]);
    if (button?.name) fields.push([button.name, button.value]);
    return fields;
  }

  function encode(form, fields) {
    if (form.dataset.format === "form") return new URLSearchParams(fields);
    const values = Object.create(null);
    for (const [name, value] of fields) values[name] = name in values ? [].concat(values[name], value) : value;
    return new Blob([JSON.stringify(values)], { type: "application/json" });
  }

  const sending = new WeakMap(); // by form: the content last sent, its key and its body

  function attemptOf(form, button) {
    fill(form);
    const fields = contentOf(form, button);
    const content = JSON.stringify(fields.filter(([name]) => !/^_?baton_/.test(name)));
    let attempt = sending.get(form);
    if (!attempt || attempt.content !== content) {
      attempt = { content, key: newId(), body: encode(form, fields) };
      sending.set(form, attempt);
    }
    return attempt;
  }

  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

  async function post(form, { key, body }) {
    const headers = { "Idempotency-Key": key, Accept: "application/json" };
    for (let tried = 1; ; tried++) {
      const answer = await fetch(pathOf(form) + "/submissions", { method: "POST", body, headers }).catch(() => null);
      if (answer && answer.status !== 429 && answer.status !== 503) return answer;
      if (tried === TRIES) return answer;
      // the server is there, only its answers are kept from this page: a plain post gets through
      if (!answer && tried > 1 && (await fetch(script.src, { cache: "no-store" }).catch(() => null))) throw TypeError();
      await pause(Math.min(Number(answer?.headers.get("Retry-After")) || 2 ** (tried - 1), 60));
    }
  }

  async function submit(form, button) {
    if (form.hasAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    const answer = await post(form, attemptOf(form, button));
    form.removeAttribute("aria-busy");
    const told = (await answer?.json().catch(() => null)) || {};
    if (answer?.ok) succeed(form, told);
    else refuse(form, told);
  }

  // --- what the visitor is shown

  function textsOf(form) {
    return TEXTS[(form.lang || document.documentElement.lang).slice(0, 2)] || TEXTS.en;
  }

  function clear(form) {
    for (const note of form.querySelectorAll(".baton-error")) note.remove();
    for (const field of form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  }

  function note(form, text, after) {
    const shown = document.createElement("p");
    Object.assign(shown, { className: "baton-error", id: "baton-" + newId(), textContent: text });
    shown.setAttribute("role", "alert");
    if (after) after.after(shown);
    else form.append(shown);
    return shown.id;
  }

  function refuse(form, told) {
    clear(form);
    let first;
    for (const { field: names, message, detail } of told.errors || []) {
      let field = String(names).split("|").map((name) => form.elements.namedItem(name)).find(Boolean);
      if (field && !field.tagName) field = field[0]; // radio buttons
      const id = note(form, message || detail, field);
      field?.setAttribute("aria-invalid", "true");
      field?.setAttribute("aria-describedby", id);
      first ||= field;
    }
    if (!told.errors?.length) note(form, told.message || textsOf(form)[1]);
    first?.focus();
    form.dispatchEvent(new CustomEvent("baton:error", { bubbles: true, detail: told }));
  }

  function succeed(form, told) {
    clear(form);
    const event = new CustomEvent("baton:success", { bubbles: true, cancelable: true, detail: told });
    if (!form.dispatchEvent(event)) return; // the page does the rest itself
    const next = form.dataset.redirect || told.redirect;
    if (next) return location.assign(next);
    const thanks = document.createElement("p");
    Object.assign(thanks, { className: "baton-thanks", tabIndex: -1 });
    thanks.textContent = form.dataset.thanks || told.message || textsOf(form)[0];
    thanks.setAttribute("role", "status");
    form.replaceWith(thanks);
    thanks.focus();
  }

  // --- start; forms that come later are prepared when somebody enters them

  const ours = (node) => node.closest?.("form[data-baton]");

  function start() {
    for (const form of document.querySelectorAll("form[data-baton]")) prepare(form);
    if (memory || script.dataset.consent === "granted") consent(true);
  }

  document.addEventListener("focusin", (event) => ours(event.target) && prepare(ours(event.target)));
  document.addEventListener("submit", (event) => {
    const form = ours(event.target);
    if (!form || event.defaultPrevented) return;
    event.preventDefault();
    prepare(form);
    submit(form, event.submitter).catch(() => HTMLFormElement.prototype.submit.call(form));
  });

  window.baton = { consent, signal, flush };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
