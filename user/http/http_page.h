/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The routes that the server has by itself. Private to http*.c. */
#include "http/http.h"

#define HTTP_PAGES 2
/* Their context is the struct http. */
extern const struct http_route http_pages[HTTP_PAGES];
