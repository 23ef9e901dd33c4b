/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf-c checks lengths and types and gives "" for strings that are not there; messages that are not there are NULL. */
#include "enrich/cri.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cri.pb-c.h"
#include "base/json_text.h"
#include "enrich/grpc.h"

#define LABELS_MAX 64 /* passed on, of one container */
#define INFO_MAX ((size_t)2 << 20)

/* Strings of a container are one of these and point into its message. */
struct found {
	struct details details;
	struct details_label labels[LABELS_MAX];
	char image[512]; /* of a sandbox, from its info */
	char sandbox_id[129];
};

static const char *find_entry(Cri__Entry *const *entries, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(entries[i]->key, key) == 0)
			return entries[i]->value;
	}
	return "";
}

static void take_labels(struct found *found, Cri__Entry *const *entries, size_t count,
			const struct cri_reader *reader)
{
	for (size_t i = 0; i < count && found->details.label_count < LABELS_MAX; i++) {
		if (reader->passes_label(reader->context, entries[i]->key, entries[i]->value))
			found->labels[found->details.label_count++] =
				(struct details_label){ entries[i]->key, entries[i]->value };
	}
	found->details.labels = found->labels;
}

/* The labels that every Kubernetes sets on containers and sandboxes. */
static void take_pod(struct details *details, Cri__Entry *const *entries, size_t count)
{
	details->namespace = find_entry(entries, count, "io.kubernetes.pod.namespace");
	details->pod = find_entry(entries, count, "io.kubernetes.pod.name");
	details->pod_uid = find_entry(entries, count, "io.kubernetes.pod.uid");
}

/* Its name with its tag, not its number, which tells people nothing. */
static const char *image_name(const Cri__ImageSpec *image, const char *reference)
{
	const char *const names[] = { image ? image->image : "", image ? image->user_specified_image : "",
				      reference };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t digits = strspn(names[i], "0123456789abcdef");

		if (names[i][0] && strncmp(names[i], "sha256:", 7) != 0 && !(digits == 64 && !names[i][64]))
			return names[i];
	}
	return "";
}

static struct found found_init(const char *id)
{
	return (struct found){
		.details = { .id = id, .name = "", .namespace = "", .pod = "", .pod_uid = "", .image = "" }
	};
}

static void fill_container(struct found *found, const Cri__ContainerMetadata *metadata,
			   Cri__Entry *const *entries, size_t count, const struct cri_reader *reader)
{
	const char *name = find_entry(entries, count, "io.kubernetes.container.name");

	found->details.name = name[0] ? name : metadata ? metadata->name : "";
	take_pod(&found->details, entries, count);
	take_labels(found, entries, count, reader);
}

static void fill_sandbox(struct found *found, const Cri__PodSandboxMetadata *metadata,
			 Cri__Entry *const *entries, size_t count, const struct cri_reader *reader)
{
	struct details *details = &found->details;

	details->is_sandbox = true;
	take_pod(details, entries, count);
	if (metadata && !details->pod[0]) {
		details->namespace = metadata->namespace_;
		details->pod = metadata->name;
		details->pod_uid = metadata->uid;
	}
	take_labels(found, entries, count, reader);
}

static void copy_string(const json_t *object, const char *key, char *ret_text, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	/* Cut, it would be another's. */
	if (text && strlen(text) < size)
		strcpy(ret_text, text);
}

/* What a verbose status says beside the message: JSON, of containerd and CRI-O alike where we read it. Without it (or when it is
 * wrong) the process and the sandbox are not known. */
static void read_info(struct found *found, Cri__Entry *const *entries, size_t count)
{
	const char *text = find_entry(entries, count, "info");
	size_t size = strnlen(text, INFO_MAX + 1);
	json_t *info = size <= INFO_MAX ? json_text_parse(text, size, 0) : NULL;
	json_int_t pid = json_integer_value(json_object_get(info, "pid"));

	if (pid > 0 && pid <= INT32_MAX)
		found->details.pid = (uint32_t)pid;
	copy_string(info, "sandboxID", found->sandbox_id, sizeof(found->sandbox_id));
	if (found->details.is_sandbox) {
		copy_string(info, "image", found->image, sizeof(found->image));
		found->details.image = found->image;
	}
	json_decref(info);
}

static uint64_t time_ns(int64_t ns)
{
	return ns > 0 ? (uint64_t)ns : 0;
}

int cri_read_container_status(const uint8_t *message, size_t size, const struct cri_reader *reader)
{
	struct grpc_memory memory;
	Cri__ContainerStatusResponse *response =
		cri__container_status_response__unpack(grpc_memory_init(&memory, size), size, message);
	const Cri__ContainerStatus *status = response ? response->status : NULL;

	if (status && status->id[0]) {
		struct found found = found_init(status->id);

		fill_container(&found, status->metadata, status->labels, status->n_labels, reader);
		found.details.image = image_name(status->image, status->image_ref);
		found.details.started_ns = time_ns(status->started_at);
		read_info(&found, response->info, response->n_info);
		reader->found(reader->context, &found.details, found.sandbox_id);
	} else {
		status = NULL;
	}
	cri__container_status_response__free_unpacked(response, &memory.allocator);
	return status ? 0 : -EPROTO;
}

static bool is_host_network(const Cri__PodSandboxStatus *status)
{
	const Cri__LinuxPodSandboxStatus *platform = status->linux_status;

	return platform && platform->namespaces && platform->namespaces->options &&
	       platform->namespaces->options->network == CRI__NAMESPACE_MODE__NODE;
}

int cri_read_sandbox_status(const uint8_t *message, size_t size, const struct cri_reader *reader)
{
	struct grpc_memory memory;
	Cri__PodSandboxStatusResponse *response =
		cri__pod_sandbox_status_response__unpack(grpc_memory_init(&memory, size), size, message);
	const Cri__PodSandboxStatus *status = response ? response->status : NULL;

	if (status && status->id[0]) {
		struct found found = found_init(status->id);

		fill_sandbox(&found, status->metadata, status->labels, status->n_labels, reader);
		found.details.is_host_network = is_host_network(status);
		found.details.started_ns = time_ns(status->created_at);
		read_info(&found, response->info, response->n_info);
		reader->found(reader->context, &found.details, "");
	} else {
		status = NULL;
	}
	cri__pod_sandbox_status_response__free_unpacked(response, &memory.allocator);
	return status ? 0 : -EPROTO;
}

int cri_read_containers(const uint8_t *message, size_t size, const struct cri_reader *reader)
{
	struct grpc_memory memory;
	Cri__ListContainersResponse *response =
		cri__list_containers_response__unpack(grpc_memory_init(&memory, size), size, message);

	for (size_t i = 0; response && i < response->n_containers; i++) {
		const Cri__Container *container = response->containers[i];
		struct found found = found_init(container->id);

		if (!container->id[0])
			continue;
		fill_container(&found, container->metadata, container->labels, container->n_labels, reader);
		found.details.image = image_name(container->image, container->image_ref);
		reader->found(reader->context, &found.details, container->pod_sandbox_id);
	}
	cri__list_containers_response__free_unpacked(response, &memory.allocator);
	return response ? 0 : -EPROTO;
}

int cri_read_sandboxes(const uint8_t *message, size_t size, const struct cri_reader *reader)
{
	struct grpc_memory memory;
	Cri__ListPodSandboxResponse *response =
		cri__list_pod_sandbox_response__unpack(grpc_memory_init(&memory, size), size, message);

	for (size_t i = 0; response && i < response->n_items; i++) {
		const Cri__PodSandbox *sandbox = response->items[i];
		struct found found = found_init(sandbox->id);

		if (!sandbox->id[0])
			continue;
		fill_sandbox(&found, sandbox->metadata, sandbox->labels, sandbox->n_labels, reader);
		reader->found(reader->context, &found.details, "");
	}
	cri__list_pod_sandbox_response__free_unpacked(response, &memory.allocator);
	return response ? 0 : -EPROTO;
}

int cri_read_version(const uint8_t *message, size_t message_size, char *ret_name, size_t size)
{
	struct grpc_memory memory;
	Cri__VersionResponse *response =
		cri__version_response__unpack(grpc_memory_init(&memory, message_size), message_size, message);
	bool has_name = response && response->runtime_name[0];

	if (has_name)
		snprintf(ret_name, size, "%s", response->runtime_name);
	cri__version_response__free_unpacked(response, &memory.allocator);
	return has_name ? 0 : -EPROTO;
}
