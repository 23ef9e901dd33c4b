/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the page on real sockets. */
#include "unit/http_world.h"

TestSuite(http_file, .timeout = 60);

#define CLOSE "Connection: close\r\n\r\n"

/* What is answered to a GET of `path` with the header lines `more`. Freed by the caller. */
static char *get(const char *path, const char *more)
{
	char request[512];
	int fd = dial();

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\n%s" CLOSE, path, more);
	send_text(fd, request);
	return read_all(fd, NULL);
}

static void expect_get(const char *path, const char *more, int status, const char *header, const char *body)
{
	char *answer = get(path, more);

	cr_assert_eq(status_of(answer), status, "%s", answer);
	cr_assert_not_null(strstr(answer, header), "%s", answer);
	cr_assert_str_eq(body_of(answer), body);
	free(answer);
}

Test(http_file, is_served_as_it_is_or_compressed_whichever_is_smaller)
{
	struct http_config config = make_config();

	start(&config);
	expect_get("/", "", 200, "Content-Type: text/html; charset=utf-8\r\n", page_files[0].data);
	expect_get("/", "Accept-Encoding: gzip\r\n", 200, "Content-Encoding: gzip\r\n", "(zip)");
	expect_get("/?x=y", "Accept-Encoding: gzip;q=0\r\n", 200, "Content-Length: 31\r\n",
		   page_files[0].data);
	expect_get("/web/short.js", "Accept-Encoding: gzip\r\n", 200, "Content-Length: 2\r\n", "1;");
	expect("HEAD", "/web/short.js", 200, "Content-Length: 2\r\n", "");
	expect("DELETE", "/", 405, "Allow: GET, HEAD\r\n", NULL);
	expect("GET", "/web/", 404, NULL, NULL);
	expect("GET", "/web/../", 404, NULL, NULL);
	finish();
}

Test(http_file, is_not_sent_again_to_who_has_it)
{
	struct http_config config = make_config();

	start(&config);
	expect_get("/", "", 200, "ETag: W/\"0123456789abcdef\"\r\n", page_files[0].data);
	expect_get("/", "", 200, "Cache-Control: private, no-cache\r\n", page_files[0].data);
	expect_get("/", "If-None-Match: W/\"0123456789abcdef\"\r\nAccept-Encoding: gzip\r\n", 304,
		   "ETag: W/\"0123456789abcdef\"\r\n", "");
	expect_get("/", "If-None-Match: \"x\", \"0123456789abcdef\"\r\n", 304, "ETag", "");
	expect_get("/", "If-None-Match: *\r\n", 304, "ETag", "");
	expect_get("/", "If-None-Match: W/\"fedcba9876543210\"\r\n", 200, "ETag", page_files[0].data);
	expect_get("/", "If-None-Match: 0123456789abcdef\r\n", 200, "ETag", page_files[0].data);
	finish();
}

Test(http_file, lets_the_page_run_its_own_scripts_and_nothing_else)
{
	struct http_config config = make_config();

	start(&config);
	expect_get("/", "", 200,
		   "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
		   "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
		   "frame-ancestors 'none'\r\n",
		   page_files[0].data);
	expect_get("/", "", 200, "X-Content-Type-Options: nosniff\r\n", page_files[0].data);
	expect_get("/", "", 200, "Referrer-Policy: no-referrer\r\n", page_files[0].data);
	finish();
}

Test(http_file, takes_the_headers_of_the_web_config_file)
{
	struct http_config config = make_config();
	char path[] = "/tmp/ktally-test-XXXXXX";
	int fd = mkstemp(path);

	cr_assert(
		dprintf(fd, "http_server_config:\n  headers:\n    Content-Security-Policy: default-src x\n") >
		0);
	close(fd);
	config.web_config_file = path;
	start(&config);
	expect_get("/", "", 200, "Content-Security-Policy: default-src x\r\n", page_files[0].data);
	finish();
	unlink(path);
}
