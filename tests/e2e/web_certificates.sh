# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Certificates for the tests, made with openssl in the current folder; source it and call `certificates_make`.
# ca, other_ca; server, server2 (127.0.0.1, localhost); client (DNS scraper.example, IP 192.0.2.7), stranger (another SAN),
# expired, foreign (by other_ca), serverish (not for clients). Each NAME.pem and NAME.key.

# certificate_sign NAME CA FROM TO EXTENSION...: dates as YYMMDDHHMMSSZ
certificate_sign() {
	local name=$1 ca=$2 from=$3 to=$4
	shift 4
	openssl ecparam -genkey -name prime256v1 -noout -out "$name.key" &&
		openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr" &&
		printf '%s\n' "basicConstraints=CA:FALSE" "$@" >"$name.ext" &&
		openssl ca -batch -config ca.conf -cert "$ca.pem" -keyfile "$ca.key" -in "$name.csr" -out "$name.pem" -notext \
			-startdate "$from" -enddate "$to" -extfile "$name.ext"
}

certificates_make() {
	local ca from=20200101000000Z to=20990101000000Z names="subjectAltName=DNS:localhost,IP:127.0.0.1"
	local client="extendedKeyUsage=clientAuth" server="extendedKeyUsage=serverAuth"
	printf '%s\n' '[ca]' 'default_ca=it' '[it]' 'new_certs_dir=.' 'database=index.txt' 'rand_serial=yes' 'default_md=sha256' \
		'policy=any' 'unique_subject=no' '[any]' 'commonName=supplied' >ca.conf
	: >index.txt
	for ca in ca other_ca; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$ca.key" -out "$ca.pem" -days 3650 \
			-subj "/CN=$ca" -addext "keyUsage=critical,keyCertSign,cRLSign" || return 1
	done
	certificate_sign server ca $from $to "$names" "$server" && certificate_sign server2 ca $from $to "$names" "$server" &&
		certificate_sign client ca $from $to "subjectAltName=DNS:scraper.example,IP:192.0.2.7" "$client" &&
		certificate_sign stranger ca $from $to "subjectAltName=DNS:other.example" "$client" &&
		certificate_sign expired ca $from 20210101000000Z "subjectAltName=DNS:scraper.example" "$client" &&
		certificate_sign foreign other_ca $from $to "subjectAltName=DNS:scraper.example" "$client" &&
		certificate_sign serverish ca $from $to "subjectAltName=DNS:scraper.example" "$server"
}
