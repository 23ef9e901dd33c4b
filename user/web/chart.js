// SPDX-License-Identifier: Apache-2.0
// A chart of series over time: lines, or areas that add up; with a limit where there is one.

import { format, formatRound, isKnown } from "./units.js";
import { palette } from "./theme.js";
import { Plot, LEFT, RIGHT, TOP, BOTTOM } from "./plot.js";

// A round number not below `value`, and how many parts divide it evenly.
function round(value, unit) {
	const base = unit.startsWith("bytes") ? 2 : 10;
	if (!(value > 0))
		return [unit === "ratio" ? 0.01 : base === 2 ? 1024 : unit === "seconds" ? 0.001 : unit === "cores" || unit === "threads" ? 0.1 : 1, 2];
	if (base === 2) {
		const power = 2 ** Math.ceil(Math.log2(value));
		return value <= power * 0.75 ? [power * 0.75, 3] : [power, 4];
	}
	const power = 10 ** Math.floor(Math.log10(value));
	for (const [step, parts] of [[1, 2], [1.5, 3], [2, 4], [3, 3], [4, 4], [5, 5], [6, 3], [8, 4], [10, 5]])
		if (value <= step * power * 1.0001)
			return [step * power, parts];
	return [10 * power, 5];
}

export class Chart extends Plot {
	// options: { title, unit, isStacked, top (never less), series: [{ name, label, colour }], limit() => number or nothing, limitLabel }
	constructor(timeline, options) {
		super(timeline, options);
		this.options = options;
		this.keys = options.series.map((one) => this.addKey(one.label, one.colour, options.isStacked ? "area" : "line"));
		if (options.limit)
			this.limitKey = this.addKey(options.limitLabel ?? "limit", "limit", "dash");
	}

	measure() {
		const { store } = this.timeline;
		const [first, last] = this.timeline.window();
		const { series, isStacked, limit } = this.options;
		let highest = 0, isEmpty = true;
		for (let slot = first; slot <= last; slot++) {
			let total = 0;
			for (const one of series) {
				const value = store.get(one.name, slot);
				if (Number.isNaN(value))
					continue;
				isEmpty = false;
				total = isStacked ? total + value : Math.max(total, value);
			}
			highest = Math.max(highest, total);
		}
		this.limit = limit?.();
		let wanted = highest;
		if (isKnown(this.limit) && highest >= this.limit * 0.2)
			wanted = Math.max(wanted, this.limit);
		if (this.options.top && highest <= this.options.top)
			wanted = this.options.top;
		this.highest = highest;
		this.isEmpty = isEmpty;
		[this.top, this.parts] = round(wanted, this.options.unit);
	}

	y(value) {
		return this.height - BOTTOM - value / this.top * (this.height - TOP - BOTTOM);
	}

	drawPicture() {
		const context = this.begin(this.picture);
		this.measure();
		this.drawScale(context);
		this.drawTimes(context);
		if (this.isEmpty)
			this.drawMessage(context, this.timeline.emptyText ?? "nothing known in this time");
		else if (this.options.isStacked)
			this.drawAreas(context);
		else
			this.drawLines(context);
		this.drawLimit(context);
		this.describe(this.isEmpty ? "nothing known" : "highest " + format(this.highest, this.options.unit) + ", " +
			this.options.series.map((one) => one.label + " now " + format(this.timeline.store.get(one.name, this.timeline.window()[1]), this.options.unit)).join(", "));
	}

	drawScale(context) {
		context.strokeStyle = palette().grid;
		context.fillStyle = palette().muted;
		context.lineWidth = 1;
		context.textAlign = "right";
		context.textBaseline = "middle";
		for (let part = 0; part <= this.parts; part++) {
			const value = this.top * part / this.parts;
			const y = Math.round(this.y(value)) + 0.5;
			context.beginPath();
			context.moveTo(LEFT, y);
			context.lineTo(this.width - RIGHT, y);
			context.stroke();
			if (part % 2 === this.parts % 2 || this.parts < 4)
				context.fillText(formatRound(value, this.options.unit), LEFT - 6, y);
		}
	}

	drawLines(context) {
		const { store } = this.timeline;
		const [first, last] = this.timeline.window();
		context.lineJoin = "round";
		for (const one of this.options.series) {
			let isOpen = false;
			context.strokeStyle = palette()[one.colour];
			context.lineWidth = 1.6;
			context.beginPath();
			for (let slot = first; slot <= last; slot++) {
				const value = store.get(one.name, slot);
				if (Number.isNaN(value)) {
					isOpen = false;
					continue;
				}
				const x = this.x(slot), y = this.y(value);
				if (isOpen)
					context.lineTo(x, y);
				else {
					context.moveTo(x - 0.5, y);
					context.lineTo(x, y);
				}
				isOpen = true;
			}
			context.stroke();
		}
	}

	drawAreas(context) {
		const { store } = this.timeline;
		const [first, last] = this.timeline.window();
		const { series } = this.options;
		const base = new Float64Array(last - first + 1);
		for (const one of series) {
			let begin = null;
			const close = (end) => {
				if (begin === null)
					return;
				context.beginPath();
				for (let slot = begin; slot <= end; slot++)
					context.lineTo(this.x(slot), this.y(base[slot - first] + store.get(one.name, slot)));
				for (let slot = end; slot >= begin; slot--)
					context.lineTo(this.x(slot), this.y(base[slot - first]));
				context.closePath();
				context.globalAlpha = 0.82;
				context.fill();
				context.globalAlpha = 1;
				for (let slot = begin; slot <= end; slot++)
					base[slot - first] += store.get(one.name, slot);
				begin = null;
			};
			context.fillStyle = palette()[one.colour];
			for (let slot = first; slot <= last; slot++) {
				if (Number.isNaN(store.get(one.name, slot)))
					close(slot - 1);
				else
					begin ??= slot;
			}
			close(last);
		}
	}

	drawLimit(context) {
		if (!isKnown(this.limit) || this.limit > this.top)
			return;
		const y = Math.round(this.y(this.limit)) + 0.5;
		context.strokeStyle = palette().limit;
		context.lineWidth = 1.5;
		context.setLineDash([5, 4]);
		context.beginPath();
		context.moveTo(LEFT, y);
		context.lineTo(this.width - RIGHT, y);
		context.stroke();
		context.setLineDash([]);
	}

	showValues() {
		const slot = this.timeline.hover ?? this.timeline.window()[1];
		this.options.series.forEach((one, i) => this.keys[i](format(this.timeline.store.get(one.name, slot), this.options.unit)));
		this.limitKey?.(isKnown(this.limit) ? format(this.limit, this.options.unit) : null);
	}
}
