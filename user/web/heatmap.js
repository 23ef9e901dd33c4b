// SPDX-License-Identifier: Apache-2.0
// Latencies over time: a column a point, a row a bucket (each twice as long as the one below, or finer), the darker or
// brighter the more; p50, p90 and p99 as lines over it.

import { format, formatRound } from "./units.js";
import { palette } from "./theme.js";
import { Plot, LEFT, RIGHT, TOP, BOTTOM } from "./plot.js";

const LINES = [{ part: 0.5, label: "p50", colour: "s2" }, { part: 0.9, label: "p90", colour: "s1" }, { part: 0.99, label: "p99", colour: "s5" }];

// Where in the buckets (1.5: half through the second) the given part of all that was counted lies; NaN when nothing was.
export function quantile(counts, part) {
	let total = 0, before = 0;
	for (const count of counts)
		total += count;
	if (total === 0)
		return NaN;
	for (let bucket = 0; bucket < counts.length; bucket++) {
		if (counts[bucket] > 0 && before + counts[bucket] >= part * total)
			return bucket + (part * total - before) / counts[bucket];
		before += counts[bucket];
	}
	return counts.length;
}

// The latency at such a place, between the bounds of its bucket as the logarithm goes.
export function latencyAt(bounds, place) {
	if (Number.isNaN(place))
		return NaN;
	const bucket = Math.min(Math.floor(place), bounds.length - 1);
	const high = bounds[bucket] ?? bounds.at(-1) * 2;
	const low = Math.max(bounds[bucket - 1] ?? 0, high / 2);
	return low * (high / low) ** Math.min(1, place - bucket);
}

function mix(stops, part) {
	const at = Math.min(stops.length - 1.001, Math.max(0, part * (stops.length - 1)));
	const low = Math.floor(at);
	return stops[low].map((value, i) => value + (stops[low + 1][i] - value) * (at - low));
}

const parse = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

export class Heatmap extends Plot {
	constructor(timeline, options) {
		super(timeline, options);
		this.cells = document.createElement("canvas");
		this.keys = LINES.map((line) => this.addKey(line.label, line.colour));
		this.keys.push(this.addKey("waits", "heat2", "area"));
	}

	// The buckets worth room: from the first to the last that has anything in sight.
	measure() {
		const [first, last] = this.timeline.window();
		const { store } = this.timeline;
		let low = Infinity, high = -1, most = 0;
		for (let slot = first; slot <= last; slot++) {
			const row = store.heatAt(slot);
			for (let bucket = 0; row && bucket < row.length; bucket++) {
				if (!(row[bucket] > 0))
					continue;
				low = Math.min(low, bucket);
				high = Math.max(high, bucket);
				most = Math.max(most, row[bucket]);
			}
		}
		this.low = Math.max(0, Math.min(low, high - 7));
		this.high = Math.max(high + 1, this.low + 8);
		this.most = most;
	}

	y(place) {
		const part = (place - this.low) / (this.high - this.low);
		return this.height - BOTTOM - part * (this.height - TOP - BOTTOM);
	}

	drawPicture() {
		const context = this.begin(this.picture);
		this.measure();
		this.drawTimes(context);
		if (!this.most) {
			this.drawMessage(context, this.timeline.emptyText ?? "no waits in this time");
		} else {
			this.drawCells(context);
			this.drawBounds(context);
			for (const line of LINES)
				this.drawLine(context, line);
		}
		const text = this.values(this.timeline.window()[1]);
		this.describe(this.most ? "now " + text.join(", ") : "no waits");
	}

	drawCells(context) {
		const { store } = this.timeline;
		const [first, last] = this.timeline.window();
		const width = last - first + 1, height = this.high - this.low;
		const colours = palette();
		const stops = [colours.heat0, colours.heat1, colours.heat2, colours.heat3].map(parse);
		const scale = 1 / Math.log2(this.most + 1);
		this.cells.width = width;
		this.cells.height = height;
		const inner = this.cells.getContext("2d");
		const image = inner.createImageData(width, height);
		for (let slot = first; slot <= last; slot++) {
			const row = store.heatAt(slot);
			for (let bucket = this.low; row && bucket < this.high; bucket++) {
				if (!(row[bucket] > 0))
					continue;
				const at = ((height - 1 - (bucket - this.low)) * width + slot - first) * 4;
				const colour = mix(stops, Math.log2(row[bucket] + 1) * scale);
				image.data[at] = colour[0];
				image.data[at + 1] = colour[1];
				image.data[at + 2] = colour[2];
				image.data[at + 3] = 255;
			}
		}
		inner.putImageData(image, 0, 0);
		context.imageSmoothingEnabled = false;
		const half = (this.x(1) - this.x(0)) / 2;
		context.save();
		context.beginPath();
		context.rect(LEFT, TOP, this.width - LEFT - RIGHT, this.height - TOP - BOTTOM);
		context.clip();
		context.drawImage(this.cells, LEFT - half, TOP, this.width - LEFT - RIGHT + 2 * half, this.height - TOP - BOTTOM);
		context.restore();
	}

	drawBounds(context) {
		const { bounds } = this.timeline.store;
		const each = Math.ceil((this.high - this.low) / 6);
		context.fillStyle = palette().muted;
		context.strokeStyle = palette().grid;
		context.textAlign = "right";
		context.textBaseline = "middle";
		for (let bucket = this.low + each; bucket <= this.high && bucket <= bounds.length; bucket += each) {
			const y = Math.round(this.y(bucket)) + 0.5;
			context.fillText(formatRound(bounds[bucket - 1], "seconds"), LEFT - 6, Math.max(y, TOP + 2));
			context.globalAlpha = 0.5;
			context.beginPath();
			context.moveTo(LEFT, y);
			context.lineTo(this.width - RIGHT, y);
			context.stroke();
			context.globalAlpha = 1;
		}
	}

	drawLine(context, line) {
		const { store } = this.timeline;
		const [first, last] = this.timeline.window();
		const path = new Path2D();
		let isOpen = false;
		for (let slot = first; slot <= last; slot++) {
			const row = store.heatAt(slot);
			const place = row ? quantile(row, line.part) : NaN;
			if (Number.isNaN(place)) {
				isOpen = false;
				continue;
			}
			path[isOpen ? "lineTo" : "moveTo"](this.x(slot), this.y(place));
			isOpen = true;
		}
		context.lineJoin = "round";
		context.strokeStyle = palette().panel;
		context.lineWidth = 3;
		context.globalAlpha = 0.7;
		context.stroke(path);
		context.globalAlpha = 1;
		context.strokeStyle = palette()[line.colour];
		context.lineWidth = 1.4;
		context.stroke(path);
	}

	values(slot) {
		const row = this.timeline.store.heatAt(slot);
		return LINES.map((line) => line.label + " " + format(row ? latencyAt(this.timeline.store.bounds, quantile(row, line.part)) : NaN, "seconds"));
	}

	showValues() {
		const slot = this.timeline.hover ?? this.timeline.window()[1];
		const row = this.timeline.store.heatAt(slot);
		LINES.forEach((line, i) => this.keys[i](format(row ? latencyAt(this.timeline.store.bounds, quantile(row, line.part)) : NaN, "seconds")));
		this.keys[LINES.length](row ? format(row.reduce((a, b) => a + b, 0), "count") : "–");
	}
}
