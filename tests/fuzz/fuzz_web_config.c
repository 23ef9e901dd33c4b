/* SPDX-License-Identifier: Apache-2.0 */
/* The web-config file: no input may crash, leak, or be accepted with what could not be kept to; no message may be more than a
 * line. The header Authorization is read from the same bytes. */
#include "http/web_auth.c"
#include "http/web_config.c"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(const char *text, size_t size)
{
	char line[600] = "";
	const struct message message = { line, sizeof(line) };
	struct web_config config;

	if (web_config_parse(&config, "/etc/fuzz.yml", text, size, &message)) {
		assert(line[0] != '\0' && !strpbrk(line, "\r\n"));
		assert(!config.users && !config.key && !config.cert_file);
		return;
	}
	assert(config.min_version <= config.max_version && config.max_version <= WEB_TLS13);
	assert(config.rate_interval_ns == 0 || config.rate_burst > 0);
	assert(config.curves.count <= WEB_CURVES_MAX && config.user_count <= WEB_USERS_MAX);
	assert(!config.has_tls || ((config.cert || config.cert_file) && (config.key || config.key_file)));
	assert(config.has_tls || !config.client_auth);
	assert(!config.cert_file || config.cert_file[0] == '/');
	for (size_t i = 0; i < config.user_count; i++)
		assert(strlen(config.users[i].hash) == 60 && !strchr(config.users[i].name, ':'));
	web_config_done(&config);
}

static void check_header(const char *header)
{
	char text[256];
	const char *user, *password;

	if (!web_auth_parse(header, text, sizeof(text), &user, &password))
		return;
	assert(user == text && !strchr(user, ':'));
	assert(password == user + strlen(user) + 1);
	assert(strlen(password) < (size_t)(text + sizeof(text) - password));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_file(text, size);
	check_header(text);
	free(text);
	return 0;
}
