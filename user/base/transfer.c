/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers by libcurl's multi_socket interface: libcurl says which descriptors and which time it waits for, the loop
 * waits. Everything runs on the loop's thread. libcurl must not be called from inside its own callbacks, so what a
 * `piece` callback begins or cancels is done when libcurl has returned (`is_inside`, settle()). */
#include "base/transfer.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/time.h"

#define HEADERS_LIMIT ((size_t)64 << 10) /* bytes of all headers and trailers of an answer */
#define CONNECT_TIMEOUT_MS 10000L

enum transfer_state { TRANSFER_WAITING, TRANSFER_ADDED, TRANSFER_CANCELLED };

struct transfer {
	struct transfers *transfers;
	struct transfer *next, *previous;
	enum transfer_state state;
	bool is_ended; /* `done` runs */
	CURL *easy;
	struct curl_slist *headers;
	struct buffer body;
	size_t header_bytes, body_bytes, limit_bytes; /* limit: SIZE_MAX for none */
	int error;                                    /* why a callback ended it */
	transfer_piece *piece;
	transfer_done *done;
	void *context;
	char reason[CURL_ERROR_SIZE];
};

struct transfers {
	struct loop *loop;
	CURLM *multi;
	int alarm;
	bool is_inside; /* libcurl is running */
	bool is_unsettled;
	struct transfer *first;
};

/* Which errno stands for an error of libcurl; all others are -EIO. */
static const struct {
	CURLcode code;
	int error;
} errors[] = {
	{ CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT },
	{ CURLE_COULDNT_CONNECT, -ECONNREFUSED },
	{ CURLE_COULDNT_RESOLVE_HOST, -ENOENT },
	{ CURLE_FILESIZE_EXCEEDED, -EFBIG },
	{ CURLE_OUT_OF_MEMORY, -ENOMEM },
	{ CURLE_SEND_ERROR, -ECONNRESET },
	{ CURLE_RECV_ERROR, -ECONNRESET },
	{ CURLE_GOT_NOTHING, -ECONNRESET },
	{ CURLE_PARTIAL_FILE, -ECONNRESET },
	{ CURLE_WEIRD_SERVER_REPLY, -EPROTO },
	{ CURLE_UNSUPPORTED_PROTOCOL, -EPROTO },
	{ CURLE_URL_MALFORMAT, -EINVAL },
	{ CURLE_HTTP2, -EPROTO },
	{ CURLE_HTTP2_STREAM, -EPROTO },
	{ CURLE_PEER_FAILED_VERIFICATION, -EKEYREJECTED },
	{ CURLE_SSL_CACERT_BADFILE, -EINVAL },
};

static int code_error(CURL *easy, CURLcode code)
{
	long number = 0;

	if (code == CURLE_OK)
		return 0;
	/* The kernel's own answer to connect() says more. */
	if (code == CURLE_COULDNT_CONNECT && !curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number) &&
	    number > 0)
		return -(int)number;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].code == code)
			return errors[i].error;
	}
	return -EIO;
}

static void transfer_free(struct transfer *transfer)
{
	struct transfers *transfers;

	if (!transfer)
		return;
	transfers = transfer->transfers;
	if (transfer->previous)
		transfer->previous->next = transfer->next;
	else if (transfers->first == transfer)
		transfers->first = transfer->next;
	if (transfer->next)
		transfer->next->previous = transfer->previous;
	curl_multi_remove_handle(transfers->multi, transfer->easy); /* does nothing when it was not added */
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	buffer_done(&transfer->body);
	free(transfer);
}
CLEANUP_FREE(transfer)

/* ---- callbacks of libcurl: is_inside holds ---------------------------------------------------------------------- */

static size_t end_by_error(struct transfer *transfer, int error)
{
	transfer->error = error;
	return 0; /* not the size: libcurl ends the transfer */
}

static size_t take_body(char *data, size_t one, size_t size, void *context)
{
	struct transfer *transfer = context;
	int error;

	(void)one; /* 1 */
	if (transfer->state == TRANSFER_CANCELLED)
		return end_by_error(transfer, -ECANCELED);
	if (size > transfer->limit_bytes - transfer->body_bytes)
		return end_by_error(transfer, -EFBIG);
	transfer->body_bytes += size;
	if (transfer->piece) {
		error = transfer->piece(transfer->context, data, size);
		return error ? end_by_error(transfer, error) : size;
	}
	buffer_add(&transfer->body, data, size);
	return transfer->body.failed ? end_by_error(transfer, -ENOMEM) : size;
}

static size_t take_header(char *data, size_t one, size_t size, void *context)
{
	struct transfer *transfer = context;

	(void)data;
	(void)one;
	transfer->header_bytes += size;
	return transfer->header_bytes > HEADERS_LIMIT ? end_by_error(transfer, -EFBIG) : size;
}

static void io_ready(void *context, int fd, unsigned int ready);

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	struct transfers *transfers = context;
	unsigned int interest = (what & CURL_POLL_IN ? LOOP_READ : 0) |
				(what & CURL_POLL_OUT ? LOOP_WRITE : 0);

	(void)easy;
	(void)socket_context;
	if (what == CURL_POLL_REMOVE)
		loop_remove_fd(transfers->loop, fd);
	else if (loop_change_io(transfers->loop, fd, interest) == -ENOENT &&
		 loop_add_io(transfers->loop, fd, interest, io_ready, transfers))
		return -1;
	return 0;
}

static int set_alarm(CURLM *multi, long timeout_ms, void *context)
{
	struct transfers *transfers = context;
	uint64_t delay_ns = timeout_ms < 0 ? LOOP_NEVER : (uint64_t)timeout_ms * NS_PER_MS;

	(void)multi;
	return loop_set_alarm(transfers->loop, transfers->alarm, delay_ns) ? -1 : 0;
}

/* ---- after libcurl has run -------------------------------------------------------------------------------------- */

static void transfer_finish(struct transfer *transfer, CURLcode code)
{
	struct transfer_answer answer = { .error = transfer->error, .reason = transfer->reason, .body = "" };
	long status = 0;

	if (!answer.error)
		answer.error = code_error(transfer->easy, code);
	if (answer.error && !transfer->reason[0])
		answer.reason = transfer->error == -EFBIG ? "answer is too large" : curl_easy_strerror(code);
	if (!answer.error)
		answer.reason = "";
	if (!curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status))
		answer.status = (unsigned int)status;
	if (buffer_reserve(&transfer->body, 1)) {
		transfer->body.data[transfer->body.size] = 0;
		answer.body = transfer->body.data;
		answer.size = transfer->body.size;
	} else if (!answer.error) {
		answer.error = -ENOMEM;
	}
	transfer->is_ended = true;
	transfer->done(transfer->context, transfer, &answer);
	transfer_free(transfer);
}

static void add_to_curl(struct transfer *transfer)
{
	CURLMcode code;

	transfer->transfers->is_inside = true;
	code = curl_multi_add_handle(transfer->transfers->multi, transfer->easy);
	transfer->transfers->is_inside = false;
	if (code)
		transfer_finish(transfer, CURLE_OUT_OF_MEMORY);
	else
		transfer->state = TRANSFER_ADDED;
}

static struct transfer *find_unsettled(const struct transfers *transfers)
{
	struct transfer *transfer = transfers->first;

	while (transfer && transfer->state == TRANSFER_ADDED)
		transfer = transfer->next;
	return transfer;
}

/* Does what callbacks of libcurl asked for. From the start for each: a `done` may have ended any of them. */
static void settle(struct transfers *transfers)
{
	struct transfer *transfer;

	while (transfers->is_unsettled && (transfer = find_unsettled(transfers))) {
		if (transfer->state == TRANSFER_CANCELLED)
			transfer_free(transfer);
		else
			add_to_curl(transfer);
	}
	transfers->is_unsettled = false;
}

static void run_curl(struct transfers *transfers, curl_socket_t fd, int ready)
{
	const CURLMsg *message;
	int left;

	transfers->is_inside = true;
	curl_multi_socket_action(transfers->multi, fd, ready, &left);
	transfers->is_inside = false;
	settle(transfers);
	while ((message = curl_multi_info_read(transfers->multi, &left))) {
		struct transfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		transfer_finish(transfer, message->data.result);
	}
}

static void io_ready(void *context, int fd, unsigned int ready)
{
	run_curl(context, fd,
		 (ready & LOOP_READ ? CURL_CSELECT_IN : 0) | (ready & LOOP_WRITE ? CURL_CSELECT_OUT : 0));
}

static void alarm_rings(void *context)
{
	run_curl(context, CURL_SOCKET_TIMEOUT, 0);
}

/* ---- the interface ---------------------------------------------------------------------------------------------- */

int transfers_new(struct loop *loop, struct transfers **ret_transfers)
{
	struct transfers *transfers = calloc(1, sizeof(*transfers));
	int error;

	if (!transfers)
		return -ENOMEM;
	transfers->loop = loop;
	error = loop_add_alarm(loop, alarm_rings, transfers, &transfers->alarm);
	if (error) {
		free(transfers);
		return error;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		transfers->multi = curl_multi_init();
	if (!transfers->multi) {
		transfers_free(transfers);
		return -ENOMEM;
	}
	curl_multi_setopt(transfers->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(transfers->multi, CURLMOPT_SOCKETDATA, transfers);
	curl_multi_setopt(transfers->multi, CURLMOPT_TIMERFUNCTION, set_alarm);
	curl_multi_setopt(transfers->multi, CURLMOPT_TIMERDATA, transfers);
	*ret_transfers = transfers;
	return 0;
}

void transfers_free(struct transfers *transfers)
{
	if (!transfers)
		return;
	while (transfers->first)
		transfer_free(transfers->first);
	curl_multi_cleanup(transfers->multi);
	curl_global_cleanup();
	loop_remove_alarm(transfers->loop, transfers->alarm);
	free(transfers);
}

void transfers_limit(struct transfers *transfers, unsigned int count)
{
	curl_multi_setopt(transfers->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)count);
}

/* Options of libcurl that do not depend on the request. What else it could do is off by default: redirects, cookies, netrc. */
static CURLcode set_common(struct transfer *transfer)
{
	CURL *easy = transfer->easy;
	CURLcode code = CURLE_OK;

	code = code ? code : curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	code = code ? code : curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->reason);
	code = code ? code : curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	code = code ? code :
		      curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* no wait for a name being resolved */
	code = code ? code : curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	code = code ? code : curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	code = code ? code : curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	code = code ? code : curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	code = code ? code : curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	code = code ? code : curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	return code;
}

static CURLcode set_headers(struct transfer *transfer, const struct transfer_request *request)
{
	/* Without this libcurl would ask for permission first when a body is large, and wait a second for it. */
	static const char *const no_expect[] = { "Expect:", NULL };

	for (const char *const *lists[] = { no_expect, request->headers, NULL }, *const **list = lists; *list;
	     list++) {
		for (const char *const *header = *list; *header; header++) {
			struct curl_slist *longer = curl_slist_append(transfer->headers, *header);

			if (!longer)
				return CURLE_OUT_OF_MEMORY;
			transfer->headers = longer;
		}
	}
	return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

/* Who is asked, on which way, and what both show to each other. */
static CURLcode set_peer(CURL *easy, const struct transfer_request *request)
{
	CURLcode code = CURLE_OK;

	if (request->unix_socket)
		code = curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
	if (request->unix_socket || request->no_proxy)
		code = code ? code : curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* none of the environment */
	if (request->user || request->password) {
		code = code ? code : curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		code = code ? code : curl_easy_setopt(easy, CURLOPT_USERNAME, request->user ?: "");
		code = code ? code : curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password ?: "");
	}
	if (request->ca_file)
		code = code ? code : curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
	if (request->insecure) {
		code = code ? code : curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		code = code ? code : curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (request->gzip)
		code = code ? code : curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	return code;
}

static CURLcode set_request(struct transfer *transfer, const struct transfer_request *request)
{
	long version = request->http2 ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : CURL_HTTP_VERSION_1_1;
	/* Whole milliseconds, at least one: 0 would be no limit. */
	long timeout_ms = (long)((request->timeout_ns + NS_PER_MS - 1) / NS_PER_MS);
	CURL *easy = transfer->easy;
	CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, request->url);

	code = code ? code : curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
	if (request->http2) {
		/* libcurl before 8.0 fails where it uses a connection of HTTP/2 without ALPN again (curl issue 10634). */
		code = code ? code : curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		code = code ? code : curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	}
	code = code ? code : curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
	code = code ? code : curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	code = code ? code : set_peer(easy, request);
	if (request->body) {
		code = code ? code :
			      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
					       (curl_off_t)request->body_size);
		code = code ? code : curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body);
	}
	return code ? code : set_headers(transfer, request);
}

int transfer_start(struct transfers *transfers, const struct transfer_request *request,
		   struct transfer **ret_transfer)
{
	_cleanup_(cleanup_transfer) struct transfer *transfer = NULL;
	CURLcode code;

	if (!request->piece && (!request->limit_bytes || !request->timeout_ns))
		return -EINVAL;
	transfer = calloc(1, sizeof(*transfer));
	if (!transfer)
		return -ENOMEM;
	transfer->transfers = transfers;
	transfer->piece = request->piece;
	transfer->done = request->done;
	transfer->context = request->context;
	transfer->limit_bytes = request->limit_bytes ? request->limit_bytes : SIZE_MAX;
	transfer->easy = curl_easy_init();
	if (!transfer->easy)
		return -ENOMEM;
	code = set_common(transfer);
	if (!code)
		code = set_request(transfer, request);
	if (code)
		return code_error(transfer->easy, code);
	if (transfers->is_inside) {
		transfers->is_unsettled = true;
	} else if (curl_multi_add_handle(transfers->multi, transfer->easy)) {
		return -ENOMEM;
	} else {
		transfer->state = TRANSFER_ADDED;
	}
	transfer->next = transfers->first;
	if (transfer->next)
		transfer->next->previous = transfer;
	transfers->first = transfer;
	if (ret_transfer)
		*ret_transfer = transfer;
	take_ptr(transfer);
	return 0;
}

void transfer_cancel(struct transfer *transfer)
{
	if (!transfer || transfer->is_ended)
		return;
	if (!transfer->transfers->is_inside) {
		transfer_free(transfer);
		return;
	}
	transfer->state = TRANSFER_CANCELLED;
	transfer->transfers->is_unsettled = true;
}

const char *transfer_header(const struct transfer *transfer, const char *name)
{
	struct curl_header *header;
	const unsigned int kinds = CURLH_HEADER | CURLH_TRAILER;

	if (curl_easy_header(transfer->easy, name, 0, kinds, -1, &header) ||
	    curl_easy_header(transfer->easy, name, header->amount - 1, kinds, -1, &header))
		return NULL;
	return header->value;
}
