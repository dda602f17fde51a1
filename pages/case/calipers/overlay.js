const KINDS = ["time", "voltage"];
const PARTS = ["bar", "a", "b"];
const LABELS = { a: "first leg", b: "second leg", bar: "whole caliper" };
const REACH_PX = matchMedia("(pointer: coarse)").matches ? 22 : 11;
const GAP_PX = 8;
const LEAST_RATE_MS = 150;
const LEAST_MARCH_MS = 100;

const minus = (text) => text.replace("-", "\u2212");
const signed = (value) => (Number(value) > 0 ? `+${value}` : minus(value));
const path = (lines) => lines.map(([x1, y1, x2, y2]) => `M${x1} ${y1}L${x2} ${y2}`).join("");

/** What a time caliper says: "400 ms · 150 bpm". */
function timeReading(mark, paper) {
  const ms = paper.ms(Math.abs(mark.b - mark.a));
  const rate = ms >= LEAST_RATE_MS ? ` · ${Math.round(60000 / ms)} bpm` : "";
  return `${Math.round(ms)} ms${rate}`;
}

/** What a voltage caliper says, from its first to its second leg: "V2 +0.85 mV · 8.5 mm". */
function voltageReading(mark, paper) {
  const segment = paper.segment(mark.at, mark.a);
  const mm = mark.b - mark.a;
  const mv = (segment?.sign ?? 1) * mm / paper.meta.gain_mm_mv;
  const lead = segment ? `${segment.lead} ` : "";
  return `${lead}${signed(mv.toFixed(2))} mV · ${Math.abs(mm).toFixed(1)} mm`;
}

/** A time caliper as a reading keeps it. */
function keptTime({ a, b, at }, paper) {
  const lead = (paper.segment((a + b) / 2, at) ?? paper.firstOfRow(at)).lead;
  return { lead, from_s: paper.seconds(a), to_s: paper.seconds(b) };
}

/** A voltage caliper as a reading keeps it: from the lead's baseline, turned as it was recorded. */
function keptVoltage({ a, b, at }, paper) {
  const segment = paper.segment(at, a) ?? paper.firstOfRow(a);
  const mv = (mm) => segment.sign * (mm - segment.y_mm) / paper.meta.gain_mm_mv;
  const s = paper.seconds(at);
  return { lead: segment.lead, from_s: s, to_s: s, from_mv: mv(a), to_mv: mv(b) };
}

const isInverted = (mark, paper) => paper.segment(mark.at, mark.a)?.sign < 0;

/** Places of the marched interval on the trace; none if it is too short to march. */
function marchMm(mark, paper) {
  const step = Math.abs(mark.b - mark.a);
  if (paper.ms(step) < LEAST_MARCH_MS) return [];
  const [first, last] = paper.traceMm;
  const start = mark.a + Math.ceil((first - mark.a) / step) * step;
  return Array.from({ length: Math.floor((last - start) / step) + 1 }, (_, k) => start + k * step);
}

function marchReading(mark, paper) {
  const n = marchMm(mark, paper).length;
  if (n === 0) return "too short to march";
  const beats = paper.beatsMm;
  const mean = 60000 * (beats.length - 1) / paper.ms(beats.at(-1) - beats[0]);
  const rate = beats.length > 1 ? ` · ${beats.length} R peaks, mean ${Math.round(mean)} bpm` : "";
  return `${n} lines${rate}`;
}

/** Pixels of both legs and the bar of a caliper, each as [x1, y1, x2, y2]. */
function linesPx(kind, mark, paper) {
  if (kind === "time") {
    const { top, bottom } = paper.row(mark.at);
    const leg = (x) => [paper.x(x), paper.y(top), paper.x(x), paper.y(bottom)];
    const at = paper.y(mark.at);
    return { a: leg(mark.a), b: leg(mark.b), bar: [paper.x(mark.a), at, paper.x(mark.b), at] };
  }
  const leg = (y) => [paper.x(mark.low), paper.y(y), paper.x(mark.high), paper.y(y)];
  const at = paper.x(mark.at);
  return { a: leg(mark.a), b: leg(mark.b), bar: [at, paper.y(mark.a), at, paper.y(mark.b)] };
}

/** The box in which a leg or the bar can be grabbed; legs of a narrow caliper reach outwards. */
function grabPx(part, lines) {
  const [x1, y1, x2, y2] = lines[part];
  const box = {
    left: Math.min(x1, x2), right: Math.max(x1, x2), top: Math.min(y1, y2), bottom: Math.max(y1, y2),
  };
  const vertical = x1 === x2;
  const [low, high] = vertical ? ["left", "right"] : ["top", "bottom"];
  let [below, above] = [REACH_PX, REACH_PX];
  if (part !== "bar") {
    const gap = lines[part === "a" ? "b" : "a"][vertical ? 0 : 1] - (vertical ? x1 : y1);
    const inwards = Math.min(REACH_PX, Math.abs(gap) / 3);
    [below, above] = gap > 0 ? [REACH_PX, inwards] : [inwards, REACH_PX];
  }
  box[low] -= below;
  box[high] += above;
  return box;
}

function inView({ area }, x1, x2, y1, y2) {
  return Math.max(x1, x2) >= 0 && Math.min(x1, x2) <= area.width
    && Math.max(y1, y2) >= 0 && Math.min(y1, y2) <= area.height;
}

const MARKUP = `
  <svg>
    <rect class="catch" width="100%" height="100%"></rect>
    <path class="beats"></path>
    <path class="march halo"></path><path class="march line"></path>
    ${KINDS.map((kind) => `
      <g class="caliper" data-kind="${kind}">
        <path class="halo"></path><path class="line"></path><circle class="first" r="3.5"></circle>
        ${PARTS.map((part) => `
          <rect class="grab" data-kind="${kind}" data-part="${part}" tabindex="0"
            role="${part === "bar" ? "button" : "slider"}"
            aria-label="${kind} caliper, ${LABELS[part]}"></rect>`).join("")}
      </g>`).join("")}
  </svg>
  ${KINDS.map((kind) => `
    <div class="reading" data-kind="${kind}" data-part="bar" aria-hidden="true"
      ><b></b><small></small></div>`).join("")}`;

/** Draws calipers on top of the plot area, as part of the chart so that both scroll together. */
class Overlay {
  constructor(css) {
    this.host = document.createElement("div");
    this.host.className = "ecg-calipers";
    this.host.style.cssText = "position:absolute;overflow:hidden;pointer-events:none;z-index:2";
    this.root = this.host.attachShadow({ mode: "open" });
    this.root.innerHTML = `<style>${css}</style><div class="overlay">${MARKUP}</div>`;
    this.frame = this.root.querySelector(".overlay");
  }

  find(kind, selector) {
    return this.root.querySelector(`.caliper[data-kind=${kind}] ${selector}`);
  }

  handle(kind, part) {
    return this.find(kind, `.grab[data-part=${part}]`);
  }

  draw(state, paper, dark) {
    const { left, top, width, height } = paper.area;
    Object.assign(this.host.style, {
      left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px`,
    });
    this.frame.classList.toggle("dark", dark);
    this.frame.classList.toggle("armed", Boolean(state.tool));
    this.drawBeats(state.snap && (state.tool || state.marks.time) ? paper.beatsMm : [], paper);
    this.drawMarch(state.march && state.marks.time ? marchMm(state.marks.time, paper) : [], paper);
    for (const kind of KINDS) this.drawCaliper(kind, state.marks[kind], paper);
    this.placeReadings(state, paper);
  }

  drawBeats(beats, paper) {
    const ticks = beats.flatMap((x) => paper.rows.map(({ bottom }) =>
      [paper.x(x), paper.y(bottom), paper.x(x), paper.y(bottom + 2.5)]));
    this.root.querySelector(".beats").setAttribute("d", path(ticks));
  }

  drawMarch(places, paper) {
    const [top, bottom] = [paper.y(paper.rows[0].top), paper.y(paper.rows.at(-1).bottom)];
    const lines = places.map((mm) => [paper.x(mm), top, paper.x(mm), bottom]);
    for (const line of this.root.querySelectorAll(".march")) line.setAttribute("d", path(lines));
  }

  drawCaliper(kind, mark, paper) {
    this.find(kind, ".halo").parentNode.toggleAttribute("hidden", !mark);
    if (!mark) return;
    const lines = linesPx(kind, mark, paper);
    for (const name of [".halo", ".line"]) {
      this.find(kind, name).setAttribute("d", path(PARTS.map((part) => lines[part])));
    }
    this.find(kind, ".first").setAttribute("cx", lines.bar[0]);
    this.find(kind, ".first").setAttribute("cy", lines.bar[1]);
    for (const part of PARTS) this.placeHandle(kind, part, mark, lines, paper);
  }

  placeHandle(kind, part, mark, lines, paper) {
    const handle = this.handle(kind, part);
    const { left, top, right, bottom } = grabPx(part, lines);
    const box = { x: left, y: top, width: right - left, height: bottom - top };
    for (const [name, value] of Object.entries(box)) handle.setAttribute(name, value);
    if (part === "bar") return;
    const mm = mark[part];
    const base = kind === "time" ? paper.zeroMm : paper.row(mark.a).y;
    const scale = kind === "time" ? paper.meta.speed_mm_s : paper.meta.gain_mm_mv;
    const length = kind === "time" ? paper.meta.width_mm : paper.meta.height_mm;
    const said = (value) => ((value - base) / scale).toFixed(3);
    handle.setAttribute("aria-valuemin", said(0));
    handle.setAttribute("aria-valuemax", said(length));
    handle.setAttribute("aria-valuenow", said(mm));
    const reading = kind === "time" ? timeReading(mark, paper) : voltageReading(mark, paper);
    handle.setAttribute("aria-valuetext", `${said(mm)} ${kind === "time" ? "s" : "mV"}; ${reading}`);
  }

  /** Put the readings inside the view, apart from each other and from what they measure. */
  placeReadings({ marks: { time, voltage }, march }, paper) {
    const taken = this.placeTime(time, voltage, march, paper);
    this.placeVoltage(voltage, taken, paper);
  }

  /** Write the time at the upper end of its legs, or at the lower one below a voltage. */
  placeTime(time, voltage, march, paper) {
    const more = time && march ? marchReading(time, paper) : "";
    const box = this.write("time", time ? timeReading(time, paper) : "", more);
    if (!time) return null;
    const { bar: [x1, , x2], a: [, top, , bottom] } = linesPx("time", time, paper);
    const row = paper.row(time.at);
    const [wide, high, middle] = [box.offsetWidth, box.offsetHeight, (x1 + x2) / 2];
    const crowded = voltage && Math.abs(paper.x(voltage.at) - middle) < wide
      && paper.row(voltage.a).y === row.y && voltage.a + voltage.b > 2 * row.y;
    box.classList.toggle("out", !inView(paper, x1, x2, top, bottom));
    return this.place(box, middle - wide / 2, (crowded ? bottom : top) - high / 2, paper);
  }

  /** Write the voltage at the right of its legs, or at the left where the view ends. */
  placeVoltage(voltage, taken, paper) {
    const more = voltage && isInverted(voltage, paper) ? "drawn inverted" : "";
    const box = this.write("voltage", voltage ? voltageReading(voltage, paper) : "", more);
    if (!voltage) return;
    const { bar: [, y1, , y2], a: [left, , right] } = linesPx("voltage", voltage, paper);
    const [wide, high] = [box.offsetWidth, box.offsetHeight];
    const x = right + GAP_PX + wide <= paper.area.width ? right + GAP_PX : left - GAP_PX - wide;
    const y = (y1 + y2 - high) / 2;
    const apart = !taken || x > taken.right || x + wide < taken.left
      || y > taken.bottom || y + high < taken.top;
    box.classList.toggle("out", !inView(paper, left, right, y1, y2));
    this.place(box, x, apart ? y : taken.bottom + GAP_PX, paper);
  }

  write(kind, text, more = "") {
    const box = this.root.querySelector(`.reading[data-kind=${kind}]`);
    box.hidden = !text;
    box.querySelector("b").textContent = text;
    box.querySelector("small").textContent = more;
    return box;
  }

  place(box, left, top, paper) {
    const [wide, high] = [box.offsetWidth, box.offsetHeight];
    const x = Math.min(Math.max(left, 2), paper.area.width - wide - 2);
    const y = Math.min(Math.max(top, 2), paper.area.height - high - 2);
    box.style.transform = `translate(${x}px, ${y}px)`;
    return { left: x, top: y, right: x + wide, bottom: y + high };
  }
}
