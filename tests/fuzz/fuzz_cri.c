/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an answer of a CRI runtime: as a gRPC body, and as each of the messages. What is found is whole: strings that end, labels
 * within their bound. Seeds: tests/fixtures/cri. */
#include "enrich/cri.c"
#include "enrich/grpc.c"
#include "base/json_text.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

static void found(void *context, const struct details *details, const char *sandbox_id)
{
	struct details *copy = details_copy(details);

	(void)context;
	check(details->id[0] && details->label_count <= LABELS_MAX && details->pid <= INT32_MAX);
	check(sandbox_id && copy);
	check(strcmp(copy->image, details->image) == 0 && copy->label_count == details->label_count);
	details_free(copy);
}

static bool passes_label(void *context, const char *name, const char *value)
{
	(void)context;
	return strlen(name) + strlen(value) > 2;
}

static void fuzz_body(const uint8_t *data, size_t size, const char *status)
{
	const struct grpc_parts parts = { .http_status = 200,
					  .content_type = "application/grpc",
					  .grpc_status = status,
					  .body = data,
					  .size = size };
	struct grpc_answer answer;

	grpc_check(&parts, &answer);
	check(answer.error || !answer.size ||
	      (answer.message >= data && answer.message + answer.size == data + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cri_reader reader = { .found = found, .passes_label = passes_label };
	char name[32], status[4] = "";

	memcpy(status, data, size < 3 ? size : 3);
	fuzz_body(data, size, status);
	fuzz_body(data, size, "0");
	cri_read_container_status(data, size, &reader);
	cri_read_sandbox_status(data, size, &reader);
	cri_read_containers(data, size, &reader);
	cri_read_sandboxes(data, size, &reader);
	if (cri_read_version(data, size, name, sizeof(name)) == 0)
		check(strlen(name) < sizeof(name));
	return 0;
}
