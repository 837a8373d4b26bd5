// The note beside a cue: shown while it is pointed at or focused. Its words are the cue's description.
import { el } from "./dom.js";

const pop = el("div", { id: "pop", hidden: true, "aria-hidden": "true" });
const notes = new WeakMap();
let owner = null;
let timer = 0;

/** Tie notes (functions that make their elements) to the link of a cue. */
export function attach(link, makers) {
  notes.set(link, makers);
}

export function close() {
  clearTimeout(timer);
  owner?.classList.remove("open");
  owner = null;
  pop.hidden = true;
}

function open(link) {
  close();
  owner = link;
  link.classList.add("open");
  pop.replaceChildren(...notes.get(link).map((make) => make()));
  pop.hidden = false;
  put(link);
}

function put(link) {
  const gap = 8;
  const [box] = link.getClientRects();
  if (!box) return;
  const right = document.documentElement.clientWidth - pop.offsetWidth - gap;
  const above = box.top - pop.offsetHeight - gap;
  const below = link.getBoundingClientRect().bottom + gap;
  pop.style.left = `${Math.max(gap, Math.min(box.left, right))}px`;
  pop.style.top = `${below + pop.offsetHeight > innerHeight && above > 0 ? above : below}px`;
}

const linkOf = (target) => {
  const link = target.closest?.("[data-note]");
  return link && notes.has(link) ? link : null;
};

export function startNotes() {
  document.body.append(pop);
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const link = linkOf(event.target);
    if (link) {
      if (link !== owner) open(link);
      clearTimeout(timer);
    } else if (pop.contains(event.target)) clearTimeout(timer);
    else if (owner && document.activeElement !== owner) {
      clearTimeout(timer);
      timer = setTimeout(close, 200);
    }
  });
  document.addEventListener("focusin", (event) => {
    const link = linkOf(event.target);
    if (link && link.matches(":focus-visible")) open(link);
    else if (!link) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  addEventListener("scroll", () => {
    // Moving the focus scrolls: the note goes with what is focused.
    if (owner && owner === document.activeElement) put(owner);
    else close();
  }, { passive: true });
  addEventListener("resize", close);
}
