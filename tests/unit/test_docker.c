/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of Docker 20.10.24 and Podman 4.3.1 in tests/fixtures (recorded; only paths of the machine and its kernel's version
 * are others), and answers that nobody should give. What is told is compared as one line of text. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json_text.h"
#include "base/lines.h"
#include "enrich/docker.h"

#define ID "d39d91091563ba8714f0d6248cbc1ae737e4732976bbd00e15de3e58e04047f3"
#define UID "11111111-2222-3333-4444-555555555555"

static struct buffer told;

static bool passes_label(void *context, const char *name, const char *value)
{
	(void)context;
	(void)value;
	return strcmp(name, "app") == 0 || strcmp(name, "name") == 0 || strcmp(name, "podId") == 0;
}

static void on_told(void *context, const struct details *details)
{
	(void)context;
	cr_assert(docker_is_id(details->id));
	buffer_printf(&told, "%.4s|%s|%s|%s|%s|%s|%s%s|%u|%llu|", details->id, details->namespace,
		      details->pod, details->pod_uid, details->name, details->image,
		      details->is_sandbox ? "sandbox " : "", details->is_host_network ? "host" : "",
		      details->pid, (unsigned long long)details->started_ns);
	for (size_t i = 0; i < details->label_count; i++)
		buffer_printf(&told, "%s%s=%s", i ? "," : "", details->labels[i].name,
			      details->labels[i].value);
	buffer_add_string(&told, "\n");
}

static const struct docker_reader docker = { .passes_label = passes_label, .told = on_told };
static const struct docker_reader podman = { .is_podman = true,
					     .passes_label = passes_label,
					     .told = on_told };

/* What was told since the last call. */
static const char *take_told(void)
{
	static char text[8192];

	snprintf(text, sizeof(text), "%.*s", (int)told.size, told.size ? told.data : "");
	buffer_clear(&told);
	return text;
}

static struct buffer load(const char *name)
{
	char path[512];
	const char *root = getenv("ROOT");
	struct buffer text = {};
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/fixtures/%s", root ? root : ".", name);
	file = fopen(path, "r");
	cr_assert(file, "%s", path);
	cr_assert(buffer_reserve(&text, 65536));
	text.size = fread(text.data, 1, 65536, file);
	fclose(file);
	return text;
}

static const char *inspect(const struct docker_reader *reader, const char *fixture)
{
	struct buffer text = load(fixture);

	cr_assert_eq(docker_read_container(reader, text.data, text.size), 0);
	buffer_done(&text);
	return take_told();
}

static int inspect_text(const char *text)
{
	return docker_read_container(&docker, text, strlen(text));
}

Test(docker, says_what_a_running_container_is)
{
	cr_expect_str_eq(inspect(&docker, "docker/inspect.json"),
			 "d39d||||zwei|ktally/work:1|host|30486|1795319358232381663|app=web\n");
	cr_expect_str_eq(inspect(&podman, "podman/inspect.json"),
			 "8ebc||||zwei|localhost/ktally/work:1|host|31127|1795319360172648598|app=web\n");
}

Test(docker, does_not_know_pid_and_time_of_a_container_that_never_started)
{
	cr_expect_str_eq(inspect(&docker, "docker/inspect_created.json"),
			 "f8be||||never|ktally/work:1||0|0|\n");
}

Test(docker, knows_a_sandbox_of_kubernetes_and_the_infra_container_of_podman)
{
	cr_expect_str_eq(inspect(&docker, "docker/inspect_sandbox.json"),
			 "f4f6|shop|web-0|" UID "||ktally/work:1|sandbox host|30542|1795319358362294137|\n");
	cr_expect_str_eq(
		inspect(&podman, "podman/inspect_infra.json"),
		"646c||||d729fbcafb74-infra|localhost/ktally/work:1|sandbox host|31169|1795319360356798678|\n");
}

Test(docker, believes_labels_of_kubernetes_only_where_kubernetes_gave_the_name)
{
#define LABELS                                                                                      \
	"\"Config\":{\"Labels\":{\"io.kubernetes.pod.name\":\"p\",\"io.kubernetes.pod.namespace\":" \
	"\"n\",\"io.kubernetes.container.name\":\"c\"}}}"
	cr_assert_eq(inspect_text("{\"Id\":\"" ID "\",\"Name\":\"/evil\"," LABELS), 0);
	cr_expect_str_eq(take_told(), "d39d||||evil|||0|0|\n");
	cr_assert_eq(inspect_text("{\"Id\":\"" ID "\",\"Name\":\"/k8s_c_p_n_u_0\"," LABELS), 0);
	cr_expect_str_eq(take_told(), "d39d|n|p||c|||0|0|\n");
#undef LABELS
}

Test(docker, tells_the_versions_apart)
{
	struct buffer text = load("docker/version.json");
	struct docker_version version;

	cr_assert_eq(docker_read_version(text.data, text.size, &version), 0);
	cr_expect_str_eq(version.api, "1.41");
	cr_expect(!version.is_podman);
	buffer_done(&text);
	text = load("podman/version.json");
	cr_assert_eq(docker_read_version(text.data, text.size, &version), 0);
	cr_expect_str_eq(version.api, "1.41");
	cr_expect(version.is_podman);
	buffer_done(&text);
}

Test(docker, takes_no_path_for_a_version)
{
	static const char *const wrong[] = { "{}",
					     "[]",
					     "{\"ApiVersion\":1.41}",
					     "{\"ApiVersion\":\"\"}",
					     "{\"ApiVersion\":\"1\"}",
					     "{\"ApiVersion\":\"1.\"}",
					     "{\"ApiVersion\":\".4\"}",
					     "{\"ApiVersion\":\"1.41/..\"}",
					     "{\"ApiVersion\":\"1.123456\"}",
					     "{\"ApiVersion\":\"1.41\",\"Components\":{}}",
					     "{\"ApiVersion\":\"1.41\",\"Components\":[{\"Name\":7}]}" };
	struct docker_version version;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_expect_eq(docker_read_version(wrong[i], strlen(wrong[i]), &version), -EPROTO, "%s",
			     wrong[i]);
}

static void on_listed(void *context, const char *id)
{
	(void)context;
	buffer_printf(&told, "%.4s ", id);
}

Test(docker, lists_ids_and_counts_the_entries_that_have_none)
{
	static const char text[] = "[{\"Id\":\"" ID "\"},{\"Id\":\"../../" ID "\"},{\"Id\":5},7,{}]";
	struct buffer list = load("docker/list.json");
	uint64_t refused;

	cr_assert_eq(docker_read_list(list.data, list.size, on_listed, NULL, &refused), 0);
	cr_expect_eq(refused, 0);
	cr_expect_str_eq(take_told(), "604d f4f6 f8be d39d ");
	buffer_done(&list);
	list = load("podman/list.json");
	cr_assert_eq(docker_read_list(list.data, list.size, on_listed, NULL, &refused), 0);
	cr_expect_eq(refused, 0);
	cr_expect_str_eq(take_told(), "646c 729b 8ebc ");
	buffer_done(&list);
	cr_assert_eq(docker_read_list(text, sizeof(text) - 1, on_listed, NULL, &refused), 0);
	cr_expect_eq(refused, 4);
	cr_expect_str_eq(take_told(), "d39d ");
	cr_expect_eq(docker_read_list("{}", 2, on_listed, NULL, &refused), -EPROTO);
}

static void on_line(void *context, const char *line, size_t size)
{
	char id[DOCKER_ID_SIZE + 1];

	cr_assert_eq(docker_read_event(context, line, size, id), 0);
	if (id[0])
		buffer_printf(&told, "inspect %.4s\n", id);
}

static const char *read_events(const struct docker_reader *reader, const char *fixture)
{
	struct buffer text = load(fixture);
	struct lines lines;

	lines_init(&lines, 65536);
	lines_add(&lines, text.data, text.size, on_line, (void *)reader);
	lines_done(&lines);
	buffer_done(&text);
	return take_told();
}

/* Of attach, init, die, destroy, remove and restart nothing is to be learned. */
Test(docker, tells_of_created_containers_at_once_and_has_the_started_and_renamed_inspected)
{
	cr_expect_str_eq(read_events(&docker, "docker/events.jsonl"),
			 "deeb||||shorty|ktally/work:1||0|0|app=web\ninspect deeb\ninspect deeb\n"
			 "d39d||||two|ktally/work:1||0|0|app=web\ninspect d39d\ninspect d39d\n"
			 "f8be||||never|ktally/work:1||0|0|\ninspect f8be\n"
			 "f4f6|shop|web-0|" UID "||ktally/work:1|sandbox |0|0|\ninspect f4f6\ninspect f4f6\n"
			 "604d|shop|web-0|" UID "|cart|ktally/work:1||0|0|\ninspect 604d\ninspect 604d\n"
			 "inspect d39d\n");
}

/* The attributes of an event are labels, with `name` and `podId` of the runtime's own among them. */
Test(docker, takes_no_attribute_of_an_event_for_a_label)
{
	const char *text = read_events(&podman, "podman/events.jsonl");

	cr_expect(strstr(text, "|shorty|localhost/ktally/work:1||0|0|app=web\n"));
	cr_expect(strstr(text, "|d729fbcafb74-infra|localhost/ktally/work:1|sandbox |0|0|\n"));
	cr_expect(strstr(text, "|inpod|localhost/ktally/work:1||0|0|\n"));
}

Test(docker, refuses_a_container_whose_members_have_other_types)
{
	static const char *const wrong[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"Id\":\"" ID "\"",
		"{\"Id\":\"" ID "\",\"Id\":\"" ID "\"}",
		"{\"Id\":\"abc\"}",
		"{\"Id\":\"D39D91091563ba8714f0d6248cbc1ae737e4732976bbd00e15de3e58e04047f3\"}",
		"{\"Id\":\"" ID "0\"}",
		"{\"Id\":\"" ID "\",\"Name\":[]}",
		"{\"Id\":\"" ID "\",\"Name\":\"\xff\"}",
		"{\"Id\":\"" ID "\",\"Name\":\"\\ud800\"}",
		"{\"Id\":\"" ID "\",\"Config\":[]}",
		"{\"Id\":\"" ID "\",\"Config\":{\"Image\":{}}}",
		"{\"Id\":\"" ID "\",\"Config\":{\"Labels\":[]}}",
		"{\"Id\":\"" ID "\",\"Config\":{\"Labels\":{\"a\\u0000\":\"\"}}}",
		"{\"Id\":\"" ID "\",\"State\":7}",
		"{\"Id\":\"" ID "\",\"State\":{\"Pid\":\"7\"}}",
		"{\"Id\":\"" ID "\",\"State\":{\"Pid\":7.5}}",
		"{\"Id\":\"" ID "\",\"State\":{\"Pid\":-1}}",
		"{\"Id\":\"" ID "\",\"State\":{\"Pid\":4194305}}",
		"{\"Id\":\"" ID "\",\"State\":{\"Pid\":99999999999999999999}}",
		"{\"Id\":\"" ID "\",\"State\":{\"StartedAt\":0}}",
		"{\"Id\":\"" ID "\",\"HostConfig\":{\"NetworkMode\":1}}",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_expect_eq(inspect_text(wrong[i]), -EPROTO, "%s", wrong[i]);
	cr_expect_str_eq(take_told(), "");
}

Test(docker, does_not_know_what_is_missing_or_null)
{
	cr_expect_eq(inspect_text("{\"Id\":\"" ID "\"}"), 0);
	cr_expect_str_eq(take_told(), "d39d|||||||0|0|\n");
	cr_expect_eq(inspect_text("{\"Id\":\"" ID
				  "\",\"Name\":null,\"Config\":{\"Labels\":null},\"State\":{\"Pid\":null,"
				  "\"StartedAt\":\"yesterday\"},\"HostConfig\":null}"),
		     0);
	cr_expect_str_eq(take_told(), "d39d|||||||0|0|\n");
}

Test(docker, does_not_know_a_text_with_a_zero_byte_and_passes_no_label_that_is_no_text)
{
	cr_expect_eq(inspect_text("{\"Id\":\"" ID
				  "\",\"Name\":\"/a\\u0000b\",\"Config\":{\"Image\":\"i\\u0000\",\"Labels\":"
				  "{\"app\":\"x\\u0000y\",\"name\":{}}}}"),
		     0);
	cr_expect_str_eq(take_told(), "d39d|||||||0|0|app=\n");
}

/* `count` of `unit`, as the value of a member that nobody reads. */
static struct buffer swollen(const char *unit, size_t count)
{
	struct buffer text = {};

	buffer_add_string(&text, "{\"Id\":\"" ID "\",\"X\":[0");
	for (size_t i = 0; i < count; i++)
		buffer_add_string(&text, unit);
	buffer_add_string(&text, "]}");
	return text;
}

Test(docker, refuses_what_would_take_much_memory)
{
	struct buffer text = swollen(",0", JSON_VALUES_MAX - 3);

	cr_expect_eq(docker_read_container(&docker, text.data, text.size), 0);
	buffer_done(&text);
	text = swollen(",0", JSON_VALUES_MAX - 2);
	cr_expect_eq(docker_read_container(&docker, text.data, text.size), -EPROTO);
	buffer_done(&text);
	text = swollen(",[]", JSON_VALUES_MAX / 2);
	cr_expect_eq(docker_read_container(&docker, text.data, text.size), -EPROTO);
	buffer_done(&text);
}

Test(docker, refuses_what_nests_too_deep)
{
	struct buffer text = {};

	for (int i = 0; i < 100000; i++)
		buffer_add_string(&text, "[");
	cr_expect_eq(docker_read_container(&docker, text.data, text.size), -EPROTO);
	buffer_done(&text);
}

Test(docker, refuses_events_without_a_container_and_leaves_those_of_other_things)
{
	static const struct {
		const char *text;
		int error;
	} events[] = {
		{ "7", -EPROTO },
		{ "{\"Type\":\"container\",\"Action\":5}", -EPROTO },
		{ "{\"Type\":\"container\",\"Action\":\"create\"}", -EPROTO },
		{ "{\"Type\":\"container\",\"Action\":\"create\",\"Actor\":{\"ID\":\"x\"}}", -EPROTO },
		{ "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":[]}", -EPROTO },
		{ "{\"Type\":\"container\",\"Action\":\"create\",\"Actor\":{\"ID\":\"" ID
		  "\",\"Attributes\":{\"name\":1}}}",
		  -EPROTO },
		{ "{\"message\":\"page not found\"}", 0 },
		{ "{\"Type\":\"image\",\"Action\":\"create\",\"Actor\":{\"ID\":\"busybox\"}}", 0 },
		{ "{\"Type\":\"container\",\"Action\":\"exec_create: sh\",\"Actor\":{\"ID\":\"x\"}}", 0 },
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		char id[DOCKER_ID_SIZE + 1] = "untouched";

		cr_expect_eq(docker_read_event(&docker, events[i].text, strlen(events[i].text), id),
			     events[i].error, "%s", events[i].text);
		cr_expect_str_eq(id, "");
	}
	cr_expect_str_eq(take_told(), "");
}
