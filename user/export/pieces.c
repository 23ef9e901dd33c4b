/* SPDX-License-Identifier: Apache-2.0 */
#include "export/pieces.h"

void pieces_done(struct pieces *pieces)
{
	buffer_done(&pieces->data);
	pieces->count = 0;
}

void pieces_clear(struct pieces *pieces)
{
	buffer_clear(&pieces->data);
	pieces->count = 0;
}

unsigned int pieces_close(struct pieces *pieces)
{
	buffer_reserve(&pieces->data, TEXT_SLACK);
	pieces->end[pieces->count] = pieces->data.size;
	return pieces->count++;
}
