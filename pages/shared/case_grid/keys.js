// Lets a click on a cell and Enter do what the grid itself does only by its box or Shift + Space:
// select the row. It listens at the container, so that a grid drawn anew needs nothing.
const HEADER_PX = 36;
const BOX_PX = 40;
const listening = new WeakMap();

function selectRow(canvas) {
  const press = { key: " ", code: "Space", keyCode: 32, shiftKey: true, bubbles: true };
  canvas.dispatchEvent(new KeyboardEvent("keydown", press));
}

function onKey(event) {
  const canvas = event.target.closest?.("canvas");
  if (!canvas || event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  selectRow(canvas);
}

function onClick(event) {
  const canvas = event.currentTarget.querySelector("canvas");
  const frame = canvas?.getBoundingClientRect();
  if (!frame) return;
  const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
  if (x > BOX_PX && x < frame.width && y > HEADER_PX && y < frame.height) selectRow(canvas);
}

export default function ({ data }) {
  const container = document.querySelector(`.st-key-${data.target}`);
  if (!container || listening.has(container)) return;
  listening.set(container, true);
  container.addEventListener("keydown", onKey, true);
  container.addEventListener("click", onClick);
}
