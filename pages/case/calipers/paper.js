/** ECG paper drawn by Plotly: where its millimetres, rows, leads and beats lie on the screen. */
class Paper {
  constructor(graph, rPeaksS) {
    this.graph = graph;
    this.rPeaksS = rPeaksS;
  }

  get meta() {
    return this.graph.layout?.meta;
  }

  /** The group of traces, which Plotly moves while a pan or zoom lasts. */
  get drawing() {
    return this.graph._fullLayout?._plots?.xy?.plot?.node();
  }

  get isDrawn() {
    return Boolean(this.meta?.segments && this.drawing);
  }

  get hasFilter() {
    return this.graph.data.some((trace) => trace.legendgroup === "unfiltered");
  }

  /** Show the filtered or the unfiltered ECG; Plotly is told too, for whatever it draws next. */
  show(group) {
    const shown = (name) => (name === group ? 1 : 0);
    for (const node of this.graph.querySelectorAll(".scatterlayer .trace")) {
      const { index, legendgroup: name } = node.__data__[0].trace;
      if (!name) continue;
      const given = { opacity: shown(name), hoverinfo: shown(name) ? "all" : "skip" };
      Object.assign(this.graph.data[index], given);
      Object.assign(node.__data__[0].trace, given);
      node.style.opacity = given.opacity;
    }
    for (const node of this.graph.querySelectorAll(".infolayer .annotation")) {
      const mark = this.graph.layout.annotations[node.dataset.index];
      if (mark.name) node.style.opacity = mark.opacity = shown(mark.name);
    }
  }

  get isWhole() {
    return this.mmPerPixel * this.area.width > 0.99 * this.meta.width_mm;
  }

  /** Let the wheel zoom with Ctrl alone, and a drag move nothing unless a part is shown. */
  allow({ wheel = false } = {}) {
    const drawn = this.graph._fullLayout;
    drawn._enablescrollzoom = wheel;
    drawn.dragmode = this.isWhole ? false : "pan";
  }

  /** What must not change while a caliper stays: record, layout and scale. */
  get identity() {
    return JSON.stringify([this.graph.layout.uirevision, this.meta]);
  }

  /** Remember the axes as Plotly has just drawn them. */
  settle() {
    const { xaxis, yaxis } = this.graph._fullLayout;
    this.area = {
      left: xaxis._offset, top: yaxis._offset, width: xaxis._length, height: yaxis._length,
    };
    this.settled = { x: xaxis.range.map(Number), y: yaxis.range.map(Number) };
  }

  /**
   * Millimetres in view. While a pan or zoom lasts, Plotly moves the drawing as a whole, beyond
   * what the axes allow and report; so ask the drawing.
   */
  get view() {
    const { settled: { x, y }, area } = this;
    const { a, d, e, f } = placement(this.drawing);
    const at = ([first, last], share) => first + share * (last - first);
    const left = (area.left - e) / (a * area.width);
    const top = (area.top - f) / (d * area.height);
    return { x: [at(x, left), at(x, left + 1 / a)], y: [at(y, 1 - top - 1 / d), at(y, 1 - top)] };
  }

  x(mm) {
    const [first, last] = this.view.x;
    return (mm - first) / (last - first) * this.area.width;
  }

  y(mm) {
    const [first, last] = this.view.y;
    return (last - mm) / (last - first) * this.area.height;
  }

  /** Turn pixels of the plot area into millimetres. */
  mm(px) {
    const { view, area } = this;
    return {
      x: view.x[0] + px.x / area.width * (view.x[1] - view.x[0]),
      y: view.y[1] - px.y / area.height * (view.y[1] - view.y[0]),
    };
  }

  get mmPerPixel() {
    return (this.view.x[1] - this.view.x[0]) / this.area.width;
  }

  /** Where second 0 lies: columns follow each other in time, so one place serves all rows. */
  get zeroMm() {
    const [segment] = this.meta.segments;
    return segment.x_mm - segment.start_s * this.meta.speed_mm_s;
  }

  seconds(xMm) {
    return (xMm - this.zeroMm) / this.meta.speed_mm_s;
  }

  ms(mm) {
    return 1000 * mm / this.meta.speed_mm_s;
  }

  /** From the first to the last moment drawn. */
  get traceMm() {
    const ends = this.meta.segments.map((s) => s.x_mm + s.duration_s * this.meta.speed_mm_s);
    return [this.zeroMm, Math.max(...ends)];
  }

  get beatsMm() {
    const [first, last] = this.traceMm;
    return this.rPeaksS.map((s) => this.zeroMm + s * this.meta.speed_mm_s)
      .filter((x) => x >= first && x <= last);
  }

  get sampleMm() {
    return this.graph.data.find((trace) => trace.dx > 0)?.dx ?? 0.01 * this.meta.speed_mm_s;
  }

  /** Rows from the top, each from halfway to the row above to halfway to the row below. */
  get rows() {
    const heights = [...new Set(this.meta.segments.map((s) => s.y_mm))].sort((a, b) => b - a);
    if (heights.length === 1) return [{ y: heights[0], top: this.meta.height_mm, bottom: 0 }];
    const halves = heights.slice(1).map((y, k) => (heights[k] - y) / 2);
    return heights.map((y, k) => ({
      y, top: y + (halves[k - 1] ?? halves[0]), bottom: y - (halves[k] ?? halves.at(-1)),
    }));
  }

  row(yMm) {
    const distance = (row) => Math.abs(row.y - yMm);
    return this.rows.reduce((best, row) => (distance(row) < distance(best) ? row : best));
  }

  /** The piece of a lead at a place, or undefined beside the traces. */
  segment(xMm, yMm) {
    const { y } = this.row(yMm);
    const { segments, speed_mm_s: speed } = this.meta;
    return segments.find((s) => s.y_mm === y
      && xMm >= s.x_mm && xMm < s.x_mm + s.duration_s * speed);
  }

  /** The first piece of the row at a place. */
  firstOfRow(yMm) {
    const { y } = this.row(yMm);
    return this.meta.segments.find((s) => s.y_mm === y);
  }

  clamp(mm) {
    const within = (value, length) => Math.min(Math.max(value, 0), length);
    return { x: within(mm.x, this.meta.width_mm), y: within(mm.y, this.meta.height_mm) };
  }

  nearestBeat(xMm) {
    const distance = (x) => Math.abs(x - xMm);
    return this.beatsMm.reduce((best, x) => (distance(x) < distance(best) ? x : best), Infinity);
  }
}

/** Scale and shift that an SVG element's own `transform` makes. */
function placement(element) {
  const identity = element.ownerSVGElement.createSVGMatrix();
  return [...element.transform.baseVal].reduce((all, one) => all.multiply(one.matrix), identity);
}
