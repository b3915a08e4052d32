// SPDX-License-Identifier: Apache-2.0
// menu.ts - what floats and is chosen from: context menus and lists under buttons.

import { h, type Kid } from "../dom.ts";

export interface Item {
  title: string;
  key?: string;
  /** A box that is ticked or not. */
  checked?: boolean;
  /** It is not to be had, because: */
  why?: string | null;
  group?: string;
  stays?: boolean;
  act(): void;
}

let open: { element: HTMLElement; back: Element | null } | null = null;

export function closeMenu(): boolean {
  if (!open) return false;
  const { element, back } = open;
  const within = element.contains(document.activeElement);
  open = null;
  element.remove();
  if (within && back instanceof HTMLElement) back.focus({ preventScroll: true });
  return true;
}

function keys(event: KeyboardEvent, element: HTMLElement): void {
  const items = [...element.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to: Record<string, number> = {
    ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1,
  };
  if (event.key === "Escape" || event.key === "Tab") closeMenu();
  else if (event.key in to) {
    items[(to[event.key]! + items.length) % items.length]?.focus();
  } else if (event.key.length === 1) {
    const letter = event.key.toLowerCase();
    items.find((item, i) => i > at && item.innerText.toLowerCase().startsWith(letter))
      ?.focus();
  }
  if (event.key !== "Enter" && event.key !== " ") event.preventDefault();
  event.stopPropagation();
}

/** Opens a menu with its corner at x, y; arrows move, Escape closes. */
export function showMenu(label: string, items: Item[], x: number, y: number, top?: Kid): void {
  const back = document.activeElement;
  closeMenu();
  let group: string | undefined;
  const element = h("div", {
    class: "pop", role: "menu", "aria-label": label,
    onkeydown: (event: KeyboardEvent) => keys(event, element),
  });
  const rows = items.flatMap((item): Kid[] => {
    const head = item.group !== undefined && item.group !== group && item.group !== ""
      ? h("h2", { role: "presentation" }, item.group) : null;
    group = item.group;
    const button = h("button", {
      role: item.checked === undefined ? "menuitem" : "menuitemcheckbox", tabindex: -1,
      "aria-checked": item.checked === undefined ? null : item.checked ? "true" : "false",
      "aria-disabled": item.why ? "true" : null, title: item.why ?? null,
      onclick: () => {
        if (item.why) return;
        if (!item.stays) closeMenu();
        item.act();
      },
    }, item.checked === undefined ? null
      : h("span", { "aria-hidden": "true", class: "tick" }, item.checked ? "✓" : ""),
    h("span", { class: "clip" }, item.title), item.key ? h("kbd", null, item.key) : null);
    return [head, button];
  });
  for (const kid of [top, rows]) append(element, kid);
  document.body.append(element);
  const { width, height } = element.getBoundingClientRect();
  element.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  element.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
  open = { element, back };
  element.querySelector<HTMLElement>('[role^="menuitem"]')?.focus();
}

function append(parent: HTMLElement, kid: Kid): void {
  if (Array.isArray(kid)) kid.forEach((one) => append(parent, one));
  else if (kid instanceof Node) parent.append(kid);
}

export function menuBelow(button: HTMLElement, label: string, items: Item[], top?: Kid): void {
  const edge = button.getBoundingClientRect();
  showMenu(label, items, edge.left, edge.bottom + 4, top);
}

addEventListener("pointerdown", (event) => {
  if (open && !open.element.contains(event.target as Node)) closeMenu();
}, true);
addEventListener("resize", () => void closeMenu());
