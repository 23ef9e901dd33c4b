// SPDX-License-Identifier: Apache-2.0
// Sparklines: the last two minutes of one number per row.

import { palette } from "./theme.js";

export const POINTS = 120;
const EACH_S = 1.9; // a pixel and a half
const WIDTH = 90, HEIGHT = 24;

export class Trails {
	constructor() {
		this.rows = new Map();
	}

	row(key) {
		let row = this.rows.get(key);
		if (!row) {
			row = { values: new Float32Array(POINTS).fill(NaN), next: 0, time: 0 };
			this.rows.set(key, row);
		}
		return row;
	}

	add(key, time, value) {
		const row = this.row(key);
		if (time <= row.time)
			return;
		row.time = time;
		row.values[row.next] = value ?? NaN;
		row.next = (row.next + 1) % POINTS;
	}

	// What the daemon remembers from before the page was opened.
	seed(key, time, values) {
		const row = this.row(key);
		row.values.fill(NaN);
		const kept = values.slice(-POINTS);
		kept.forEach((value, i) => { row.values[i] = value ?? NaN; });
		row.next = kept.length % POINTS;
		row.time = time;
	}

	forget(time) {
		for (const [key, row] of this.rows)
			if (row.time < time)
				this.rows.delete(key);
	}
}

export function makeSpark() {
	const canvas = document.createElement("canvas");
	const ratio = devicePixelRatio || 1;
	canvas.className = "spark";
	canvas.setAttribute("aria-hidden", "true");
	canvas.width = WIDTH * ratio;
	canvas.height = HEIGHT * ratio;
	return canvas;
}

// `least`: the top of the scale is not below it, so that noise stays flat.
export function drawSpark(canvas, row, least, colour = "s0") {
	if (!row || (row.time - canvas.drawnTime < EACH_S && canvas.drawnRow === row && canvas.drawnColours === palette()))
		return;
	canvas.drawnTime = row.time;
	canvas.drawnRow = row;
	canvas.drawnColours = palette();
	let highest = least;
	for (const value of row.values)
		if (value > highest)
			highest = value;
	const context = canvas.getContext("2d");
	const ratio = canvas.width / WIDTH;
	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.clearRect(0, 0, WIDTH, HEIGHT);
	const line = new Path2D();
	const area = new Path2D();
	let open = null;
	for (let i = 0; i < POINTS; i++) {
		const value = row.values[(row.next + i) % POINTS];
		const x = i / (POINTS - 1) * (WIDTH - 1);
		const y = HEIGHT - 1.5 - value / highest * (HEIGHT - 3);
		if (Number.isNaN(value)) {
			if (open !== null)
				area.lineTo(open, HEIGHT);
			open = null;
			continue;
		}
		if (open === null) {
			area.moveTo(x, HEIGHT);
			line.moveTo(x, y);
		}
		open = x;
		line.lineTo(x, y);
		area.lineTo(x, y);
	}
	if (open !== null)
		area.lineTo(open, HEIGHT);
	context.fillStyle = palette()[colour];
	context.strokeStyle = palette()[colour];
	context.globalAlpha = 0.2;
	context.fill(area);
	context.globalAlpha = 1;
	context.lineWidth = 1.3;
	context.stroke(line);
}
