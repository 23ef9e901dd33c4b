/* SPDX-License-Identifier: Apache-2.0 */
#include "http/web_access.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/yaml.h"

#define NEWS_SIZE 1024
#define PEMS 3 /* certificate, key, client authorities */
#define DIGEST_SIZE sizeof(((struct web_state *)0)->pem_digest)

struct web_access {
	char *path;
	struct web_state *state; /* the last that was good */
	bool is_bad, has_news;
	char news[NEWS_SIZE];
};

/* Texts of files, some of them secret. */
struct texts {
	char *data[PEMS];
	size_t size[PEMS];
};

static void texts_done(struct texts *texts)
{
	for (size_t i = 0; i < PEMS; i++) {
		if (texts->data[i])
			explicit_bzero(texts->data[i], texts->size[i]);
		free(texts->data[i]);
	}
}

struct web_state *web_access_ref(struct web_state *state)
{
	state->refs++;
	return state;
}

void web_access_unref(struct web_state *state)
{
	if (!state || --state->refs > 0)
		return;
	web_tls_free(state->tls);
	web_config_done(&state->config);
	free(state);
}

static void cleanup_state(struct web_state **state)
{
	web_access_unref(*state);
}

static int read_file(const char *path, char **ret_data, size_t *ret_size, const struct message *message)
{
	int error = file_read_all(path, YAML_SIZE_LIMIT, ret_data, ret_size);

	return error ? message_fail(message, error, "cannot read '%s': %s", path, strerror(-error)) : 0;
}

/* The files that the configuration names, and their digest. */
static int read_pems(const struct web_config *config, struct texts *texts, unsigned char *ret_digest,
		     const struct message *message)
{
	const char *const paths[PEMS] = { config->cert_file, config->key_file, config->client_ca_file };
	gnutls_hash_hd_t hash;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
		return message_fail(message, -ENOMEM, "out of memory");
	for (size_t i = 0; i < PEMS; i++) {
		int error = paths[i] ? read_file(paths[i], &texts->data[i], &texts->size[i], message) : 0;

		if (error) {
			gnutls_hash_deinit(hash, NULL);
			return error;
		}
		gnutls_hash(hash, &texts->size[i], sizeof(texts->size[i]));
		if (texts->data[i])
			gnutls_hash(hash, texts->data[i], texts->size[i]);
	}
	gnutls_hash_deinit(hash, ret_digest);
	return 0;
}

static struct web_pem pem_of(const struct texts *texts, size_t index, const char *path, const char *in_place,
			     const char *name)
{
	if (path)
		return (struct web_pem){ texts->data[index], texts->size[index], path };
	return (struct web_pem){ in_place, in_place ? strlen(in_place) : 0, name };
}

static int make_tls(struct web_state *state, const struct texts *texts, const struct message *message)
{
	const struct web_config *config = &state->config;
	const struct web_pem cert = pem_of(texts, 0, config->cert_file, config->cert, "cert");
	const struct web_pem key = pem_of(texts, 1, config->key_file, config->key, "key");
	const struct web_pem client_ca = pem_of(texts, 2, config->client_ca_file, config->client_ca,
						"client_ca");

	return config->has_tls ? web_tls_new(config, &cert, &key, &client_ca, &state->tls, message) : 0;
}

/* *ret_state stays NULL when nothing differs from `old`. */
static int load(const char *path, const struct web_state *old, struct texts *file, struct texts *pems,
		struct web_state **ret_state, const struct message *message)
{
	_cleanup_(cleanup_state) struct web_state *state = calloc(1, sizeof(*state));
	int error = state ? 0 : message_fail(message, -ENOMEM, "out of memory");

	if (error)
		return error;
	state->refs = 1;
	error = read_file(path, &file->data[0], &file->size[0], message);
	if (error)
		return error;
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, file->data[0], file->size[0], state->config_digest) < 0)
		return message_fail(message, -ENOMEM, "out of memory");
	if (old && memcmp(old->config_digest, state->config_digest, DIGEST_SIZE) == 0) {
		error = read_pems(&old->config, pems, state->pem_digest, message);
		if (error || memcmp(old->pem_digest, state->pem_digest, DIGEST_SIZE) == 0)
			return error;
		texts_done(pems);
		*pems = (struct texts){};
	}
	error = web_config_parse(&state->config, path, file->data[0], file->size[0], message);
	if (!error && old && old->config.has_tls != state->config.has_tls)
		error = message_fail(message, -EINVAL, "'%s' turns TLS %s, which takes a restart", path,
				     old->config.has_tls ? "off" : "on");
	error = error ?: read_pems(&state->config, pems, state->pem_digest, message);
	error = error ?: make_tls(state, pems, message);
	if (!error)
		*ret_state = take_ptr(state);
	return error;
}

/* As load(), and leaves nothing of the files in memory. */
static int load_once(const char *path, const struct web_state *old, struct web_state **ret_state,
		     const struct message *message)
{
	struct texts file = {}, pems = {};
	int error = load(path, old, &file, &pems, ret_state, message);

	texts_done(&file);
	texts_done(&pems);
	return error;
}

CLEANUP_FREE(web_access)

int web_access_new(const char *path, struct web_access **ret_access, const struct message *message)
{
	_cleanup_(cleanup_web_access) struct web_access *access = calloc(1, sizeof(*access));
	int error;

	if (!access)
		return message_fail(message, -ENOMEM, "out of memory");
	if (path) {
		access->path = strdup(path);
		error = access->path ? load_once(path, NULL, &access->state, message) :
				       message_fail(message, -ENOMEM, "out of memory");
		if (error)
			return error;
	} else {
		access->state = calloc(1, sizeof(*access->state));
		if (!access->state)
			return message_fail(message, -ENOMEM, "out of memory");
		access->state->refs = 1;
	}
	*ret_access = take_ptr(access);
	return 0;
}

void web_access_free(struct web_access *access)
{
	if (!access)
		return;
	web_access_unref(access->state);
	free(access->path);
	free(access);
}

struct web_state *web_access_refresh(struct web_access *access)
{
	char text[NEWS_SIZE] = "", line[NEWS_SIZE];
	struct message message = { text, sizeof(text) - 64 };
	struct web_state *state = NULL;
	bool was_bad = access->is_bad;

	if (!access->path)
		return access->state;
	access->is_bad = load_once(access->path, access->state, &state, &message) != 0;
	if (access->is_bad) {
		snprintf(line, sizeof(line), "%s; nobody is let in until that is mended", text);
		/* once for each thing that is wrong */
		access->has_news |= !was_bad || strcmp(line, access->news) != 0;
		memcpy(access->news, line, sizeof(line));
		return NULL;
	}
	if (state || was_bad) {
		snprintf(access->news, sizeof(access->news),
			 "'%s' and what it names are in force as they are now", access->path);
		access->has_news = true;
	}
	if (state) {
		web_access_unref(access->state);
		access->state = state;
	}
	return access->state;
}

const char *web_access_news(struct web_access *access, bool *ret_is_bad)
{
	if (!access->has_news)
		return NULL;
	access->has_news = false;
	*ret_is_bad = access->is_bad;
	return access->news;
}
