/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an answer of Docker or as its stream of events: what is told has an id and whole texts, of labels only those that
 * may be passed; lines are the same in pieces of any size. The first byte chooses what the rest is. */
#include "base/lines.c"
#include "docker.c"
#include "base/json_text.c"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t told_count;

static bool passes_label(void *context, const char *name, const char *value)
{
	(void)context;
	(void)value;
	return name[0] == 'a';
}

static void on_told(void *context, const struct details *details)
{
	const char *const texts[] = { details->name, details->namespace, details->pod, details->pod_uid,
				      details->image };

	(void)context;
	assert(docker_is_id(details->id) && details->pid <= PID_MAX);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert(strlen(texts[i]) <= 1 << 20);
	for (size_t i = 0; i < details->label_count; i++)
		assert(details->labels[i].name[0] == 'a' && strlen(details->labels[i].value) <= 1 << 20);
	told_count++;
}

static void on_listed(void *context, const char *id)
{
	(void)context;
	assert(docker_is_id(id));
}

static struct docker_reader reader = { .passes_label = passes_label, .told = on_told };
static size_t line_count, line_bytes;

static void on_line(void *context, const char *line, size_t size)
{
	char id[DOCKER_ID_SIZE + 1];
	int error = docker_read_event(&reader, line, size, id);

	(void)context;
	assert(size > 0 && size <= 4096 && !memchr(line, '\n', size));
	assert(error ? !id[0] : !id[0] || docker_is_id(id));
	line_count++;
	line_bytes += size;
}

static void stream(const uint8_t *data, size_t size, size_t piece)
{
	struct lines lines;

	line_count = line_bytes = 0;
	lines_init(&lines, 4096);
	for (size_t at = 0; at < size; at += piece)
		lines_add(&lines, (const char *)data + at, size - at < piece ? size - at : piece, on_line,
			  NULL);
	lines_done(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct docker_version version;
	size_t whole_count, whole_bytes;
	uint64_t refused;
	const char *text;
	uint8_t choice;

	if (!size)
		return 0;
	choice = *data++;
	text = (const char *)data;
	size--;
	told_count = 0;
	reader.is_podman = choice & 128;
	switch (choice % 4) {
	case 0:
		if (!docker_read_version(text, size, &version))
			assert(is_api_version(version.api));
		break;
	case 1:
		docker_read_list(text, size, on_listed, NULL, &refused);
		break;
	case 2:
		assert((docker_read_container(&reader, text, size) == 0) == (told_count == 1));
		break;
	default:
		stream(data, size, size + 1);
		whole_count = line_count;
		whole_bytes = line_bytes;
		stream(data, size, 1 + choice / 4 % 16);
		assert(line_count == whole_count && line_bytes == whole_bytes);
	}
	return 0;
}
