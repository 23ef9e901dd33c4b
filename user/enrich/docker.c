/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/docker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_text.h"
#include "base/time.h"

#define PID_MAX 0x400000 /* PID_MAX_LIMIT of 64-bit kernels, include/linux/threads.h */

/* Actor.Attributes of an event are the container's labels, and these in between. */
static const char *const event_attributes[] = { "name",   "image", "exitCode", "oldName",
						"signal", "podId", "execID",   "containerExitCode" };

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

/* ---- members ------------------------------------------------------------------------------------------------------ */

/* NULL when it is refused. \u0000 is allowed because one label must not hide all containers of a list; with two members of a
 * name nobody could tell which one is meant. */
static json_t *parse(const char *text, size_t size)
{
	return json_text_parse(text, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL);
}

/* Sets *ret_value to the member, NULL when it is missing or null. -EPROTO when it is of another type. */
static int read_member(const json_t *object, const char *name, json_type type, json_t **ret_value)
{
	json_t *value = json_object_get(object, name);

	*ret_value = NULL;
	if (!value || json_is_null(value))
		return 0;
	if (json_typeof(value) != type)
		return -EPROTO;
	*ret_value = value;
	return 0;
}

/* A text as the model wants it: a part of one with a NUL could be another's name. */
static const char *text_of(const json_t *string)
{
	const char *text = json_string_value(string);

	return text && strlen(text) == json_string_length(string) ? text : "";
}

static int read_text(const json_t *object, const char *name, const char **ret_text)
{
	json_t *value;
	int error = read_member(object, name, JSON_STRING, &value);

	*ret_text = text_of(value);
	return error;
}

bool docker_is_id(const char *text)
{
	return strspn(text, "0123456789abcdef") == DOCKER_ID_SIZE && text[DOCKER_ID_SIZE] == '\0';
}

static int read_id(const json_t *object, const char *name, const char **ret_id)
{
	int error = read_text(object, name, ret_id);

	return error ?: docker_is_id(*ret_id) ? 0 : -EPROTO;
}

/* ---- what a container is ------------------------------------------------------------------------------------------ */

static bool is_event_attribute(const char *name)
{
	for (size_t i = 0; i < sizeof(event_attributes) / sizeof(event_attributes[0]); i++)
		if (strcmp(name, event_attributes[i]) == 0)
			return true;
	return false;
}

/* kubelet's dockershim and cri-dockerd call all they make k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT. Their labels alone say nothing:
 * any image can bring the same, and its container would pass for another's. */
static void set_pod(struct details *details, const json_t *labels)
{
	const char *type;

	if (strncmp(details->name, "k8s_", 4) != 0)
		return;
	details->pod = text_of(json_object_get(labels, "io.kubernetes.pod.name"));
	if (!details->pod[0])
		return;
	details->namespace = text_of(json_object_get(labels, "io.kubernetes.pod.namespace"));
	details->pod_uid = text_of(json_object_get(labels, "io.kubernetes.pod.uid"));
	type = text_of(json_object_get(labels, "io.kubernetes.docker.type"));
	details->is_sandbox = strcmp(type, "podsandbox") == 0;
	details->name = details->is_sandbox ?
				"" :
				text_of(json_object_get(labels, "io.kubernetes.container.name"));
}

/* Podman calls the container that holds the namespaces of its pods "<12 digits of the pod's id>-infra". It keeps this name: a
 * pod of Podman is none of Kubernetes, and without names the container would pass for the host. */
static bool is_infra(const char *name)
{
	return strspn(name, "0123456789abcdef") == 12 && strcmp(name + 12, "-infra") == 0;
}

/* Tells `details` with what its labels say. Those of an event are of its time: NULL where they are of now. */
static int tell(const struct docker_reader *reader, struct details *details, json_t *labels,
		const uint64_t *event_ns)
{
	_cleanup_(cleanup_free) struct details_label *kept = NULL;
	const char *name;
	json_t *value;

	kept = calloc(json_object_size(labels) + 1, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	details->labels = kept;
	json_object_foreach(labels, name, value)
	{
		if (json_is_string(value) && !(event_ns && is_event_attribute(name)) &&
		    reader->passes_label(reader->context, name, text_of(value)))
			kept[details->label_count++] = (struct details_label){ name, text_of(value) };
	}
	if (reader->is_podman)
		details->is_sandbox = is_infra(details->name);
	else
		set_pod(details, labels);
	if (event_ns && reader->created)
		reader->created(reader->context, details, *event_ns);
	else
		reader->told(reader->context, details);
	return 0;
}

/* ---- answers ------------------------------------------------------------------------------------------------------ */

static bool is_api_version(const char *text)
{
	size_t major = strspn(text, "0123456789"), minor;

	if (major == 0 || text[major] != '.')
		return false;
	minor = strspn(text + major + 1, "0123456789");
	return minor > 0 && text[major + 1 + minor] == '\0' && major + 1 + minor < DOCKER_API_SIZE;
}

int docker_read_version(const char *text, size_t size, struct docker_version *ret_version)
{
	_cleanup_(cleanup_json) json_t *root = parse(text, size);
	json_t *components, *component;
	const char *api, *name;
	bool is_podman = false;
	size_t i;

	if (read_text(root, "ApiVersion", &api) || !is_api_version(api) ||
	    read_member(root, "Components", JSON_ARRAY, &components))
		return -EPROTO;
	json_array_foreach(components, i, component)
	{
		if (read_text(component, "Name", &name))
			return -EPROTO;
		is_podman = is_podman || strcmp(name, "Podman Engine") == 0;
	}
	snprintf(ret_version->api, sizeof(ret_version->api), "%s", api);
	ret_version->is_podman = is_podman;
	return 0;
}

/* State of an inspected container. A time that is none or before 1970 ("0001-01-01T00:00:00Z": never started) is not known. */
static int read_state(const json_t *state, struct details *details)
{
	const char *started;
	json_int_t pid;
	json_t *value;

	if (read_member(state, "Pid", JSON_INTEGER, &value) || read_text(state, "StartedAt", &started))
		return -EPROTO;
	pid = json_integer_value(value);
	if (pid < 0 || pid > PID_MAX)
		return -EPROTO;
	details->pid = (uint32_t)pid;
	if (time_parse_rfc3339(started, &details->started_ns))
		details->started_ns = 0;
	return 0;
}

static int read_network(const json_t *container, struct details *details)
{
	const char *mode;
	json_t *config;

	if (read_member(container, "HostConfig", JSON_OBJECT, &config) ||
	    read_text(config, "NetworkMode", &mode))
		return -EPROTO;
	details->is_host_network = strcmp(mode, "host") == 0;
	return 0;
}

int docker_read_container(const struct docker_reader *reader, const char *text, size_t size)
{
	_cleanup_(cleanup_json) json_t *root = parse(text, size);
	struct details details = { .namespace = "", .pod = "", .pod_uid = "" };
	json_t *state, *config, *labels;

	if (read_id(root, "Id", &details.id) || read_text(root, "Name", &details.name) ||
	    read_member(root, "Config", JSON_OBJECT, &config) || read_text(config, "Image", &details.image) ||
	    read_member(config, "Labels", JSON_OBJECT, &labels) ||
	    read_member(root, "State", JSON_OBJECT, &state) || read_state(state, &details) ||
	    read_network(root, &details))
		return -EPROTO;
	details.name += details.name[0] == '/'; /* Podman says it with a slash too */
	return tell(reader, &details, labels, NULL);
}

int docker_read_list(const char *text, size_t size, void (*listed)(void *context, const char *id),
		     void *context, uint64_t *ret_refused)
{
	_cleanup_(cleanup_json) json_t *root = parse(text, size);
	const char *id;
	json_t *entry;
	size_t i;

	if (!json_is_array(root))
		return -EPROTO;
	*ret_refused = 0;
	json_array_foreach(root, i, entry)
	{
		if (read_id(entry, "Id", &id))
			++*ret_refused;
		else
			listed(context, id);
	}
	return 0;
}

int docker_read_event(const struct docker_reader *reader, const char *text, size_t size,
		      char ret_id[DOCKER_ID_SIZE + 1])
{
	_cleanup_(cleanup_json) json_t *root = parse(text, size);
	struct details details = { .namespace = "", .pod = "", .pod_uid = "" };
	const char *type, *action;
	json_t *actor, *attributes, *time;
	uint64_t time_ns;
	bool is_create;

	ret_id[0] = '\0';
	if (!json_is_object(root) || read_text(root, "Type", &type) || read_text(root, "Action", &action))
		return -EPROTO;
	is_create = strcmp(action, "create") == 0;
	if (strcmp(type, "container") != 0 ||
	    (!is_create && strcmp(action, "start") != 0 && strcmp(action, "rename") != 0))
		return 0;
	if (read_member(root, "Actor", JSON_OBJECT, &actor) || read_id(actor, "ID", &details.id) ||
	    read_member(root, "timeNano", JSON_INTEGER, &time) ||
	    read_member(actor, "Attributes", JSON_OBJECT, &attributes) ||
	    read_text(attributes, "name", &details.name) || read_text(attributes, "image", &details.image))
		return -EPROTO;
	memcpy(ret_id, details.id, DOCKER_ID_SIZE + 1);
	time_ns = json_integer_value(time) > 0 ? (uint64_t)json_integer_value(time) : 0;
	return is_create ? tell(reader, &details, attributes, &time_ns) : 0;
}
