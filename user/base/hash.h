/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* uthash that does not end the process when there is no memory. Everybody includes this and not uthash.h itself. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* After each HASH_ADD: whether there was memory for it. If not, the table is as it was. */
#define HASH_HAS(element) ((element)->hh.tbl != NULL)

/* Enters an element of the table `head` under another key, as its last. Needs no memory, so it cannot fail: `place`, an empty
 * struct of the same type, keeps the table while the element is not in it. The old key is read no more. */
#define HASH_MOVE_KEYPTR(head, element, place, keyptr, key_size)              \
	do {                                                                  \
		UT_hash_table *const table_ = (head)->hh.tbl;                 \
		typeof(element) place_ = (place);                             \
		const unsigned int noexpand_ = table_->noexpand;              \
                                                                              \
		table_->noexpand = 1;                                         \
		HASH_ADD_KEYPTR(hh, (head), "", 0, place_);                   \
		HASH_DEL((head), (element));                                  \
		HASH_ADD_KEYPTR(hh, (head), (keyptr), (key_size), (element)); \
		HASH_DEL((head), place_);                                     \
		table_->noexpand = noexpand_;                                 \
	} while (0)
