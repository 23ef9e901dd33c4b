/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of a real containerd 1.6 (tests/fixtures/cri, by `build/cri ask`), and wrong ones. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cri.pb-c.h"
#include "base/json_text.h"
#include "enrich/cri.h"

#define CONTAINER "49e79fb0f1683b387c354d2625d518bb7ffafc4b0e3cb3946eefcf7c08fad5dc"
#define BARE "0aef1d9d709d54f7bfb85faaf18f8e9a089cb4e018b46b4f8106dfb1918e158c"
#define SANDBOX "1130be4d2960181514b703c6d8c13b332ecac63e27abb500e31b835621f7641a"
#define BARE_SANDBOX "5a02fd35aa2c5bf5a47d66cc8b39bba849f885518d6f97182c6d94ef366b3969"
#define IMAGE "localhost/ktally-workload:1"

typedef int read_function(const uint8_t *message, size_t size, const struct cri_reader *reader);

static int founds;
static struct details *last[4];
static char last_sandbox[200];

static void found(void *context, const struct details *details, const char *sandbox_id)
{
	(void)context;
	if (founds < 4)
		last[founds] = details_copy(details);
	founds++;
	snprintf(last_sandbox, sizeof(last_sandbox), "%s", sandbox_id);
}

static bool passes_label(void *context, const char *name, const char *value)
{
	(void)context;
	(void)value;
	return strcmp(name, "team") == 0;
}

static const struct cri_reader reader = { .found = found, .passes_label = passes_label };

static const struct details *read_fixture(const char *name, read_function *function)
{
	char path[100], *data;
	size_t size;

	snprintf(path, sizeof(path), "tests/fixtures/cri/%s", name);
	cr_assert_eq(file_read_all(path, 1 << 20, &data, &size), 0);
	/* Cut anywhere, it is refused or understood in part, and nothing else happens. */
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *part = malloc(cut + !cut); /* of its own size, for AddressSanitizer */

		memcpy(part, data, cut);
		function(part, cut, &reader);
		free(part);
	}
	founds = 0;
	cr_assert_eq(function((uint8_t *)data, size, &reader), 0);
	free(data);
	return last[0];
}

static void is(const struct details *details, const char *id, const char *name, const char *pod,
	       const char *uid)
{
	cr_assert_str_eq(details->id, id);
	cr_assert_str_eq(details->name, name);
	cr_assert_str_eq(details->namespace, pod[0] ? "shop" : "");
	cr_assert_str_eq(details->pod, pod);
	cr_assert_str_eq(details->pod_uid, uid);
}

Test(cri, status_of_a_container)
{
	const struct details *details = read_fixture("container_status", cri_read_container_status);

	is(details, CONTAINER, "app", "web-0", "uid-0");
	cr_assert_str_eq(details->image, IMAGE);
	cr_assert_eq(details->pid, 28573);
	cr_assert_eq(details->started_ns, 1795320651737264087);
	cr_assert_not(details->is_sandbox);
	cr_assert_eq(details->label_count, 1);
	cr_assert_str_eq(details->labels[0].name, "team");
	cr_assert_str_eq(details->labels[0].value, "tally");
	cr_assert_str_eq(last_sandbox, SANDBOX);
}

Test(cri, status_of_a_container_that_no_kubelet_made)
{
	is(read_fixture("container_status_bare", cri_read_container_status), BARE, "plain", "", "");
	cr_assert_str_eq(last_sandbox, BARE_SANDBOX);
}

Test(cri, status_of_a_sandbox)
{
	const struct details *details = read_fixture("sandbox_status", cri_read_sandbox_status);

	is(details, SANDBOX, "", "web-0", "uid-0");
	cr_assert(details->is_sandbox);
	cr_assert(details->is_host_network);
	cr_assert_str_eq(details->image, IMAGE);
	cr_assert_eq(details->pid, 28501);
	cr_assert_eq(details->started_ns, 1795320651543418694);
}

Test(cri, lists)
{
	read_fixture("containers", cri_read_containers);
	cr_assert_eq(founds, 2);
	is(last[0], CONTAINER, "app", "web-0", "uid-0");
	is(last[1], BARE, "plain", "", "");
	cr_assert_eq(last[0]->pid, 0);
	cr_assert_eq(last[0]->started_ns, 0);
	read_fixture("sandboxes", cri_read_sandboxes);
	cr_assert_eq(founds, 2);
	is(last[0], SANDBOX, "", "web-0", "uid-0");
	is(last[1], BARE_SANDBOX, "", "bare-0", "uid-1");
}

Test(cri, version_says_the_name)
{
	char *data, name[12];
	size_t size;

	cr_assert_eq(file_read_all("tests/fixtures/cri/version", 1000, &data, &size), 0);
	cr_assert_eq(cri_read_version((uint8_t *)data, size, name, sizeof(name)), 0);
	cr_assert_str_eq(name, "containerd");
	cr_assert_eq(cri_read_version((uint8_t *)data, size, name, 5), 0);
	cr_assert_str_eq(name, "cont");
	cr_assert_eq(cri_read_version((uint8_t *)data, size - 1, name, sizeof(name)), -EPROTO);
	cr_assert_eq(cri_read_version((uint8_t *)"", 0, name, sizeof(name)), -EPROTO, "no name");
	free(data);
}

Test(cri, without_an_id_there_is_nothing)
{
	cr_assert_eq(cri_read_container_status((uint8_t *)"", 0, &reader), -EPROTO);
	cr_assert_eq(cri_read_container_status((uint8_t *)"\x0a\x00", 2, &reader), -EPROTO);
	cr_assert_eq(cri_read_sandbox_status((uint8_t *)"\x0a\x00", 2, &reader), -EPROTO);
	cr_assert_eq(cri_read_containers((uint8_t *)"\x0a\x00\x0a\x03\x0a\x01x", 7, &reader), 0);
	cr_assert_eq(founds, 1, "the other of the list is read");
	cr_assert_str_eq(last[0]->id, "x");
}

/* A status with these, read. */
static const struct details *read_status(Cri__ContainerStatus *status, const char *info)
{
	static uint8_t data[1 << 20];
	Cri__ContainerStatusResponse response = CRI__CONTAINER_STATUS_RESPONSE__INIT;
	Cri__Entry entry = CRI__ENTRY__INIT, *entries = &entry;

	founds = 0;
	status->id = (char *)"x";
	response.status = status;
	entry.key = (char *)"info";
	entry.value = (char *)info;
	response.info = &entries;
	response.n_info = 1;
	cr_assert_leq(cri__container_status_response__get_packed_size(&response), sizeof(data));
	cr_assert_eq(cri_read_container_status(data, cri__container_status_response__pack(&response, data),
					       &reader),
		     0);
	cr_assert_eq(founds, 1);
	return last[0];
}

Test(cri, info_that_is_wrong_says_nothing)
{
	static const char *const wrong[] = { "",
					     "{",
					     "[]",
					     "7",
					     "{\"pid\":-1}",
					     "{\"pid\":0}",
					     "{\"pid\":4294967297}",
					     "{\"pid\":1e3}",
					     "{\"pid\":\"7\",\"sandboxID\":7}",
					     "{\"pid\":7" };
	Cri__ContainerStatus status = CRI__CONTAINER_STATUS__INIT;
	char deep[20000], id[131];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(read_status(&status, wrong[i])->pid, 0, "%s", wrong[i]);
		cr_assert_str_eq(last_sandbox, "");
	}
	memset(deep, '[', sizeof(deep));
	deep[sizeof(deep) - 1] = 0;
	cr_assert_eq(read_status(&status, deep)->pid, 0);
	memset(id, 'a', sizeof(id));
	id[130] = 0;
	snprintf(deep, sizeof(deep), "{\"pid\":7,\"sandboxID\":\"%s\"}", id);
	cr_assert_eq(read_status(&status, deep)->pid, 7);
	cr_assert_str_eq(last_sandbox, "", "too long for an id");
}

Test(cri, info_that_would_take_much_memory_says_nothing)
{
	static char text[1 << 20];
	Cri__ContainerStatus status = CRI__CONTAINER_STATUS__INIT;

	for (int extra = 0; extra < 2; extra++) {
		char *at = stpcpy(text, "{\"pid\":7,\"x\":[0");

		for (int i = 0; i < JSON_VALUES_MAX - 3 + extra; i++)
			at = stpcpy(at, ",0");
		stpcpy(at, "]}");
		cr_assert_eq(read_status(&status, text)->pid, extra ? 0 : 7);
	}
}

Test(cri, the_name_of_an_image_comes_before_its_number)
{
	static const char digest[] = "6e5c07f0484aea14fe2648593cca1d54e78f0d7a0f1743434edbd0f4c9b2123d";
	Cri__ContainerStatus status = CRI__CONTAINER_STATUS__INIT;
	Cri__ImageSpec image = CRI__IMAGE_SPEC__INIT;

	status.image_ref = (char *)"registry/web@sha256:12";
	cr_assert_str_eq(read_status(&status, "")->image, "registry/web@sha256:12");
	status.image = &image;
	image.image = (char *)"sha256:12";
	image.user_specified_image = (char *)"web:1";
	cr_assert_str_eq(read_status(&status, "")->image, "web:1");
	image.image = (char *)digest;
	cr_assert_str_eq(read_status(&status, "")->image, "web:1");
	image.image = (char *)"registry/web:1";
	cr_assert_str_eq(read_status(&status, "")->image, "registry/web:1");
	status.image = NULL;
	status.image_ref = (char *)"sha256:12";
	cr_assert_str_eq(read_status(&status, "")->image, "");
}

Test(cri, times_before_1970_are_no_times)
{
	Cri__ContainerStatus status = CRI__CONTAINER_STATUS__INIT;

	status.started_at = -1;
	cr_assert_eq(read_status(&status, "")->started_ns, 0);
}
