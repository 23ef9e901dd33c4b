// SPDX-License-Identifier: Apache-2.0
// A sortable table of many rows. There are as many rows as were scrolled to, of them those in sight are painted, and of these
// what changed. The order is made anew every few seconds, and not while the pointer or the focus is on a row: nobody hits
// what moves.

import { element, setAttribute, setClass, setText } from "./dom.js";
import { format } from "./units.js";

const ORDER_MS = 3000;
const HOLD_MS = 15000; // then the order is made anew even under a pointer that was left there

// columns: [{ id, label, title, unit (of a number; right-aligned), value(item), text(item)?, make(cell)?, paint(cell, item)? }]
export class Table {
	constructor({ caption, columns, key, href, empty, sort, onSort, page = 40, look }) {
		Object.assign(this, { key, href, onSort, look, page, shown: page, sort: sort ?? "" });
		this.rows = new Map();
		this.order = [];
		this.items = [];
		this.version = 0;
		this.head = element("tr");
		this.body = element("tbody");
		this.more = element("button", { type: "button", class: "more", onclick: () => this.showMore() });
		this.emptyNode = element("p", { class: "empty" });
		this.emptyText = empty;
		this.table = element("table", {}, element("caption", {}, caption), element("thead", {}, this.head), this.body);
		this.node = element("div", { class: "table" }, element("div", { class: "scroll" }, this.table), this.emptyNode, this.more);
		this.setColumns(columns);
		this.scrolled = () => { this.frame ??= requestAnimationFrame(() => { this.frame = null; this.paint(); }); };
		addEventListener("scroll", this.scrolled, { passive: true });
		this.nearEnd = new IntersectionObserver((entries) => {
			if (entries.at(-1).isIntersecting && !this.more.hidden)
				this.showMore();
		}, { rootMargin: "600px" });
		this.nearEnd.observe(this.more);
		addEventListener("resize", this.resized = () => { this.rowHeight = null; this.scrolled(); });
		this.body.addEventListener("pointermove", (event) => { this.pointedAt = event.pointerType === "mouse" ? Date.now() : 0; }, { passive: true });
		this.body.addEventListener("pointerleave", () => { this.pointedAt = 0; });
		this.body.addEventListener("click", (event) => this.click(event));
	}

	end() {
		this.nearEnd.disconnect();
		removeEventListener("scroll", this.scrolled);
		removeEventListener("resize", this.resized);
		cancelAnimationFrame(this.frame);
	}

	// A click anywhere in a row opens it, but not one that ends a selection of text.
	click(event) {
		if (event.target.closest("a, button") || String(getSelection()))
			return;
		event.target.closest("tr")?.querySelector("a")?.click();
	}

	setColumns(columns) {
		this.columns = columns;
		this.rows.clear();
		this.body.replaceChildren();
		this.head.replaceChildren(...columns.map((column) => {
			const button = element("button", { type: "button", title: column.title ?? null, onclick: () => this.sortBy(column) }, column.label);
			column.head = element("th", { scope: "col", class: this.cellClass(column) }, button);
			return column.head;
		}));
		this.markSort();
	}

	cellClass(column) {
		const isSorted = this.sort.replace("-", "") === column.id;
		return [column.class ?? "", column.unit ? "number" : "", isSorted ? "sorted" : ""].filter(Boolean).join(" ");
	}

	markSort() {
		for (const column of this.columns) {
			const isSorted = this.sort.replace("-", "") === column.id;
			setAttribute(column.head, "aria-sort", isSorted ? (this.sort.startsWith("-") ? "descending" : "ascending") : null);
			setClass(column.head, this.cellClass(column));
		}
	}

	sortBy(column) {
		const isSame = this.sort.replace("-", "") === column.id;
		const isDown = isSame ? !this.sort.startsWith("-") : Boolean(column.unit) || column.isDown;
		this.setSort((isDown ? "-" : "") + column.id);
		this.onSort?.(this.sort);
	}

	setSort(sort) {
		if (sort === this.sort)
			return;
		this.sort = sort;
		this.rows.clear(); // cells carry the sorted column's mark
		this.body.replaceChildren();
		this.markSort();
		this.arrange();
		this.paint();
	}

	compare() {
		const column = this.columns.find((one) => one.id === this.sort.replace("-", ""));
		if (!column)
			return null;
		const sign = this.sort.startsWith("-") ? -1 : 1;
		const values = new Map(this.items.map((item) => [item, column.value(item)]));
		const isUnknown = (value) => value === undefined || value === null || Number.isNaN(value);
		return (a, b) => {
			const x = values.get(a), y = values.get(b);
			if (isUnknown(x) || isUnknown(y))
				return isUnknown(x) - isUnknown(y) || (this.key(a) < this.key(b) ? -1 : 1);
			if (x !== y)
				return x < y ? -sign : sign;
			return this.key(a) < this.key(b) ? -1 : 1;
		};
	}

	isHeld() {
		if (this.items.length && Date.now() - this.arrangedAt < ORDER_MS)
			return true;
		return this.isPointed();
	}

	isPointed() {
		const pointer = this.pointedAt && Date.now() - this.pointedAt < HOLD_MS;
		return Boolean(pointer) || this.body.contains(document.activeElement);
	}

	arrange() {
		this.arrangedAt = Date.now();
		const compare = this.compare();
		this.order = compare ? [...this.items].sort(compare) : [...this.items];
	}

	// New items. `isOther`: it is another selection (a filter, a page), not the next state of the same.
	show(items, isOther = false) {
		this.items = items;
		if (this.isHeld() && !isOther) {
			const byKey = new Map(items.map((item) => [this.key(item), item]));
			const kept = this.order.map((item) => byKey.get(this.key(item))).filter(Boolean);
			const known = new Set(kept.map(this.key));
			this.order = [...kept, ...items.filter((item) => !known.has(this.key(item)))];
		} else {
			this.arrange();
		}
		this.paint();
	}

	showMore() {
		this.shown += this.page;
		this.paint();
	}

	makeRow(item) {
		const row = element("tr");
		row.cells_ = this.columns.map((column, i) => {
			const cell = element(i === 0 ? "th" : "td", i === 0 ? { scope: "row", class: this.cellClass(column) } : { class: this.cellClass(column) });
			column.make?.(cell, item);
			return cell;
		});
		row.append(...row.cells_);
		return row;
	}

	place() {
		const wanted = this.order.slice(0, this.shown);
		setAttribute(this.table, "aria-rowcount", this.order.length + 1);
		const keys = new Set();
		let at = this.body.firstElementChild;
		this.visible = wanted.map((item) => {
			const key = this.key(item);
			keys.add(key);
			let row = this.rows.get(key);
			if (!row) {
				row = this.makeRow(item);
				this.rows.set(key, row);
			}
			row.item = item;
			if (row === at)
				at = at.nextElementSibling;
			else
				this.body.insertBefore(row, at);
			return row;
		});
		for (const [key, row] of this.rows) {
			if (!keys.has(key)) {
				row.remove();
				this.rows.delete(key);
			}
		}
	}

	paint() {
		if (document.hidden)
			return;
		this.place();
		this.version++;
		const { visible } = this;
		setText(this.emptyNode, visible.length ? "" : this.emptyText());
		this.emptyNode.hidden = visible.length > 0;
		this.table.tHead.hidden = visible.length === 0; // not the caption: it says what there is none of
		const rest = this.order.length - visible.length;
		this.more.hidden = rest <= 0;
		setText(this.more, rest > 0 ? `Show ${Math.min(rest, this.page)} more of ${rest}` : "");
		if (visible.length === 0)
			return;
		const height = this.rowHeight ??= visible[0].offsetHeight || null;
		const top = this.body.getBoundingClientRect().top;
		const first = Math.max(0, Math.floor(-top / (height ?? 40)) - 5);
		const last = Math.min(visible.length, Math.ceil((innerHeight - top) / (height ?? 40)) + 5);
		for (let i = first; i < last; i++)
			this.paintRow(visible[i]);
		// A row that was never painted has no height to be scrolled to, nor a link to be focused.
		for (const row of visible)
			if (!row.isPainted)
				this.paintRow(row);
	}

	paintRow(row) {
		const { item } = row;
		row.isPainted = true;
		this.columns.forEach((column, i) => {
			const cell = row.cells_[i];
			if (column.paint)
				column.paint(cell, item);
			else
				setText(cell, column.text ? column.text(item) : format(column.value(item), column.unit));
		});
		if (this.look)
			setClass(row, this.look(item));
	}

	// Moves the focus over the rows' links; false: there is nowhere to go.
	move(step) {
		const rows = this.visible ?? [];
		const now = rows.findIndex((row) => row.contains(document.activeElement));
		const to = step === "first" ? 0 : step === "last" ? rows.length - 1 : now < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, now + step));
		const link = rows[to]?.querySelector("a");
		link?.focus();
		link?.closest("tr").scrollIntoView({ block: "nearest" });
		return Boolean(link);
	}
}
