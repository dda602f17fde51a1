const VERDICT_KEYS = { 1: "MI", 2: "no MI", 3: "uncertain", 4: "not readable" };
const CONFIDENCE_KEYS = { 5: 50, 6: 60, 7: 70, 8: 80, 9: 90, 0: 100 };
const TERRITORY_KEYS = { a: "anterior", i: "inferior", l: "lateral", p: "posterior" };
const FIELD_KEYS = { d: "statements", x: "text" };
const WITH_INFARCT = ["MI", "uncertain"];
const NO_ANSWER_MS = 10000;
const SUGGEST_FROM = 2;
const STEP = 5;

/** One reading on screen: nothing of it leaves the browser before it is committed. */
class ReadingForm {
  constructor(parent) {
    this.form = parent.querySelector("form");
    this.ends = new AbortController();
    const listen = (target, name, act) =>
      target.addEventListener(name, act, { signal: this.ends.signal });
    listen(document, "keydown", (event) => this.key(event));
    listen(this.form, "submit", (event) => { event.preventDefault(); this.commit(); });
    listen(this.form, "change", () => this.show());
    listen(this.form.confidence, "input", () => this.give(Number(this.form.confidence.value)));
    listen(this.form.statements, "input", () => this.suggest());
    for (const label of this.form.querySelectorAll(".ages label")) {
      listen(label, "click", (event) => this.untick(event));
    }
  }

  /** Show a case anew; the same case keeps what was entered. */
  update(data, send) {
    const isNew = this.data?.token !== data.token;
    Object.assign(this, { data, send });
    this.form.querySelector("button span").textContent = data.action;
    this.form.querySelector(".about_text").firstChild.textContent = `${data.about_text} `;
    if (isNew) this.begin(data.start);
    this.unlock("");
  }

  begin(start) {
    this.form.reset();
    this.confidence = start?.confidence ?? null;
    this.fill(start ?? {});
    this.since = performance.now();
    this.form.getRootNode().activeElement?.blur();
    this.show();
  }

  fill({ verdict, territories = [], infarct_age: age, statements = [], text = "" }) {
    for (const box of this.form.querySelectorAll("[name=verdict]")) box.checked = box.value === verdict;
    for (const box of this.boxes) box.checked = territories.includes(box.value);
    for (const box of this.ages) box.checked = box.value === age;
    this.form.statements.value = statements.join(" ");
    this.form.text.value = text;
  }

  get boxes() { return [...this.form.querySelectorAll("[name=territories]")]; }
  get ages() { return [...this.form.querySelectorAll("[name=infarct_age]")]; }
  get verdict() { return this.form.verdict.value; }

  show() {
    const infarct = WITH_INFARCT.includes(this.verdict) || !this.verdict;
    const readable = this.verdict !== "not readable";
    for (const name of [".territories", ".ages"]) this.form.querySelector(name).disabled = !infarct;
    if (!infarct) for (const box of [...this.boxes, ...this.ages]) box.checked = false;
    if (!readable) this.confidence = null;
    const given = this.confidence !== null;
    const words = given ? String(this.confidence) : readable ? "not given" : "none";
    const { confidence } = this.form;
    confidence.disabled = !readable;
    confidence.classList.toggle("unset", !given);
    confidence.value = given ? this.confidence : 50;
    confidence.setAttribute("aria-valuetext", words);
    this.form.querySelector(".confidence").classList.toggle("off", !readable);
    this.form.querySelector(".confidence output").textContent = words;
  }

  give(confidence) {
    if (this.verdict === "not readable") return;
    this.confidence = Math.min(Math.max(confidence, 0), 100);
    this.show();
  }

  judge(verdict) {
    this.form.verdict.value = verdict;
    this.show();
    (verdict === "not readable" ? this.form.querySelector("button") : this.form.confidence)
      .focus({ preventScroll: true });
  }

  /** Take a chosen age back by a second click on it. */
  untick(event) {
    const box = event.currentTarget.querySelector("input");
    if (event.target === box || !box.checked) return;
    event.preventDefault();
    box.checked = false;
  }

  nextAge() {
    if (this.form.querySelector(".ages").disabled) return;
    const now = this.ages.findIndex((box) => box.checked);
    for (const [k, box] of this.ages.entries()) box.checked = k === now + 1;
  }

  key(event) {
    const [target] = event.composedPath();
    const typing = isTyping(target);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) this.commit();
      return;
    }
    if (typing && event.key === "Escape" && this.form.contains(target)) target.blur();
    const other = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented;
    if (typing || other || document.querySelector("[role=dialog]")) return;
    if (event.key === "Enter" && this.form.contains(target) && target.type !== "submit") {
      if (!event.repeat) this.commit();
    } else if (!this.press(event.key.toLowerCase())) return;
    event.preventDefault();
  }

  press(key) {
    if (key in VERDICT_KEYS) this.judge(VERDICT_KEYS[key]);
    else if (key in CONFIDENCE_KEYS) this.give(CONFIDENCE_KEYS[key]);
    else if (key === "+" || key === "-") this.give((this.confidence ?? 50) + (key === "+" ? STEP : -STEP));
    else if (key in TERRITORY_KEYS) this.boxes.find((box) => box.value === TERRITORY_KEYS[key]).click();
    else if (key === "g") this.nextAge();
    else if (key in FIELD_KEYS) this.form[FIELD_KEYS[key]].focus();
    else return false;
    return true;
  }

  /** Ask the server for statements that fit what is typed: no list of them is sent before. */
  async suggest() {
    const { value } = this.form.statements;
    const typed = value.split(/[\s,;]+/).at(-1);
    const list = this.form.querySelector("datalist");
    if (typed.length < SUGGEST_FROM) return list.replaceChildren();
    const url = new URL(`api/statements?like=${encodeURIComponent(typed)}`, window.location.href);
    const found = await fetch(url).then((answer) => (answer.ok ? answer.json() : [])).catch(() => []);
    if (value !== this.form.statements.value) return undefined;
    const before = value.slice(0, value.length - typed.length);
    return list.replaceChildren(...found.map(([code, words]) => new Option(words, before + code)));
  }

  get lacking() {
    if (!this.verdict) return "Choose a verdict: 1, 2, 3 or 4.";
    if (this.verdict === "not readable" || this.confidence !== null) return "";
    return "Give your confidence: 5 to 9, 0, or the arrow keys.";
  }

  commit() {
    if (this.locked) return;
    if (this.lacking) {
      this.form.querySelector(".status").textContent = this.lacking;
      return;
    }
    this.lock();
    this.send("commit", {
      token: this.data.token,
      verdict: this.verdict,
      confidence: this.confidence,
      territories: this.boxes.filter((box) => box.checked).map((box) => box.value),
      infarct_age: this.ages.find((box) => box.checked)?.value ?? "",
      statements: this.form.statements.value,
      text: this.form.text.value.trim(),
      calipers: document.querySelector(`.st-key-${this.data.target} .ecg-calipers`)?.kept?.() ?? [],
      seconds: Math.round((performance.now() - this.since) / 100) / 10,
    });
  }

  /** Take no second commit before the server has answered the first one. */
  lock() {
    this.locked = true;
    this.form.querySelector("button").disabled = true;
    this.form.querySelector(".status").textContent = "Recording …";
    this.waiting = setTimeout(() => this.unlock("No answer yet. Press Commit again: it stays one reading."), NO_ANSWER_MS);
  }

  unlock(words) {
    clearTimeout(this.waiting);
    this.locked = false;
    this.form.querySelector("button").disabled = false;
    this.form.querySelector(".status").textContent = words;
  }

  remove() {
    this.ends.abort();
    clearTimeout(this.waiting);
  }
}

function isTyping(target) {
  const field = target.closest?.("input, textarea, select, [contenteditable=true], [role=textbox]");
  return Boolean(field) && !["radio", "checkbox", "range"].includes(field.type);
}

const mounted = new WeakMap();

export default function mount({ data, parentElement, setTriggerValue }) {
  if (!mounted.has(parentElement)) mounted.set(parentElement, new ReadingForm(parentElement));
  const form = mounted.get(parentElement);
  form.update(data, setTriggerValue);
  return () => {
    form.remove();
    mounted.delete(parentElement);
  };
}
