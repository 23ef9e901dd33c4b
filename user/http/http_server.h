/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What http.c (sockets, thread) and the files of one request share. Private to http*.c. */
#include <microhttpd.h>
#include <pthread.h>

#include "base/mailbox.h"
#include "http/http.h"
#include "http/http_clients.h"
#include "http/http_stream.h"
#include "http/web_access.h"

struct http_server {
	struct http *http;
	struct MHD_Daemon *daemon;
	int epoll_fd; /* of the library */
	uint16_t port;
};

struct http {
	struct http_config config;
	struct loop *main;       /* of the handlers */
	struct loop *loop;       /* of the connections */
	pthread_t thread;        /* runs `loop` */
	struct mailbox requests; /* clients, to the handlers */
	struct mailbox replies;  /* clients, back; from the comparison of passwords too; and `end` */
	struct mailbox news;
	struct http_streams streams;
	struct mail end;
	atomic_uint unread; /* replies that were put and not taken */
	struct http_server *servers;
	size_t server_count;
	struct http_route *routes;
	size_t route_count;
	bool has_requests, has_replies, has_news, has_clients, has_thread, is_exposed;
	/* Of the thread, once it runs. */
	bool has_resumed; /* connections, since the library last ran */
	struct http_clients clients;
	struct web_access *access;
	struct web_auth *auth;
	uint64_t next_request_ns;   /* of the rate limit */
	atomic_size_t bodies_bytes; /* being sent, each once however many take it */
	atomic_uint bodies_count;
	atomic_uint_fast64_t refused[HTTP_REFUSALS];
	bool is_open, has_tls;
};

struct http_client *http_server_client(struct MHD_Connection *connection);
/* Reads the web-config file again, and tells the loop what is new; NULL while it is bad. */
struct web_state *http_server_refresh(struct http *http);
