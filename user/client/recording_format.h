/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The bytes of recording.h. Private to user/top/recording_*.c. */
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#define FORMAT_MAGIC "\x8bktally\n"
#define FORMAT_END_MAGIC "ktally\n\x8b"
#define FORMAT_MAGIC_SIZE 8
#define FORMAT_SNAPSHOT "snap"
#define FORMAT_INDEX "indx"
#define FORMAT_HEAD_MAX ((uint32_t)64 << 10) /* bytes of its text */

struct format_head {
	char magic[FORMAT_MAGIC_SIZE];
	uint32_t format, size, text_crc, crc;
};

struct format_frame {
	char magic[4];
	uint32_t back;
	uint64_t time_us;
	uint32_t stored, size, stored_crc, crc;
};

struct format_entry {
	uint64_t offset, time_us;
};

struct format_end {
	uint64_t index_offset;
	char magic[FORMAT_MAGIC_SIZE];
};

_Static_assert(sizeof(struct format_head) == 24, "no padding");
_Static_assert(sizeof(struct format_frame) == 32, "no padding");
_Static_assert(sizeof(struct format_end) == 16, "no padding");
/* Numbers are written as they lie in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a big-endian machine needs conversions here");

static inline uint32_t format_crc(const void *data, size_t size)
{
	return (uint32_t)crc32_z(0, data, size);
}
