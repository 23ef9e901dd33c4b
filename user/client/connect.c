/* SPDX-License-Identifier: Apache-2.0 */
#include "client/connect.h"

const char connect_help[] =
	"  --connect URL         the daemon to ask (" SOURCE_DEFAULT_URL ")\n"
	"  --user NAME           for a daemon that asks for a password\n"
	"  --password-file FILE  its first line is the password\n"
	"  --ca-file FILE        certificates (PEM) to check an https daemon by, instead of the machine's\n"
	"  --insecure            believe any certificate\n";

bool connect_take(int option, const char *value, struct source_settings *settings)
{
	switch (option) {
	case CONNECT_URL:
		settings->url = value;
		return true;
	case CONNECT_USER:
		settings->user = value;
		return true;
	case CONNECT_PASSWORD_FILE:
		settings->password_file = value;
		return true;
	case CONNECT_CA_FILE:
		settings->ca_file = value;
		return true;
	case CONNECT_INSECURE:
		settings->insecure = true;
		return true;
	default:
		return false;
	}
}
