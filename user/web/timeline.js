// SPDX-License-Identifier: Apache-2.0
// The time that all charts of a view share: its span, a part of it that somebody chose, and where the pointer is.

export const SPANS = {
	600: { step: 1, points: 600, label: "10 minutes", title: "The last 10 minutes, a point each second" },
	3600: { step: 10, points: 360, label: "1 hour", title: "The last hour, a point each 10 seconds" },
};

const LEAST = 60; // points that are shown, known or not

export class Timeline {
	constructor(store, on) {
		this.store = store;
		this.on = on; // { choose(from, to) }: somebody dragged
		this.chosen = null; // { from, to } in seconds
		this.hover = null; // slot
		this.charts = new Set();
	}

	// First and last slot that are shown.
	window() {
		const { store } = this;
		if (this.chosen)
			return [store.slotOf(this.chosen.from), store.slotOf(this.chosen.to)];
		const head = store.head ?? store.slotOf(Date.now() / 1000);
		const young = store.first === null ? -Infinity : Math.min(store.first, head - LEAST); // a daemon that has just begun
		return [Math.max(head - store.points + 1, young), head];
	}

	point(slot) {
		if (slot === this.hover)
			return;
		this.hover = slot;
		for (const chart of this.charts)
			chart.drawPointer();
	}

	select(from, to) {
		this.selecting = from === null ? null : [from, to];
		for (const chart of this.charts)
			chart.drawPointer();
	}

	choose(first, last) {
		const { store } = this;
		if (Math.abs(last - first) < 3)
			return;
		this.on.choose(store.timeOf(Math.min(first, last)), store.timeOf(Math.max(first, last)));
	}

	draw(isForced) {
		for (const chart of this.charts)
			chart.draw(isForced);
	}
}
