/* SPDX-License-Identifier: Apache-2.0 */
/* The settings file: no input may crash, leak or be accepted with a value out of its range. Build alone:
 * clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I include -I user tests/fuzz/fuzz_options.c -lyaml */
#include "base/duration.c"
#include "base/file.c"
#include "base/message.c"
#include "base/yaml.c"
#include "options/options.c"
#include "options/options_name.c"
#include "options/options_value.c"
#include "options/options_yaml.c"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char message[OPTIONS_MESSAGE_SIZE] = "";
	struct options options;
	int error = options_load_yaml(&options, "fuzz.yaml", (const char *)data, size, message,
				      sizeof(message));

	if (error) {
		assert(error < 0 && message[0] != '\0' && !strpbrk(message, "\r\n"));
		assert(!options.path_procfs && options.web_listen_address.count == 0);
		return 0;
	}
	assert(options.web_max_connections >= 1 && options.web_max_connections <= 100000);
	assert(options.bpf_slots == 0 || (options.bpf_slots >= 64 && options.bpf_slots <= 4194304));
	assert(options.interval_tick_ns >= 100000000 && options.interval_tick_ns <= 10000000000);
	assert(options.log_level <= 3 && options.profile <= PROFILE_FULL);
	assert(options.web_listen_address.count > 0 && options.path_procfs[0] == '/');
	options_done(&options);
	return 0;
}
