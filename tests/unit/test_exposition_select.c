/* SPDX-License-Identifier: Apache-2.0 */
/* Which format a client is answered in, by what it accepts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "export/exposition.h"

#define TEXT_OLD "text/plain; version=0.0.4; charset=utf-8"
#define TEXT_NEW "text/plain; version=1.0.0; charset=utf-8"
#define OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define OPENMETRICS_OLD "application/openmetrics-text; version=0.0.1; charset=utf-8"
#define PROTOBUF \
	"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
#define PROTOBUF_RANGE \
	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

TestSuite(exposition_select, .timeout = 60);

static const struct {
	const char *accept, *content_type;
} cases[] = {
	/* nothing, or nothing of ours */
	{ NULL, TEXT_OLD },
	{ "", TEXT_OLD },
	{ "image/png", TEXT_OLD },
	{ "application/json;q=1, text/html", TEXT_OLD },
	{ "application/openmetrics-text;version=2.0.0", TEXT_OLD },
	{ "text/plain;version=0.0.3", TEXT_OLD },
	{ "application/openmetrics-text;q=0", TEXT_OLD },
	{ "*/*;q=0", TEXT_OLD },
	/* anything */
	{ "*/*", TEXT_OLD },
	{ "*/*;q=0.1", TEXT_OLD },
	{ "text/*", TEXT_OLD },
	{ "application/*", OPENMETRICS },
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT_OLD },
	/* one of ours */
	{ "text/plain", TEXT_OLD },
	{ "text/plain;version=0.0.4", TEXT_OLD },
	{ "text/plain; version=0.0.4; charset=utf-8", TEXT_OLD },
	{ "text/plain;version=1.0.0", TEXT_NEW },
	{ "application/openmetrics-text", OPENMETRICS },
	{ "application/openmetrics-text;version=1.0.0", OPENMETRICS },
	{ "application/openmetrics-text; version=1.0.0; charset=utf-8", OPENMETRICS },
	{ "application/openmetrics-text;version=0.0.1", OPENMETRICS_OLD },
	{ PROTOBUF_RANGE, PROTOBUF },
	{ "application/vnd.google.protobuf;encoding=delimited;proto=io.prometheus.client.MetricFamily",
	  PROTOBUF },
	/* protobuf of another kind */
	{ "application/vnd.google.protobuf", TEXT_OLD },
	{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", TEXT_OLD },
	{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=compact-text",
	  TEXT_OLD },
	{ "application/vnd.google.protobuf;proto=other.Message;encoding=delimited", TEXT_OLD },
	/* escaping: told back when asked for, by formats that have it */
	{ "text/plain;version=1.0.0;escaping=allow-utf-8", TEXT_NEW "; escaping=allow-utf-8" },
	{ "text/plain;version=1.0.0;escaping=underscores", TEXT_NEW "; escaping=underscores" },
	{ "application/openmetrics-text;version=1.0.0;escaping=dots", OPENMETRICS "; escaping=dots" },
	{ "application/openmetrics-text;version=1.0.0;escaping=\"values\"", OPENMETRICS "; escaping=values" },
	{ "application/openmetrics-text;version=1.0.0;escaping=other", OPENMETRICS },
	{ "application/openmetrics-text;version=0.0.1;escaping=values", OPENMETRICS_OLD },
	{ "text/plain;version=0.0.4;escaping=values", TEXT_OLD },
	{ PROTOBUF_RANGE ";escaping=values", PROTOBUF "; escaping=values" },
	/* what Prometheus sends: 2.x, 3.x, 3.x with native histograms */
	{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
	  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	  OPENMETRICS },
	{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;"
	  "version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,"
	  "/;q=0.1",
	  OPENMETRICS "; escaping=allow-utf-8" },
	{ PROTOBUF_RANGE
	  ";escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
	  "q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;"
	  "q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
	  PROTOBUF "; escaping=allow-utf-8" },
	/* by quality, not by place */
	{ "text/plain;version=0.0.4;q=0.3,application/openmetrics-text;version=1.0.0;q=0.4", OPENMETRICS },
	{ "application/openmetrics-text;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.4", TEXT_OLD },
	{ "text/plain;q=0.5, " PROTOBUF_RANGE ";q=0.501", PROTOBUF },
	{ "text/plain;q=0.5, " PROTOBUF_RANGE ";q=0.499", TEXT_OLD },
	{ "application/openmetrics-text;q=0.0, */*;q=0.1", TEXT_OLD },
	{ "text/plain;q=0, */*;q=0.1", OPENMETRICS },
	{ "text/*;q=0, */*", OPENMETRICS },
	{ "text/plain;version=0.0.4;q=0, text/plain", TEXT_NEW },
	{ "*/*;q=0.9, application/openmetrics-text;q=0.1", TEXT_OLD },
	{ "*/*;q=0.1, application/*;q=0.2, " PROTOBUF_RANGE ";q=0.3", PROTOBUF },
	/* as good: the one named, then the first */
	{ "*/*, application/openmetrics-text", OPENMETRICS },
	{ "application/openmetrics-text;version=1.0.0, text/plain;version=0.0.4", OPENMETRICS },
	{ "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0", TEXT_OLD },
	/* spelled otherwise */
	{ "APPLICATION/OpenMetrics-Text;VERSION=1.0.0", OPENMETRICS },
	{ " \t application/openmetrics-text \t;\t version = \"1.0.0\" ; q = 0.5 , text/plain;q=0.4",
	  OPENMETRICS },
	{ "text/plain;q=1.000", TEXT_OLD },
	/* malformed: what can be read counts, the rest does no harm */
	{ ",,;;q=x", TEXT_OLD },
	{ ",,, ,application/openmetrics-text", OPENMETRICS },
	{ ";", TEXT_OLD },
	{ "/", TEXT_OLD },
	{ "=", TEXT_OLD },
	{ "application", TEXT_OLD },
	{ "application/", TEXT_OLD },
	{ "application/openmetrics-text;", OPENMETRICS },
	{ "application/openmetrics-text;;;version=1.0.0", OPENMETRICS },
	{ "application/openmetrics-text;q", TEXT_OLD },
	{ "application/openmetrics-text;q=", TEXT_OLD },
	{ "application/openmetrics-text;q=2", TEXT_OLD },
	{ "application/openmetrics-text;q=1.001", TEXT_OLD },
	{ "application/openmetrics-text;q=-1", TEXT_OLD },
	{ "application/openmetrics-text;q=0.1234", TEXT_OLD },
	{ "application/openmetrics-text;q=nan", TEXT_OLD },
	{ "application/openmetrics-text;version=\"1.0.0", OPENMETRICS },
	{ "application/openmetrics-text;x=\"a,b;q=0\"", OPENMETRICS },
	{ "application/openmetrics-text;version", OPENMETRICS },
	{ "application/openmetrics-text/more", TEXT_OLD },
	{ "\xff\xfe/\x01;q=\x80", TEXT_OLD },
};

Test(exposition_select, every_header_is_answered_as_it_asks)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *type = exposition_select(cases[i].accept)->content_type;

		cr_expect_str_eq(type, cases[i].content_type, "%s: %s instead of %s",
				 cases[i].accept ?: "(none)", type, cases[i].content_type);
	}
}

Test(exposition_select, body_is_what_the_content_type_says)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct exposition_format *format = exposition_select(cases[i].accept);
		enum sheet_body body = strstr(format->content_type, "openmetrics") ? SHEET_OPENMETRICS :
				       strstr(format->content_type, "protobuf")    ? SHEET_PROTOBUF :
										     SHEET_TEXT;

		cr_expect_eq(format->body, body, "%s", format->content_type);
	}
}

/* Every prefix of a long header, and the header with each byte replaced by each of the characters that mean something. */
Test(exposition_select, no_header_does_harm)
{
	static const char header[] = PROTOBUF_RANGE
		";q=0.6,application/openmetrics-text;version=\"1.0.0\";q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
	static const char marks[] = ",;=/\"* \t\x80q01.";
	char text[sizeof(header)];

	for (size_t i = 0; i < sizeof(header); i++) {
		snprintf(text, i + 1, "%s", header);
		cr_assert(exposition_select(text)->content_type);
		for (size_t m = 0; m < sizeof(marks) - 1; m++) {
			memcpy(text, header, sizeof(header));
			if (i < sizeof(header) - 1)
				text[i] = marks[m];
			cr_assert(exposition_select(text)->content_type);
		}
	}
}
