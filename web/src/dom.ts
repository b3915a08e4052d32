// SPDX-License-Identifier: Apache-2.0
// dom.ts - elements out of data. What comes from a profile becomes a text node or an
// attribute of a fixed name, never markup: there is no innerHTML in this folder.

export type Kid = Node | string | number | null | undefined | false | Kid[];
type Value = string | number | boolean | null | undefined | ((event: never) => void);
export type Attributes = Record<string, Value>;

function fill(element: Element, attributes: Attributes | null, kids: Kid[]): void {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value as EventListener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  add(element, kids);
}

export function add(parent: Node, kids: Kid): void {
  if (Array.isArray(kids)) kids.forEach((kid) => add(parent, kid));
  else if (kids instanceof Node) parent.appendChild(kids);
  else if (kids !== null && kids !== undefined && kids !== false) {
    parent.appendChild(document.createTextNode(String(kids)));
  }
}

/** An element of HTML; `onclick` and the like take functions. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes?: Attributes | null, ...kids: Kid[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes ?? null, kids);
  return element;
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K, attributes?: Attributes | null, ...kids: Kid[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, attributes ?? null, kids);
  return element;
}

export function replace(parent: Element, ...kids: Kid[]): void {
  parent.replaceChildren();
  add(parent, kids);
}

/** The same where it would look the same: what is equal stays as it is. What a handler does
 * must be told by what is seen. */
export function renew(parent: Element, ...kids: Kid[]): void {
  const fresh = document.createElement(parent.localName);
  add(fresh, kids);
  const before = parent.childNodes, after = fresh.childNodes;
  const same = before.length === after.length
    && Array.from(after).every((kid, i) => kid.isEqualNode(before[i]!));
  if (!same) parent.replaceChildren(...Array.from(after));
}

/** Once what was changed so far is on the screen; at once where nothing is shown. */
export function frame(): Promise<void> {
  return document.hidden ? Promise.resolve() : new Promise((done) => {
    requestAnimationFrame(() => {
      const behind = new MessageChannel();
      behind.port1.onmessage = () => done();
      behind.port2.postMessage(null);
    });
  });
}

/** The room within an element and how far it is scrolled, as they were when it was last laid
 * out: to ask the element itself while things change has all laid out at once. */
export class Room {
  width = 0;
  height = 0;
  left = 0;
  top = 0;

  constructor(private readonly element: HTMLElement, resized: () => void, scrolled?: () => void) {
    new ResizeObserver(() => {
      const { width, height } = this;
      this.measure();
      if (this.width !== width || this.height !== height) resized();
    }).observe(element);
    element.addEventListener("scroll", () => {
      this.left = element.scrollLeft;
      this.top = element.scrollTop;
      scrolled?.();
    });
  }

  measure(): void {
    this.width = this.element.clientWidth;
    this.height = this.element.clientHeight;
  }

  scrollTo(left: number, top: number): void {
    if (left === this.left && top === this.top) return;
    this.element.scrollTo(left, top);
    this.left = this.element.scrollLeft;
    this.top = this.element.scrollTop;
  }
}

/** Sizes known only at run time go through the CSSOM, which the page's CSP allows. */
export function sized<E extends HTMLElement | SVGElement>(
  element: E, styles: Record<string, string>
): E {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value);
  return element;
}

export function isNarrow(): boolean {
  return innerWidth <= 760;
}
