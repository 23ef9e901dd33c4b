/* SPDX-License-Identifier: Apache-2.0 */
#include "http/web_auth.h"

#include <crypt.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"

#define HEADER_MAX 2048
#define DIGEST_SIZE 32
#define NICENESS 10
#define REMEMBERED 64 /* pairs that were right */
#define PENDING_MAX 64
#define PENDING_PER_ADDRESS 4

struct check {
	struct mail mail;
	struct check *next; /* in web_auth.pending */
	struct web_ticket *ticket;
	struct in6_addr address;
	char *password, *hash;
	unsigned char digest[DIGEST_SIZE];
	bool is_known; /* the name */
};

struct web_auth {
	struct mailbox requests, *replies;
	pthread_t thread;
	bool has_requests, has_thread;
	atomic_bool is_ending;
	unsigned char key[DIGEST_SIZE];
	unsigned char remembered[REMEMBERED][DIGEST_SIZE];
	unsigned int remembered_count, oldest;
	struct check *pending;
	unsigned int pending_count;
};

static void check_free(struct check *check)
{
	if (!check)
		return;
	web_config_forget(check->password);
	web_config_forget(check->hash);
	free(check);
}

/* Equal in a time that does not depend on where they differ. */
static bool is_same(const void *a, const void *b, size_t size)
{
	return gnutls_memcmp(a, b, size) == 0;
}

static bool compare(const struct check *check, struct crypt_data *data)
{
	const char *result = crypt_r(check->password, check->hash, data);

	return result && strlen(result) == strlen(check->hash) &&
	       is_same(result, check->hash, strlen(result)) && check->is_known;
}

static void *work(void *context)
{
	struct web_auth *auth = context;
	struct crypt_data *data = calloc(1, sizeof(*data));
	/* Behind the thread that counts where processors are short. Fails never: less priority is always allowed. */
	int error = setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
	struct pollfd wait = { .fd = auth->requests.fd, .events = POLLIN };

	(void)error;
	while (!auth->is_ending) {
		struct mail *mail = mailbox_take(&auth->requests);
		struct check *check = mail ? mail_of(mail, struct check, mail) : NULL;

		if (!check) {
			poll(&wait, 1, -1);
			continue;
		}
		check->ticket->is_allowed = data && compare(check, data);
		mailbox_put(auth->replies, &check->ticket->mail);
	}
	if (data)
		explicit_bzero(data, sizeof(*data));
	free(data);
	return NULL;
}

CLEANUP_FREE(web_auth)

int web_auth_new(struct mailbox *replies, struct web_auth **ret_auth)
{
	_cleanup_(cleanup_web_auth) struct web_auth *auth = calloc(1, sizeof(*auth));
	sigset_t all, before;
	int error;

	if (!auth || gnutls_rnd(GNUTLS_RND_KEY, auth->key, sizeof(auth->key)) < 0)
		return -ENOMEM;
	auth->replies = replies;
	error = mailbox_init(&auth->requests);
	if (error)
		return error;
	auth->has_requests = true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = -pthread_create(&auth->thread, NULL, work, auth);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return error;
	auth->has_thread = true;
	*ret_auth = take_ptr(auth);
	return 0;
}

void web_auth_free(struct web_auth *auth)
{
	if (!auth)
		return;
	if (auth->has_thread) {
		auth->is_ending = true;
		mailbox_wake(&auth->requests);
		pthread_join(auth->thread, NULL);
	}
	while (auth->pending) {
		struct check *check = auth->pending;

		auth->pending = check->next;
		check_free(check);
	}
	if (auth->has_requests)
		mailbox_done(&auth->requests);
	explicit_bzero(auth, sizeof(*auth));
	free(auth);
}

bool web_auth_parse(const char *header, char *text, size_t size, const char **ret_user,
		    const char **ret_password)
{
	gnutls_datum_t coded, plain;
	bool fits;
	char *colon;

	if (strncasecmp(header, "Basic ", 6) != 0)
		return false;
	header += 6 + strspn(header + 6, " ");
	coded = (gnutls_datum_t){ (unsigned char *)header, (unsigned int)strlen(header) };
	if (coded.size == 0 || coded.size > HEADER_MAX || gnutls_base64_decode2(&coded, &plain) < 0)
		return false;
	fits = plain.size < size && !memchr(plain.data, '\0', plain.size);
	if (fits) {
		memcpy(text, plain.data, plain.size);
		text[plain.size] = '\0';
	}
	explicit_bzero(plain.data, plain.size);
	gnutls_free(plain.data);
	colon = fits ? strchr(text, ':') : NULL;
	if (!colon)
		return false;
	*colon = '\0';
	*ret_user = text;
	*ret_password = colon + 1;
	return true;
}

/* Of name, hash and password, each with its NUL, so that no two triples are the same bytes. */
static bool make_digest(const struct web_auth *auth, const char *user, const char *hash, const char *password,
			unsigned char *ret_digest)
{
	gnutls_hmac_hd_t hmac;

	if (gnutls_hmac_init(&hmac, GNUTLS_MAC_SHA256, auth->key, sizeof(auth->key)) < 0)
		return false;
	gnutls_hmac(hmac, user, strlen(user) + 1);
	gnutls_hmac(hmac, hash, strlen(hash) + 1);
	gnutls_hmac(hmac, password, strlen(password) + 1);
	gnutls_hmac_deinit(hmac, ret_digest);
	return true;
}

static bool is_remembered(const struct web_auth *auth, const unsigned char *digest)
{
	bool found = false;

	for (unsigned int i = 0; i < auth->remembered_count; i++)
		found |= is_same(auth->remembered[i], digest, DIGEST_SIZE);
	return found;
}

static void remember(struct web_auth *auth, const unsigned char *digest)
{
	if (is_remembered(auth, digest))
		return;
	memcpy(auth->remembered[auth->oldest], digest, DIGEST_SIZE);
	auth->oldest = (auth->oldest + 1) % REMEMBERED;
	if (auth->remembered_count < REMEMBERED)
		auth->remembered_count++;
}

/* Of IPv6 the half that a site has for itself. */
static struct in6_addr key_of(const struct sockaddr *address)
{
	struct in6_addr key = {};

	if (address->sa_family == AF_INET6) {
		key = ((const struct sockaddr_in6 *)address)->sin6_addr;
		if (!IN6_IS_ADDR_V4MAPPED(&key))
			memset(&key.s6_addr[8], 0, 8);
	} else if (address->sa_family == AF_INET) {
		memcpy(&key.s6_addr[12], &((const struct sockaddr_in *)address)->sin_addr, 4);
		memset(&key.s6_addr[10], 0xFF, 2);
	}
	return key;
}

static bool is_busy(const struct web_auth *auth, const struct in6_addr *address)
{
	unsigned int same = 0;

	for (const struct check *check = auth->pending; check; check = check->next)
		same += memcmp(&check->address, address, sizeof(*address)) == 0;
	return auth->pending_count >= PENDING_MAX || same >= PENDING_PER_ADDRESS;
}

static enum web_verdict begin_check(struct web_auth *auth, struct check *check, const char *hash,
				    const char *password)
{
	check->hash = strdup(hash);
	check->password = strdup(password);
	if (!check->hash || !check->password || is_busy(auth, &check->address)) {
		check_free(check);
		return WEB_BUSY;
	}
	check->next = auth->pending;
	auth->pending = check;
	auth->pending_count++;
	mailbox_put(&auth->requests, &check->mail);
	return WEB_LATER;
}

static const struct web_user *find_user(const struct web_config *config, const char *name)
{
	for (size_t i = 0; i < config->user_count; i++) {
		if (strcmp(config->users[i].name, name) == 0)
			return &config->users[i];
	}
	return NULL;
}

bool web_auth_holds(const struct web_config *before, const struct web_config *now, const char *header)
{
	const struct web_user *old, *new;
	const char *name, *password;
	char text[HEADER_MAX];

	if (now->user_count == 0)
		return true;
	if (!header || !web_auth_parse(header, text, sizeof(text), &name, &password))
		return false;
	old = find_user(before, name);
	new = find_user(now, name);
	explicit_bzero(text, sizeof(text));
	return old && new &&strcmp(old->hash, new->hash) == 0;
}

enum web_verdict web_auth_check(struct web_auth *auth, const struct web_config *config, const char *header,
				const struct sockaddr *address, struct web_ticket *ticket)
{
	char text[HEADER_MAX];
	const struct web_user *user;
	const char *name, *password, *hash;
	enum web_verdict verdict;
	struct check *check;

	if (!header || !web_auth_parse(header, text, sizeof(text), &name, &password))
		return WEB_DENIED;
	user = find_user(config, name);
	hash = user ? user->hash : config->users[0].hash; /* compared in any case, for its time */
	check = calloc(1, sizeof(*check));
	if (!check || !make_digest(auth, name, hash, password, check->digest)) {
		free(check);
		verdict = WEB_BUSY;
	} else if (user && is_remembered(auth, check->digest)) { /* only what was right is */
		free(check);
		verdict = WEB_ALLOWED;
	} else {
		check->ticket = ticket;
		check->address = key_of(address);
		check->is_known = user != NULL;
		verdict = begin_check(auth, check, hash, password);
	}
	explicit_bzero(text, sizeof(text));
	return verdict;
}

void web_auth_settle(struct web_auth *auth, struct web_ticket *ticket)
{
	for (struct check **link = &auth->pending; *link; link = &(*link)->next) {
		struct check *check = *link;

		if (check->ticket != ticket)
			continue;
		*link = check->next;
		auth->pending_count--;
		if (ticket->is_allowed)
			remember(auth, check->digest);
		check_free(check);
		return;
	}
}
