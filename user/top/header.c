/* SPDX-License-Identifier: Apache-2.0 */
#include "top/header.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "top/format.h"

#define LINES_ALL 5
#define LINES_SOME 3 /* without disks and networks */
#define HOT 0.8

unsigned int header_lines(unsigned int height)
{
	return height >= 18 ? LINES_ALL : height >= 13 ? LINES_SOME : 1;
}

static double number_of(const json_t *object, const char *field)
{
	const json_t *value = json_object_get(object, field);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static double plus(double a, double b)
{
	return isnan(a) ? b : isnan(b) ? a : a + b;
}

/* What the node's series say, or its devices. */
static double rate_of(const json_t *node, const char *a, const char *b)
{
	return plus(number_of(node, a), number_of(node, b));
}

/* Sum, or the largest, of a field of the rows of a list. */
static double over_list(const json_t *list, const char *field, bool largest)
{
	double result = NAN;
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		double value = number_of(item, field);

		result = largest ? fmax(result, value) : plus(result, value);
	}
	return result;
}

void header_take(struct header *header, json_t *node)
{
	json_decref(header->node);
	header->node = json_incref(node);
	header->disk_peak = fmax(header->disk_peak, rate_of(node, "disk_read_bytes_per_second",
							    "disk_written_bytes_per_second"));
	header->network_peak = fmax(header->network_peak, rate_of(node, "network_receive_bytes_per_second",
								  "network_transmit_bytes_per_second"));
}

void header_done(struct header *header)
{
	json_decref(header->node);
	header->node = NULL;
}

/* " name value" when the value is known */
static void add(struct buffer *text, const char *name, enum format format, double value, const char *unit)
{
	char number[FORMAT_SIZE];

	if (isnan(value))
		return;
	format_number(number, format, value);
	buffer_printf(text, "%s%s %s%s", text->size ? "  " : "", name, number, unit);
}

struct gauge {
	const char *name;
	double share; /* of the bar */
	char inside[FORMAT_SIZE + 2];
	bool can_be_hot;
};

/* "CPU  [|||||      45%]", then what is in `text`, which it empties. */
static void draw_gauge(struct page *page, unsigned int y, const struct gauge *gauge, struct buffer *text)
{
	unsigned int room = page->width / 6 < 10 ? 10 : page->width / 6 > 40 ? 40 : page->width / 6;
	double share = isnan(gauge->share) ? 0 : fmax(0, fmin(gauge->share, 1));
	unsigned int filled = (unsigned int)lround(share * room), at = (unsigned int)strlen(gauge->inside);

	page_put(page, 0, y, 5, STYLE_BOLD, gauge->name);
	page_put(page, 5, y, 1, STYLE_BOLD, "[");
	for (unsigned int i = 0; i < filled; i++)
		page_put(page, 6 + i, y, 1, STYLE_BAR, "|");
	if (at <= room)
		page_put(page, 6 + room - at, y, at, STYLE_PLAIN, gauge->inside);
	page_style(page, 6, y, filled, gauge->can_be_hot && share > HOT ? STYLE_BAR_HOT : STYLE_BAR);
	page_put(page, 6 + room, y, 1, STYLE_BOLD, "]");
	buffer_add(text, "", 1);
	if (!text->failed)
		page_put(page, 8 + room, y, page->width, STYLE_PLAIN, text->data);
	buffer_clear(text);
}

static void draw_cpu(struct page *page, unsigned int y, const json_t *node, struct buffer *text)
{
	double used = number_of(node, "cpu_cores"), cores = number_of(node, "cores");
	struct gauge gauge = { .name = "CPU", .share = used / cores, .can_be_hot = true };

	format_number(gauge.inside, FORMAT_RATIO, gauge.share);
	add(text, "cores", FORMAT_CORES, used, "");
	if (!isnan(used) && !isnan(cores))
		buffer_printf(text, "/%.0f", cores);
	add(text, "wait", FORMAT_CORES, number_of(node, "cpu_waiting_threads"), "");
	add(text, "p99", FORMAT_SECONDS, number_of(node, "cpu_waiting_p99_seconds"), "");
	add(text, "pressure", FORMAT_RATIO, number_of(node, "pressure_cpu_ratio"), "");
	draw_gauge(page, y, &gauge, text);
}

static void draw_memory(struct page *page, unsigned int y, const json_t *node, struct buffer *text)
{
	double used = number_of(node, "memory_working_set_bytes"), all = number_of(node, "memory_bytes");
	struct gauge gauge = { .name = "MEM", .can_be_hot = true };
	char number[FORMAT_SIZE];

	if (isnan(used))
		used = number_of(node, "memory_usage_bytes");
	gauge.share = used / all;
	format_number(gauge.inside, FORMAT_RATIO, gauge.share);
	add(text, "used", FORMAT_BYTES, used, "");
	if (!isnan(used) && !isnan(all)) {
		format_number(number, FORMAT_BYTES, all);
		buffer_printf(text, "/%s", number);
	}
	add(text, "cache", FORMAT_BYTES, number_of(node, "memory_cache_bytes"), "");
	add(text, "swap", FORMAT_BYTES, number_of(node, "memory_swap_bytes"), "");
	add(text, "pressure", FORMAT_RATIO, number_of(node, "pressure_memory_ratio"), "");
	draw_gauge(page, y, &gauge, text);
}

static void set_rate(struct gauge *gauge, double rate, double peak)
{
	gauge->share = peak > 0 ? rate / peak : 0;
	format_number(gauge->inside, FORMAT_BYTES_PER_SECOND, rate);
	if (!isnan(rate))
		strcat(gauge->inside, "/s");
}

static void draw_disks(struct page *page, unsigned int y, const struct header *header, struct buffer *text)
{
	double read = number_of(header->node, "disk_read_bytes_per_second");
	double written = number_of(header->node, "disk_written_bytes_per_second");
	const json_t *disks = json_object_get(header->node, "disks");
	struct gauge gauge = { .name = "DISK" };
	bool is_narrow = page->width < 100;

	set_rate(&gauge, plus(read, written), header->disk_peak);
	add(text, is_narrow ? "r" : "read", FORMAT_BYTES_PER_SECOND, read, "/s");
	add(text, is_narrow ? "w" : "write", FORMAT_BYTES_PER_SECOND, written, "/s");
	add(text, "wait", FORMAT_CORES, number_of(header->node, "wait_disk_threads"), "");
	add(text, "p99", FORMAT_SECONDS, over_list(disks, "p99_seconds", true), "");
	add(text, "pressure", FORMAT_RATIO, number_of(header->node, "pressure_io_ratio"), "");
	draw_gauge(page, y, &gauge, text);
}

static void draw_network(struct page *page, unsigned int y, const struct header *header, struct buffer *text)
{
	static const char *const lost[] = { "receive_dropped_per_second", "transmit_dropped_per_second",
					    "receive_errors_per_second", "transmit_errors_per_second" };
	double in = number_of(header->node, "network_receive_bytes_per_second");
	double out = number_of(header->node, "network_transmit_bytes_per_second");
	const json_t *interfaces = json_object_get(header->node, "interfaces");
	struct gauge gauge = { .name = "NET" };
	double losses = NAN;

	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++)
		losses = plus(losses, over_list(interfaces, lost[i], false));
	set_rate(&gauge, plus(in, out), header->network_peak);
	add(text, "in", FORMAT_BYTES_PER_SECOND, in, "/s");
	add(text, "out", FORMAT_BYTES_PER_SECOND, out, "/s");
	add(text, "lost", FORMAT_PER_SECOND, losses, "/s");
	add(text, "conns", FORMAT_COUNT, number_of(header->node, "tcp_connections"), "");
	add(text, "retr", FORMAT_PER_SECOND, number_of(header->node, "tcp_retransmits_per_second"), "/s");
	draw_gauge(page, y, &gauge, text);
}

static void add_counts(struct buffer *text, const json_t *node)
{
	static const char *const names[] = { "containers", "pods", "processes", "threads" };
	const json_t *counts = json_object_get(node, "counts");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		double count = number_of(counts, names[i]);
		int plain = (int)strlen(names[i]) - (count == 1);

		if (!isnan(count) && (count > 0 || i != 1))
			buffer_printf(text, "  %.0f %.*s", count, plain + (i == 2 && count == 1 ? -1 : 0),
				      names[i]);
	}
}

/* Who, when, how many; or what is wrong. */
static void draw_title(struct page *page, const struct header *header)
{
	const json_t *node = header->node, *bpf = json_object_get(node, "bpf");
	const char *host = json_string_value(json_object_get(node, "hostname"));
	struct buffer text = {}, when = {};
	char number[FORMAT_SIZE];
	enum style style = STYLE_PLAIN;
	unsigned int used;

	format_number(number, FORMAT_TIME, number_of(node, "time"));
	if (header->replay)
		buffer_printf(&when, "replay %s %zu/%zu", number, header->index + 1, header->count);
	else if (node)
		buffer_printf(&when, "%s  %gs", number, header->interval_seconds);
	if (header->paused)
		buffer_add_string(&when, "  PAUSED");
	buffer_add(&when, "", 1);
	if (header->problem) {
		buffer_printf(&text, header->replay ? "%s" : "%s; retrying", header->problem);
		style = STYLE_BAD;
	} else if (header->warning) {
		buffer_add_string(&text, header->warning);
		style = STYLE_WARNING;
	} else if (json_is_false(json_object_get(bpf, "on"))) {
		buffer_printf(&text, "%s  BPF off: %s", host ?: "",
			      json_string_value(json_object_get(bpf, "reason")) ?: "no reason known");
		style = STYLE_WARNING;
	} else if (!node) {
		buffer_printf(&text, "asking %s", header->source);
	} else {
		buffer_printf(&text, "%s", host ?: header->source);
		format_number(number, FORMAT_SECONDS, number_of(node, "uptime_seconds"));
		buffer_printf(&text, "  up %s", number);
		add_counts(&text, node);
	}
	buffer_add(&text, "", 1);
	if (!text.failed && !when.failed) {
		used = (unsigned int)strlen(when.data);
		page_put_right(page, 0, 0, page->width, header->paused ? STYLE_WARNING : STYLE_BOLD,
			       when.data);
		page_put(page, 0, 0, page->width > used + 2 ? page->width - used - 2 : 0, style, text.data);
	}
	buffer_done(&text);
	buffer_done(&when);
}

void header_draw(struct page *page, const struct header *header, unsigned int lines)
{
	struct buffer text = {};

	draw_title(page, header);
	if (lines >= LINES_SOME) {
		draw_cpu(page, 1, header->node, &text);
		draw_memory(page, 2, header->node, &text);
	}
	if (lines >= LINES_ALL) {
		draw_disks(page, 3, header, &text);
		draw_network(page, 4, header, &text);
	}
	buffer_done(&text);
}
