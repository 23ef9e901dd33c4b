// SPDX-License-Identifier: Apache-2.0
// What a chart and a heat map share: two canvases (the picture, and what follows the pointer), the time axis, dragging.

import { clock } from "./units.js";
import { element, setText } from "./dom.js";
import { palette } from "./theme.js";

export const LEFT = 60, RIGHT = 8, TOP = 8, BOTTOM = 18;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

export class Plot {
	constructor(timeline, { title, note, height = 150, isWide = false }) {
		this.timeline = timeline;
		this.title = title;
		this.height = height;
		this.picture = element("canvas", { role: "img", "aria-label": title });
		this.pointer = element("canvas", { "aria-hidden": "true", class: "pointer" });
		this.legend = element("span", { class: "legend" });
		this.holder = element("div", { class: "plot" }, this.picture, this.pointer);
		this.holder.style.height = height + "px";
		this.node = element("figure", { class: isWide ? "panel chart wide" : "panel chart" },
			element("figcaption", {}, element("h3", { title: note ?? null }, title), this.legend), this.holder);
		this.isSeen = false;
		this.sight = new IntersectionObserver((entries) => {
			this.isSeen = entries.at(-1).isIntersecting;
			if (this.isSeen)
				this.draw(true);
		}, { rootMargin: "100px" });
		this.sight.observe(this.holder);
		this.sizes = new ResizeObserver(() => this.resize());
		this.sizes.observe(this.holder);
		this.follow();
		timeline.charts.add(this);
	}

	end() {
		this.sight.disconnect();
		this.sizes.disconnect();
		this.timeline.charts.delete(this);
	}

	resize() {
		const ratio = devicePixelRatio || 1;
		this.width = this.holder.clientWidth;
		for (const canvas of [this.picture, this.pointer]) {
			canvas.width = Math.round(this.width * ratio);
			canvas.height = Math.round(this.height * ratio);
		}
		this.ratio = ratio;
		this.draw(true);
	}

	// Draws what is in sight; while only time goes on, not before it has moved by a pixel.
	draw(isForced = false) {
		if (!this.isSeen || !this.width || document.hidden)
			return;
		const [first, last] = this.timeline.window();
		const pixels = (this.width - LEFT - RIGHT) / Math.max(1, last - first);
		const isSame = this.drawnSpan === last - first && Math.abs(last - this.drawnLast) * pixels < 0.9;
		if (isForced || !isSame || this.drawnPoints !== this.timeline.store.merged) {
			this.drawnSpan = last - first;
			this.drawnLast = last;
			this.drawnPoints = this.timeline.store.merged;
			this.drawPicture();
			this.drawPointer();
		}
		this.showValues();
	}

	// A canvas wiped clean, in CSS pixels.
	begin(canvas) {
		const context = canvas.getContext("2d");
		context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
		context.clearRect(0, 0, this.width, this.height);
		context.font = "11px system-ui, sans-serif";
		return context;
	}

	x(slot) {
		const [first, last] = this.timeline.window();
		return LEFT + (slot - first) / Math.max(1, last - first) * (this.width - LEFT - RIGHT);
	}

	slotAt(x) {
		const [first, last] = this.timeline.window();
		const part = (x - LEFT) / Math.max(1, this.width - LEFT - RIGHT);
		return Math.round(first + Math.min(1, Math.max(0, part)) * (last - first));
	}

	drawTimes(context) {
		const { store } = this.timeline;
		const [first, last] = this.timeline.window();
		const span = (last - first) * store.step;
		const room = Math.max(3, Math.floor((this.width - LEFT) / 80));
		const step = TIME_STEPS.find((candidate) => span / candidate <= room) ?? 3600;
		const withSeconds = step < 60;
		context.fillStyle = palette().muted;
		context.textBaseline = "alphabetic";
		context.textAlign = "center";
		const zone = -new Date().getTimezoneOffset() * 60;
		for (let time = Math.ceil((store.timeOf(first) + zone) / step) * step - zone; time <= store.timeOf(last); time += step) {
			const x = this.x(time / store.step);
			if (x > LEFT + 18 && x < this.width - 18)
				context.fillText(clock(time, withSeconds), x, this.height - 4);
		}
	}

	drawMessage(context, text) {
		context.fillStyle = palette().muted;
		context.textAlign = "center";
		context.textBaseline = "middle";
		context.font = "13px system-ui, sans-serif";
		context.fillText(text, LEFT + (this.width - LEFT - RIGHT) / 2, (this.height - BOTTOM) / 2);
	}

	drawPointer() {
		if (!this.isSeen || !this.width)
			return;
		const { hover, selecting } = this.timeline;
		if (hover !== null || selecting || this.hasPointer) {
			const context = this.begin(this.pointer);
			this.hasPointer = hover !== null || Boolean(selecting);
			if (selecting) {
				const [from, to] = selecting.map((slot) => this.x(slot));
				context.fillStyle = palette().accent;
				context.globalAlpha = 0.22;
				context.fillRect(Math.min(from, to), TOP, Math.abs(to - from), this.height - TOP - BOTTOM);
				context.globalAlpha = 1;
			}
			if (hover !== null)
				this.drawCrosshair(context, hover);
		}
		this.showValues();
	}

	drawCrosshair(context, slot) {
		const x = Math.round(this.x(slot)) + 0.5;
		context.strokeStyle = palette().text;
		context.globalAlpha = 0.55;
		context.lineWidth = 1;
		context.beginPath();
		context.moveTo(x, TOP);
		context.lineTo(x, this.height - BOTTOM);
		context.stroke();
		context.globalAlpha = 1;
		const text = clock(this.timeline.store.timeOf(slot));
		const half = context.measureText(text).width / 2 + 4;
		const middle = Math.min(this.width - half, Math.max(half, x));
		context.fillStyle = palette().panel;
		context.fillRect(middle - half, this.height - BOTTOM, half * 2, BOTTOM);
		context.fillStyle = palette().text;
		context.textAlign = "center";
		context.textBaseline = "alphabetic";
		context.fillText(text, middle, this.height - 4);
	}

	// A mouse drags at once; a finger too, but across only: up and down it scrolls the page.
	follow() {
		let start = null;
		const at = (event) => this.slotAt(event.clientX - this.holder.getBoundingClientRect().left);
		const cancel = () => {
			start = null;
			this.timeline.select(null);
		};
		this.holder.addEventListener("pointerdown", (event) => {
			if (event.button !== 0)
				return;
			start = at(event);
			this.holder.setPointerCapture(event.pointerId);
		});
		this.holder.addEventListener("pointermove", (event) => {
			const slot = at(event);
			this.timeline.point(slot);
			if (start !== null)
				this.timeline.select(start, slot);
		});
		this.holder.addEventListener("pointerup", (event) => {
			if (start !== null)
				this.timeline.choose(start, at(event));
			cancel();
		});
		this.holder.addEventListener("pointercancel", cancel);
		this.holder.addEventListener("pointerleave", () => this.timeline.point(null));
	}

	// The text that stands for the picture; seldom a new one, so that nobody is read numbers each second.
	describe(text) {
		const now = Date.now();
		if (this.describedAt && now - this.describedAt < 10000)
			return;
		this.describedAt = now;
		this.picture.setAttribute("aria-label", this.title + ": " + text);
	}

	addKey(name, colour, kind = "line") {
		const value = element("b");
		const swatch = element("i", { class: "swatch " + kind });
		swatch.style.setProperty("--colour", `var(--${colour})`);
		const key = element("span", {}, swatch, name, " ", value);
		this.legend.append(key);
		return (text) => {
			key.hidden = text === null;
			setText(value, text ?? "");
		};
	}
}
