#!/bin/sh
# SPDX-License-Identifier: ISC
# Every way to log in that a real Dovecot knows: it checks what we compute, and we what it does.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
need openssl
case $(dovecot --version 2>/dev/null) in
2.[0123].*) ;;
*) skip_all 'written for the settings of Dovecot 2.3' ;;
esac

# A client's certificate, by the CA that live_certificate makes.
live_certificate
(
	cd "$TMP/tls" || exit
	printf '[v3]\nextendedKeyUsage=clientAuth\nbasicConstraints=CA:FALSE\n' >ext.client
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ann -keyout client.key -out client.csr &&
	openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext.client -extensions v3 -out client.pem
) >>"$TMP/tls/log" 2>&1

# Access tokens are JWTs, signed with a key that Dovecot has (RFC 7519).
url64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
jwt() {	# USER SECONDS
	now=$(date +%s)
	jwt_body=$(printf '{"alg":"HS256","typ":"JWT"}' | url64).$(printf '{"sub":"%s","iat":%d,"exp":%d}' "$1" $((now - 60)) $((now + $2)) | url64)
	printf '%s.%s\n' "$jwt_body" "$(printf %s "$jwt_body" | openssl dgst -sha256 -hmac key -binary | url64)"
}
mkdir -p "$TMP/d/keys/default/HS256"
printf key | openssl base64 -A >"$TMP/d/keys/default/HS256/default"
cat >"$TMP/d/oauth2" <<EOT
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$TMP/d/keys/
username_attribute = sub
EOT
live_dovecot "
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 external xoauth2 oauthbearer
auth_ssl_username_from_cert = yes
ssl_ca = <$CA
ssl_verify_client_cert = yes
ssl_require_crl = no
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $TMP/d/oauth2
}
passdb {
  driver = static
  mechanisms = external
  args = nopassword=y
}"
jwt ann 600 >"$TMP/good"
jwt ann -30 >"$TMP/old"
jwt bob 600 >"$TMP/bobs"

pop() { mpop -v -c -a "pop3s://ann@localhost:$POPS" -o tls-ca="$CA" "$@"; }
imap() { mimap -v -a "imaps://ann@localhost:$IMAPS" -o tls-ca="$CA" "$@" ls; }
by() {	# MECHANISM OPTIONS…
	by_name=$1
	shift
	for program in pop imap; do
		exits 0 "$program: $by_name" "$program" "$@"
		like "$(cat "$TMP/err")" "AUTH[A-Z]* $by_name( |\$)" "$program: it was $by_name"
	done
}
refused() {	# NAME ERE OPTIONS…
	refused_name=$1 refused_ere=$2
	shift 2
	for program in pop imap; do
		exits 77 "$program: $refused_name" "$program" "$@"
		like "$(cat "$TMP/err")" "$refused_ere" "$program: $refused_name: is said"
	done
}
right='password=!echo secret' wrong='password=!echo Secret'
certificate="-o tls-cert=$TMP/tls/client.pem -o tls-key=$TMP/tls/client.key"

by SCRAM-SHA-256 -o "$right"
for mechanism in scram-sha-256 scram-sha-1 cram-md5 plain login; do
	by "$(echo $mechanism | tr a-z A-Z)" -o "$right" -o auth=$mechanism
	refused "$mechanism, wrong password" 'check the user and password' -o "$wrong" -o auth=$mechanism
done
by OAUTHBEARER -o "token=!cat $TMP/good"
by XOAUTH2 -o "token=!cat $TMP/good" -o auth=xoauth2
for mechanism in oauthbearer xoauth2; do
	refused "$mechanism, a token that has expired" 'check the user and token \([a-z0-9_]*\)' -o "token=!cat $TMP/old" -o auth=$mechanism
	refused "$mechanism, somebody else's token" 'check the user and token' -o "token=!cat $TMP/bobs" -o auth=$mechanism
done
by EXTERNAL $certificate
by SCRAM-SHA-256 $certificate -o "$right"
by EXTERNAL $certificate -o "$right" -o auth=external
refused 'external, no certificate' 'check the user and client certificate' -o auth=external
done_testing
