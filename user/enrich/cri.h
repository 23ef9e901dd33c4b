/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What a CRI runtime answers (cri.proto), read: messages to struct details. Messages are any bytes. What is wrong in one of a
 * list leaves out that one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/details.h"

struct cri_reader {
	/* `details` and sandbox_id live during the call; sandbox_id is "" of a sandbox. A container whose labels do not tell its pod
	 * has no pod and no namespace here: its sandbox knows. */
	void (*found)(void *context, const struct details *details, const char *sandbox_id);
	bool (*passes_label)(void *context, const char *name, const char *value);
	void *context;
};

/* Each calls reader->found for what it found; 0, -EPROTO (no such message, or without an id) or -ENOMEM. */
int cri_read_container_status(const uint8_t *message, size_t size, const struct cri_reader *reader);
int cri_read_sandbox_status(const uint8_t *message, size_t size, const struct cri_reader *reader);
int cri_read_containers(const uint8_t *message, size_t size, const struct cri_reader *reader);
int cri_read_sandboxes(const uint8_t *message, size_t size, const struct cri_reader *reader);
/* The runtime's name as it says it, cut to `size`. */
int cri_read_version(const uint8_t *message, size_t message_size, char *ret_name, size_t size);
