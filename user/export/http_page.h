/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The routes that the server has by itself. Private to http*.c. */
#include "export/http.h"

#define HTTP_PAGES 3
/* Their context is the struct http. */
extern const struct http_route http_pages[HTTP_PAGES];

/* The landing page. NULL: out of memory. */
struct http_body *http_page_new(const struct http *http);
