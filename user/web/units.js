// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them. What is not known is "–", never 0.

export const UNKNOWN = "–";
const SPACE = "\u00a0";

export const isKnown = (value) => typeof value === "number" && Number.isFinite(value);

function digits(value) {
	const size = Math.abs(value);
	if (size >= 100 || size === 0)
		return value.toFixed(0);
	return size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function scaled(value, base, names, suffix) {
	let power = 0;
	while (Math.abs(value) >= base * 0.9995 && power < names.length - 1) {
		value /= base;
		power++;
	}
	return (power === 0 && Number.isInteger(value) ? String(value) : digits(value)) + SPACE + names[power] + suffix;
}

const BYTES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

function count(value) {
	if (Math.abs(value) < 999.5)
		return Number.isInteger(value) ? String(value) : digits(value);
	return scaled(value, 1000, ["", "k", "M", "G", "T"], "");
}

function seconds(value) {
	const size = Math.abs(value);
	if (size === 0)
		return "0";
	if (size < 0.9995e-3)
		return digits(value * 1e6) + SPACE + "µs";
	if (size < 0.9995)
		return digits(value * 1e3) + SPACE + "ms";
	if (size < 120)
		return digits(value) + SPACE + "s";
	if (size < 7200)
		return Math.floor(value / 60) + SPACE + "min";
	if (size < 172800)
		return Math.floor(value / 3600) + SPACE + "h";
	return Math.floor(value / 86400) + SPACE + "d";
}

function small(value) {
	if (Number.isInteger(value))
		return String(value);
	if (value !== 0 && Math.abs(value) < 0.0005)
		return "<0.001";
	return Math.abs(value) < 0.1 && value !== 0 ? value.toFixed(3) : digits(value);
}

function percent(value) {
	const shown = value * 100;
	return (shown !== 0 && Math.abs(shown) < 9.95 ? shown.toFixed(1) : shown.toFixed(0)) + SPACE + "%";
}

const spell = {
	bytes: (value) => scaled(value, 1024, BYTES, ""),
	"bytes/s": (value) => scaled(value, 1024, BYTES, "/s"),
	count,
	"count/s": (value) => count(value < 10 ? Number(value.toPrecision(2)) : value < 999.5 ? Math.round(value) : value) + "/s",
	seconds,
	ratio: percent,
	cores: small,
	threads: small,
};

// For a scale, whose numbers are round.
export function formatRound(value, unit) {
	return value === 0 ? "0" : spell[unit](value).replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");
}

export function format(value, unit) {
	return isKnown(value) ? spell[unit](value) : UNKNOWN;
}

export function clock(time, withSeconds = true) {
	const date = new Date(time * 1000);
	const two = (number) => String(number).padStart(2, "0");
	return two(date.getHours()) + ":" + two(date.getMinutes()) + (withSeconds ? ":" + two(date.getSeconds()) : "");
}

export function wholeSeconds(value) {
	const whole = Math.max(0, Math.round(value));
	return whole < 120 ? whole + SPACE + "s" : seconds(whole);
}

export function ago(time, now) {
	return isKnown(time) ? wholeSeconds(now - time) + " ago" : UNKNOWN;
}
