/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Listening TCP sockets from addresses as people write them. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Listens on HOST:PORT, [IPv6]:PORT or :PORT (all addresses, IPv4 and IPv6, as [::]:PORT does). HOST may be a name:
 * the first of its addresses that can be had, IPv4 first; looking it up may block. Port 0 picks a free one.
 * The socket is non-blocking and of the caller. Returns it or negative errno, with a text for the user in `message`. */
int listen_open(const char *address, char *message, size_t message_size);

/* The port a socket listens on, in host order; 0 when that is not known. */
uint16_t listen_port(int fd);

/* Whether only this machine can reach it. */
bool listen_is_loopback(int fd);
