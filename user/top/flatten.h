/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <jansson.h>

/* The node's object as rows {order, subject, name, value, shown}: one per number or text in it, whatever it is called. A row of a list
 * has the subject "disk sda". A new reference to an array. */
json_t *flatten_node(const json_t *node);
