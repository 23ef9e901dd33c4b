/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Files of `ktally record`: a head, then snapshots one after the other, then an index, which can do without. All numbers are
 * little-endian.
 *
 *   head      "\x8bktally\n" | u32 format | u32 size | u32 CRC-32 of the text | u32 CRC-32 of what stands before | JSON text
 *   snapshot  "snap" | u32 back | u64 time in us | u32 stored | u32 size | u32 CRC-32 of what is stored | u32 CRC-32 of what stands before | stored
 *   index     "indx" | the same fields | for each snapshot u64 offset, u64 time in us
 *   end       u64 offset of the index | "ktally\n\x8b"
 *
 * A snapshot is packed by zstd, each RECORDING_KEY_EVERYth alone (`back` is 0) and those that follow with the text of the one `back`
 * snapshots before as prefix: what stays as it was costs next to nothing, and any snapshot is read in two steps. Nothing that a
 * file says is trusted.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/message.h"

#define RECORDING_FORMAT 1
#define RECORDING_KEY_EVERY 60
#define RECORDING_TEXT_MAX ((size_t)128 << 20) /* of one snapshot */

/* ---- writing ----------------------------------------------------------------------------------------------------- */

struct recording_writer;

/* Makes a new file, for its owner only; one that is there is refused, or with `replace` overwritten when it is a regular file. `limit_bytes`
 * of the whole file, 0: none. 0, or negative errno with one line in `message`. */
int recording_create(const char *path, bool replace, uint64_t limit_bytes, const char *head,
		     struct recording_writer **ret_writer, const struct message *message);
/* Adds a snapshot, in one write. 0, or negative errno with one line in `message`: the file is then as it was before. */
int recording_add(struct recording_writer *writer, uint64_t time_us, const char *text, size_t size,
		  const struct message *message);
/* Writes the index and waits until all is on the disk. 0, or negative errno with one line in `message`: the snapshots
 * are in the file all the same. */
int recording_finish(struct recording_writer *writer, const struct message *message);
/* Whether a snapshot was refused because it would have passed the limit. */
bool recording_is_full(const struct recording_writer *writer);
uint64_t recording_size(const struct recording_writer *writer);
size_t recording_count(const struct recording_writer *writer);
/* Closes; a file that was not finished has no index. NULL is allowed. */
void recording_writer_free(struct recording_writer *writer);
CLEANUP_FREE(recording_writer)

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct recording;

/* Opens a file with at least one whole snapshot. 0, or negative errno with one line in `message`, which names the file. */
int recording_open(const char *path, struct recording **ret_recording, const struct message *message);
void recording_free(struct recording *recording);
CLEANUP_FREE(recording)

const char *recording_head(const struct recording *recording);
/* What is wrong with the file although it could be opened; NULL: nothing. */
const char *recording_warning(const struct recording *recording);
size_t recording_snapshots(const struct recording *recording);
uint64_t recording_time_us(const struct recording *recording, size_t index);
/* The text of a snapshot, NUL-terminated; the recording's until the next call. 0, or negative errno with one line in `message`. */
int recording_read(struct recording *recording, size_t index, const char **ret_text, size_t *ret_size,
		   const struct message *message);
