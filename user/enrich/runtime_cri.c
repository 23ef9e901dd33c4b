/* SPDX-License-Identifier: Apache-2.0 */
/* The conversation with a CRI runtime: its version at first, then for each id the status of the container, and of the sandbox where
 * there is no such container. When many ids wait, two lists name most of them at once; statuses then only add what lists lack. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "cri.pb-c.h"
#include "enrich/cri.h"
#include "enrich/grpc.h"
#include "enrich/runtime_source.h"

#define SERVICE "/runtime.v1.RuntimeService/"
#define QUESTIONS_MAX 8 /* under way */
#define MANY 16         /* waiting ids, from which on lists are cheaper */
#define ID_MAX 128
#define RUNTIME_NAME_SIZE 32
#define ANSWER_LIMIT \
	((size_t)4 << 20) /* a list that is larger is refused, and single questions name its containers */
#define TIMEOUT_NS (10 * NS_PER_S)
#define LIST_PAUSE_NS (2 * NS_PER_S)
#define PING_NS (10 * NS_PER_S)

enum step {
	STEP_VERSION,
	STEP_CONTAINERS,
	STEP_SANDBOXES,
	STEP_CONTAINER,
	STEP_SANDBOX, /* the id is no container's */
	STEP_POD,     /* of a container that does not say its pod */
};

struct question {
	TAILQ_ENTRY(question) link;
	struct runtime_source *source;
	struct transfer *transfer;
	enum step step;
	struct details *container; /* STEP_POD: waits for its pod's names */
	char sandbox_id[ID_MAX + 1];
	char id[ID_MAX + 1];
};

struct cri {
	TAILQ_HEAD(questions, question) questions;
	int count; /* of them, about single ids */
	int lists; /* of them, that are lists */
	bool is_versioned;
	char runtime[RUNTIME_NAME_SIZE];
	uint64_t now_ns, listed_ns, heard_ns;
};

static const struct {
	const char *method;
	int (*read)(const uint8_t *message, size_t size, const struct cri_reader *reader);
} steps[] = {
	[STEP_VERSION] = { SERVICE "Version", NULL },
	[STEP_CONTAINERS] = { SERVICE "ListContainers", cri_read_containers },
	[STEP_SANDBOXES] = { SERVICE "ListPodSandbox", cri_read_sandboxes },
	[STEP_CONTAINER] = { SERVICE "ContainerStatus", cri_read_container_status },
	[STEP_SANDBOX] = { SERVICE "PodSandboxStatus", cri_read_sandbox_status },
	[STEP_POD] = { SERVICE "PodSandboxStatus", cri_read_sandbox_status },
};

/* ---- questions -------------------------------------------------------------------------------------------------- */

static bool is_list(enum step step)
{
	return step == STEP_CONTAINERS || step == STEP_SANDBOXES;
}

static void question_free(struct question *question)
{
	struct cri *cri = question->source->state;

	TAILQ_REMOVE(&cri->questions, question, link);
	if (is_list(question->step))
		cri->lists--;
	else if (question->step != STEP_VERSION)
		cri->count--;
	details_free(question->container);
	free(question);
}

static void on_answer(void *context, struct transfer *transfer, const struct transfer_answer *answer);

static int send_message(struct question *question, const ProtobufCMessage *message)
{
	const struct grpc_call call = {
		.unix_socket = question->source->path,
		.method = steps[question->step].method,
		.message = message,
		.limit_bytes = ANSWER_LIMIT,
		.timeout_ns = TIMEOUT_NS,
		.done = on_answer,
		.context = question,
	};

	return grpc_start(question->source->transfers, &call, &question->transfer);
}

static int question_send(struct question *question)
{
	Cri__VersionRequest version = CRI__VERSION_REQUEST__INIT;
	Cri__ListContainersRequest containers = CRI__LIST_CONTAINERS_REQUEST__INIT;
	Cri__ListPodSandboxRequest sandboxes = CRI__LIST_POD_SANDBOX_REQUEST__INIT;
	Cri__ContainerStatusRequest container = CRI__CONTAINER_STATUS_REQUEST__INIT;
	Cri__PodSandboxStatusRequest sandbox = CRI__POD_SANDBOX_STATUS_REQUEST__INIT;

	switch (question->step) {
	case STEP_VERSION:
		return send_message(question, &version.base);
	case STEP_CONTAINERS:
		return send_message(question, &containers.base);
	case STEP_SANDBOXES:
		return send_message(question, &sandboxes.base);
	case STEP_CONTAINER:
		container.container_id = question->id;
		container.verbose = true;
		return send_message(question, &container.base);
	case STEP_SANDBOX:
	case STEP_POD:
		sandbox.pod_sandbox_id = question->step == STEP_POD ? question->sandbox_id : question->id;
		sandbox.verbose = true;
		return send_message(question, &sandbox.base);
	}
	return -EINVAL;
}

static int question_start(struct runtime_source *source, enum step step, const char *id)
{
	struct cri *cri = source->state;
	struct question *question = calloc(1, sizeof(*question));
	int error;

	if (!question)
		return -ENOMEM;
	question->source = source;
	question->step = step;
	strcpy(question->id, id);
	error = question_send(question);
	if (error) {
		free(question);
		return error;
	}
	TAILQ_INSERT_TAIL(&cri->questions, question, link);
	if (is_list(step))
		cri->lists++;
	else if (step != STEP_VERSION)
		cri->count++;
	return 0;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

/* What a reader's callbacks need, and tell. */
struct reading {
	struct question *question;
	bool is_wrong, needs_pod;
};

static bool passes_label(void *context, const char *name, const char *value)
{
	const struct reading *reading = context;

	return source_passes_label(reading->question->source, name, value);
}

static void tell(const struct question *question, const struct details *details)
{
	const struct cri *cri = question->source->state;

	source_found(question->source, cri->runtime, details);
}

/* A container whose sandbox cannot be understood is told without its pod. */
static void refuse(const struct question *question)
{
	source_refused(question->source);
	if (question->step == STEP_POD)
		tell(question, question->container);
}

/* A container gets the names of the pod that its sandbox told. */
static void tell_with_pod(const struct question *question, const struct details *sandbox)
{
	struct details details = *question->container;

	details.namespace = sandbox->namespace;
	details.pod = sandbox->pod;
	details.pod_uid = sandbox->pod_uid;
	tell(question, &details);
}

static void found(void *context, const struct details *details, const char *sandbox_id)
{
	struct reading *reading = context;
	struct question *question = reading->question;
	bool lacks_pod = !details->is_sandbox && !details->pod[0] && sandbox_id[0];

	if (is_list(question->step)) {
		if (!lacks_pod && source_wants(question->source, details->id))
			tell(question, details);
		return;
	}
	/* The answer to another question is no answer. */
	reading->is_wrong = strcmp(details->id,
				   question->step == STEP_POD ? question->sandbox_id : question->id);
	if (reading->is_wrong)
		return;
	if (question->step == STEP_POD) {
		tell_with_pod(question, details);
	} else if (lacks_pod && strlen(sandbox_id) <= ID_MAX &&
		   (question->container = details_copy(details))) {
		strcpy(question->sandbox_id, sandbox_id);
		reading->needs_pod = true;
	} else {
		tell(question, details);
	}
}

/* Goes on with the next step, or ends the question. */
static void question_end(struct question *question, enum step next, bool goes_on)
{
	struct runtime_source *source = question->source;
	struct cri *cri = source->state;

	if (goes_on && source->is_up) {
		question->step = next;
		if (question_send(question) == 0)
			return;
		source_failed(source);
	}
	question_free(question);
	if (source->is_up && !cri->lists)
		source_more(source);
}

static void take_version(struct question *question, const struct grpc_answer *answer)
{
	struct runtime_source *source = question->source;
	struct cri *cri = source->state;

	if (answer->status != GRPC_OK) {
		source_failed(source);
		source_down(source, answer->status == GRPC_UNIMPLEMENTED ? "does not serve runtime.v1" :
									   answer->reason);
	} else if (cri_read_version(answer->message, answer->size, cri->runtime, sizeof(cri->runtime))) {
		source_refused(source);
		source_down(source, "the answer to Version is wrong");
	}
	question_free(question);
	if (answer->status == GRPC_OK && cri->runtime[0] && !cri->is_versioned) {
		cri->is_versioned = true;
		source_up(source);
	}
}

static void take_message(struct question *question, const struct grpc_answer *answer)
{
	struct reading reading = { .question = question };
	const struct cri_reader reader = { .found = found,
					   .passes_label = passes_label,
					   .context = &reading };
	bool is_unknown = answer->status == GRPC_NOT_FOUND;

	if (answer->status == GRPC_OK &&
	    (steps[question->step].read(answer->message, answer->size, &reader) || reading.is_wrong))
		refuse(question);
	else if (answer->status != GRPC_OK && !is_unknown)
		source_failed(question->source);
	else if (question->step == STEP_POD && is_unknown)
		tell(question, question->container);
	if (question->step == STEP_CONTAINER && is_unknown)
		question_end(question, STEP_SANDBOX, true);
	else
		question_end(question, STEP_POD, reading.needs_pod);
}

static void on_answer(void *context, struct transfer *transfer, const struct transfer_answer *said)
{
	struct question *question = context;
	struct runtime_source *source = question->source;
	struct cri *cri = source->state;
	struct grpc_answer answer;
	bool is_refused;

	question->transfer = NULL;
	grpc_read(transfer, said, &answer);
	cri->heard_ns = cri->now_ns;
	if (!answer.error && question->step != STEP_VERSION) {
		take_message(question, &answer);
		return;
	}
	if (!answer.error) {
		take_version(question, &answer);
		return;
	}
	is_refused = answer.error == -EPROTO || answer.error == -EFBIG;
	if (is_refused)
		refuse(question);
	else
		source_failed(source);
	/* One container's answer may be too large or wrong; without a version, or an answer, there is no runtime. */
	if (!is_refused || question->step == STEP_VERSION)
		source_down(source, answer.reason);
	question_end(question, STEP_CONTAINER, false);
}

/* ---- what runtime.c asks for ------------------------------------------------------------------------------------ */

static void cri_stop(struct runtime_source *source)
{
	struct cri *cri = source->state;
	struct question *question;

	while ((question = TAILQ_FIRST(&cri->questions))) {
		transfer_cancel(question->transfer);
		question_free(question);
	}
	free(cri);
	source->state = NULL;
}

static int cri_start(struct runtime_source *source)
{
	struct cri *cri = calloc(1, sizeof(*cri));
	int error;

	if (!cri)
		return -ENOMEM;
	TAILQ_INIT(&cri->questions);
	source->state = cri;
	error = question_start(source, STEP_VERSION, "");
	if (error)
		cri_stop(source);
	return error;
}

static int cri_ask(struct runtime_source *source, const char *id)
{
	struct cri *cri = source->state;
	const struct question *question;

	if (strlen(id) > ID_MAX)
		return 0;
	TAILQ_FOREACH(question, &cri->questions, link)
	{
		if (strcmp(question->id, id) == 0)
			return 0;
	}
	if (!cri->lists && source_waiting(source) >= MANY && cri->now_ns >= cri->listed_ns) {
		cri->listed_ns = cri->now_ns + LIST_PAUSE_NS;
		if (question_start(source, STEP_CONTAINERS, "") || question_start(source, STEP_SANDBOXES, ""))
			source_failed(source);
	}
	if (cri->lists || cri->count >= QUESTIONS_MAX)
		return -EAGAIN;
	if (question_start(source, STEP_CONTAINER, id))
		source_failed(source);
	return 0;
}

static void cri_turn(struct runtime_source *source, uint64_t now_ns)
{
	struct cri *cri = source->state;

	cri->now_ns = now_ns;
	if (!cri->heard_ns)
		cri->heard_ns = now_ns;
	/* A runtime that ended tells nobody; one that lives answers this. */
	if (!source->is_up || now_ns - cri->heard_ns < PING_NS || !TAILQ_EMPTY(&cri->questions))
		return;
	if (question_start(source, STEP_VERSION, ""))
		source_failed(source);
}

const struct runtime_ops runtime_cri_ops = {
	.start = cri_start,
	.stop = cri_stop,
	.ask = cri_ask,
	.turn = cri_turn,
};
