const REDRAWN = ["plotly_relayout", "plotly_afterplot"];
const MOVED = "plotly_relayouting";
const TOOL_KEYS = { t: "time", v: "voltage", b: "box" };
const SWITCH_KEYS = { m: "march", s: "snap" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
const SNAP_MS = 60;
const SNAP_PX = 8;
const LEAST_DRAG_PX = 4;
const FINE_MM = 0.1;
const SPEAK_AFTER_MS = 400;

/** Tools, marks and input of one toolbar. */
class Calipers {
  constructor(parent) {
    this.parent = parent;
    this.isFiltered = true;
    this.state = { tool: null, march: false, snap: false, marks: { time: null, voltage: null } };
    this.overlay = new Overlay(parent.querySelector("style").textContent);
    this.overlay.host.kept = () => this.kept();
    this.ends = new AbortController();
    this.draw = this.draw.bind(this);
    this.settle = this.settle.bind(this);
    this.watcher = new MutationObserver(() => this.attach());
    const { signal } = this.ends;
    this.toolbar = parent.querySelector(".toolbar");
    this.toolbar.addEventListener("click", (event) => this.click(event), { signal });
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    const { root } = this.overlay;
    root.addEventListener("pointerdown", (event) => this.press(event), { signal });
    root.addEventListener("pointermove", (event) => this.drag?.(event), { signal });
    root.addEventListener("pointerup", (event) => this.release(event), { signal });
    root.addEventListener("pointercancel", () => this.release(), { signal });
    root.addEventListener("touchstart", (event) => this.hold(event), { signal, passive: false });
    root.addEventListener("wheel", (event) => this.passOn(event), { signal, passive: false });
    this.allowZoom = (event) => this.paper.allow({ wheel: event.ctrlKey || event.metaKey });
    this.watcher.observe(document.body, { childList: true, subtree: true });
  }

  update({ r_peaks_s: rPeaksS, target, dark }) {
    Object.assign(this, { rPeaksS, target, dark });
    if (this.paper) this.paper.rPeaksS = rPeaksS;
    this.toolbar.classList.toggle("dark", dark);
    this.attach();
    this.draw();
  }

  remove() {
    this.ends.abort();
    this.watcher.disconnect();
    this.detach();
    clearTimeout(this.speaking);
  }

  /** Lay the overlay over the chart, again whenever the page has put another one there. */
  attach() {
    const graph = document.querySelector(`.st-key-${this.target} .js-plotly-plot`);
    const frame = graph?.querySelector(".svg-container");
    if (!frame || frame === this.overlay.host.parentNode) return;
    this.detach();
    this.paper = new Paper(graph, this.rPeaksS);
    frame.append(this.overlay.host);
    for (const name of REDRAWN) graph.on(name, this.settle);
    graph.on(MOVED, this.draw);
    graph.addEventListener("wheel", this.allowZoom, { capture: true });
    this.settle();
  }

  detach() {
    for (const name of REDRAWN) this.paper?.graph.removeListener?.(name, this.settle);
    this.paper?.graph.removeListener?.(MOVED, this.draw);
    this.paper?.graph.removeEventListener("wheel", this.allowZoom, { capture: true });
    this.overlay.host.remove();
  }

  settle() {
    if (!this.paper.isDrawn) return;
    this.paper.settle();
    this.paper.allow();
    this.showFilter();
    this.draw();
  }

  draw() {
    const { state, paper } = this;
    if (!paper?.area) return;
    if (this.identity !== paper.identity) {
      this.identity = paper.identity;
      state.marks = { time: null, voltage: null };
    }
    this.overlay.draw(state, paper, this.dark);
    this.showTools();
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => this.speak(), SPEAK_AFTER_MS);
  }

  showTools() {
    for (const button of this.toolbar.querySelectorAll("button")) {
      const { tool, switch: name } = button.dataset;
      if (tool) button.ariaPressed = String(this.state.tool === tool);
      if (name) button.ariaPressed = String(this.state[name]);
      if (name === "snap") button.disabled = this.rPeaksS.length === 0;
    }
  }

  speak() {
    const { state: { marks, tool }, paper } = this;
    const said = [
      marks.time && timeReading(marks.time, paper),
      marks.voltage && voltageReading(marks.voltage, paper),
    ].filter(Boolean).join(", ");
    const pixel = `1 pixel is ${paper.ms(paper.mmPerPixel).toFixed(1)} ms`;
    const hint = tool ? `Drag on the paper, or press Enter · ${pixel}` : "";
    const status = this.toolbar.querySelector(".status");
    if (status.textContent !== (said || hint)) status.textContent = said || hint;
  }

  arm(tool) {
    this.state.tool = this.state.tool === tool ? null : tool;
    this.draw();
  }

  flip(name) {
    if (name === "snap" && this.rPeaksS.length === 0) return;
    this.state[name] = !this.state[name];
    if (name === "march" && this.state.march && !this.state.marks.time) this.state.tool ??= "time";
    this.draw();
  }

  /** Leave every mode; nothing of the calipers is on afterwards. */
  clear() {
    this.drag = null;
    const marks = { time: null, voltage: null };
    Object.assign(this.state, { tool: null, march: false, snap: false, marks });
    this.draw();
  }

  /** What the calipers measure, for whoever keeps it: lead, seconds and millivolts of both ends. */
  kept() {
    const { marks: { time, voltage } } = this.state;
    return [time && keptTime(time, this.paper), voltage && keptVoltage(voltage, this.paper)]
      .filter(Boolean);
  }

  get isIdle() {
    const { tool, march, snap, marks } = this.state;
    return !(tool || march || snap || marks.time || marks.voltage);
  }

  flipFilter() {
    this.isFiltered = !this.isFiltered;
    this.showFilter();
  }

  showFilter() {
    const button = this.toolbar.querySelector("[data-filter]");
    const { hasFilter } = this.paper;
    button.disabled = !hasFilter;
    button.ariaPressed = String(hasFilter && this.isFiltered);
    if (hasFilter) this.paper.show(this.isFiltered ? "filtered" : "unfiltered");
  }

  /** Give the sheet that holds paper and toolbar the whole screen, or take it back. */
  fillScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.paper?.graph.closest(`.st-key-${this.target}_sheet`)?.requestFullscreen();
  }

  click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if ("clear" in button.dataset) this.clear();
    if ("filter" in button.dataset) this.flipFilter();
    if ("screen" in button.dataset) this.fillScreen();
    if (button.dataset.switch) this.flip(button.dataset.switch);
    if (!button.dataset.tool) return;
    this.arm(button.dataset.tool);
    const byKeyboard = event.detail === 0;
    if (byKeyboard && this.state.tool) this.placeInView();
  }

  key(event) {
    const [target] = event.composedPath();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(target) || document.querySelector("[role=dialog]")) return;
    const handled = this.keyOnHandle(event, target) || this.keyOnPage(event, target);
    if (handled) event.preventDefault();
  }

  keyOnPage({ key, repeat }, target) {
    const name = key.toLowerCase();
    const { tool } = this.state;
    if (repeat) return false;
    if (TOOL_KEYS[name]) this.arm(TOOL_KEYS[name]);
    else if (SWITCH_KEYS[name]) this.flip(SWITCH_KEYS[name]);
    else if (name === "f" && this.paper?.hasFilter) this.flipFilter();
    else if (key === "Escape" && !this.isIdle) this.clear();
    else if (key === "Enter" && tool && target === document.body) this.placeInView();
    else return false;
    return true;
  }

  keyOnHandle({ key, shiftKey }, { dataset }) {
    if (!dataset?.part || !this.state.marks[dataset.kind]) return false;
    const { kind, part } = dataset;
    if (key === "Enter") {
      this.overlay.handle(kind, PARTS[(PARTS.indexOf(part) + 1) % PARTS.length]).focus();
      return true;
    }
    if (!ARROWS[key]) return false;
    const [right, up] = ARROWS[key];
    const mark = this.state.marks[kind];
    if (this.state.snap && shiftKey && kind === "time" && part !== "bar" && right) {
      this.put(kind, part, mark, { x: this.nextBeat(mark[part], right) - mark[part], y: 0 });
    } else {
      const { sampleMm } = this.paper;
      this.put(kind, part, mark, {
        x: right * (shiftKey ? 1 : sampleMm), y: up * (shiftKey ? 1 : FINE_MM),
      });
    }
    return true;
  }

  nextBeat(xMm, direction) {
    const ahead = this.paper.beatsMm.filter((x) => direction * (x - xMm) > 0.01);
    return (direction > 0 ? ahead[0] : ahead.at(-1)) ?? xMm;
  }

  /** Move a leg or a whole caliper by so many millimetres from where `mark` has it. */
  put(kind, part, mark, by, adjust = (mm) => mm) {
    const [along, across] = kind === "time" ? ["x", "y"] : ["y", "x"];
    const moved = { ...mark };
    const clamp = (axis, mm) => this.paper.clamp({ x: 0, y: 0, [axis]: mm })[axis];
    if (part === "bar") {
      const shift = clampShift([mark.a, mark.b], by[along], (mm) => clamp(along, mm));
      moved.a += shift;
      moved.b += shift;
      const aside = clamp(across, mark.at + by[across]) - mark.at;
      for (const name of ["at", "low", "high"]) if (name in mark) moved[name] += aside;
    } else moved[part] = clamp(along, adjust(mark[part] + by[along]));
    this.state.marks[kind] = moved;
    this.draw();
  }

  snapped(xMm) {
    const { paper, state } = this;
    const beat = state.snap ? paper.nearestBeat(xMm) : Infinity;
    const reach = Math.max(SNAP_MS / 1000 * paper.meta.speed_mm_s, SNAP_PX * paper.mmPerPixel);
    return Math.abs(beat - xMm) <= reach ? beat : xMm;
  }

  /** Where a pointer is, in millimetres of the paper. */
  at(event) {
    const { left, top } = this.overlay.host.getBoundingClientRect();
    return this.paper.mm({ x: event.clientX - left, y: event.clientY - top });
  }

  press(event) {
    if (!event.isPrimary || event.button !== 0 || !this.paper?.area) return;
    const { kind, part } = event.target.closest("[data-part]")?.dataset ?? {};
    if (kind) this.grab(kind, part, event);
    else if (this.state.tool) this.begin(event);
    else return;
    event.preventDefault();
    event.target.setPointerCapture(event.pointerId);
  }

  /** Keep a finger that moves a caliper from scrolling the page. */
  hold(event) {
    if (this.drag) event.preventDefault();
  }

  grab(kind, part, event) {
    const [start, mark] = [this.at(event), this.state.marks[kind]];
    this.focusAfter = [kind, part];
    this.drag = (move) => {
      const now = this.at(move);
      this.put(kind, part, mark, { x: now.x - start.x, y: now.y - start.y },
        kind === "time" ? (mm) => this.snapped(mm) : undefined);
    };
  }

  begin(event) {
    const start = this.paper.clamp(this.at(event));
    this.focusAfter = null;
    this.drag = (move) => {
      const travel = Math.hypot(move.clientX - event.clientX, move.clientY - event.clientY);
      if (travel < LEAST_DRAG_PX && !this.focusAfter) return;
      this.focusAfter = [this.state.tool === "voltage" ? "voltage" : "time", "b"];
      this.lay(start, this.paper.clamp(this.at(move)));
    };
  }

  release(event) {
    if (event) this.drag?.(event);
    if (this.drag && this.focusAfter) {
      this.overlay.handle(...this.focusAfter).focus({ preventScroll: true });
    }
    this.drag = null;
  }

  /** Lay the armed caliper from one place to another. */
  lay(from, to) {
    const { tool, marks } = this.state;
    if (tool !== "voltage") {
      marks.time = { a: this.snapped(from.x), b: this.snapped(to.x), at: from.y };
    }
    if (tool !== "time") {
      const margin = tool === "box" ? 0 : 4;
      marks.voltage = {
        a: from.y, b: to.y, at: to.x,
        low: Math.min(from.x, to.x) - margin, high: Math.max(from.x, to.x) + margin,
      };
    }
    this.draw();
  }

  /** Lay the armed caliper without a pointer: in the middle of the view, or on two R peaks. */
  placeInView() {
    const { paper, state } = this;
    if (!paper?.area) return;
    const [x, y] = [paper.view.x, paper.view.y].map(([first, last]) => (first + last) / 2);
    const { y: base } = paper.row(y);
    const half = (paper.view.x[1] - paper.view.x[0]) / 50;
    const beats = state.snap ? [this.nextBeat(x, -1), this.nextBeat(x, 1)] : [x, x];
    const [first, last] = beats[0] < beats[1] ? beats : [x - half, x + half];
    this.lay({ x: first, y: base }, { x: last, y: base + paper.meta.gain_mm_mv });
    this.overlay.handle(state.tool === "voltage" ? "voltage" : "time", "b").focus();
  }

  /** Let the wheel with Ctrl zoom the chart while a tool covers it; else it scrolls the page. */
  passOn(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.paper.graph.querySelector(".nsewdrag")?.dispatchEvent(new WheelEvent("wheel", event));
  }
}

/** The largest part of a shift that keeps all places on the paper. */
function clampShift(places, shift, clamp) {
  const allowed = places.map((mm) => clamp(mm + shift) - mm);
  return shift > 0 ? Math.min(...allowed) : Math.max(...allowed);
}

function isTyping(target) {
  const field = target.closest?.("input, textarea, select, [contenteditable=true], [role=textbox]");
  return Boolean(field) && !["radio", "checkbox", "range"].includes(field.type);
}

const mounted = new WeakMap();

export default function mount({ data, parentElement }) {
  if (!mounted.has(parentElement)) mounted.set(parentElement, new Calipers(parentElement));
  const calipers = mounted.get(parentElement);
  calipers.update(data);
  return () => {
    calipers.remove();
    mounted.delete(parentElement);
  };
}
