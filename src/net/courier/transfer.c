#include "net/courier/transfer.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/clock.h"
#include "net/metrics.h"
#include "net/courier/reach.h"

/* clang-format off */
const struct sw_lane_limits sw_lane_limits[SW_LANES] = {
	[SW_LANE_INTERACTIVE] = { 256, 128, 32, 1024,  1000, 5000,  5000, 15000, 256 * 1024 },
	[SW_LANE_CALLBACK] =    { 256, 128, 32, 65536, 1000, 2000,  5000, 15000, 64 * 1024 },
	[SW_LANE_STREAM] =      { 64,  32,  8,  8192,  1000, 5000,  5000, 30000, 64 * 1024 },
	[SW_LANE_OPS] =         { 16,  8,   4,  256,   5000, 10000, 5000, 10000, 1024 * 1024 },
};
/* clang-format on */

/* One row an error: name, what a _wait function returns, what to say without words of libcurl. */
static const struct {
	const char *name;
	int err;
	const char *why;
} errors[SW_FETCH_ERRORS] = {
	[SW_FETCH_OK] = { "ok", 0, "" },
	[SW_FETCH_BAD_REQUEST] = { "bad-request", SW_EINVAL, "the URL, the method or a header field is malformed" },
	[SW_FETCH_DNS] = { "dns", SW_EIO, "the host's name could not be resolved" },
	[SW_FETCH_CONNECT] = { "connect", SW_EIO, "the connection was refused" },
	[SW_FETCH_CONNECT_TIMEOUT] = { "connect-timeout", SW_ETIMEDOUT, "no connection could be made in time" },
	[SW_FETCH_LOST] = { "lost", SW_EIO, "the connection was lost before the answer" },
	[SW_FETCH_TLS] = { "tls", SW_EIO, "the TLS handshake failed" },
	[SW_FETCH_TLS_HOST] = { "tls-host", SW_EIO, "the certificate belongs to another host" },
	[SW_FETCH_TLS_EXPIRED] = { "tls-expired", SW_EIO, "the certificate has expired or is not valid yet" },
	[SW_FETCH_TLS_CHAIN] = { "tls-chain", SW_EIO, "the certificate is not signed by a trusted authority" },
	[SW_FETCH_TIMEOUT] = { "timeout", SW_ETIMEDOUT, "no answer came in time" },
	[SW_FETCH_TOO_LARGE] = { "too-large", SW_ELIMIT, "the answer is larger than allowed" },
	[SW_FETCH_REFUSED_ADDRESS] = { "refused-address", SW_EPERM,
				       "the host's address is private, local or reserved and not allowed" },
	[SW_FETCH_PROTOCOL] = { "protocol", SW_EIO, "the answer is cut short or not HTTP" },
	[SW_FETCH_BUSY] = { "busy", SW_EBUSY, "more requests are waiting than the host takes" },
	[SW_FETCH_CLOSED] = { "closed", SW_ECLOSED, "the program is ending" },
	[SW_FETCH_CANCELED] = { "canceled", SW_ECANCELED, "the wait was cancelled" },
};

static const struct {
	CURLcode code;
	enum sw_fetch_error error;
} codes[] = {
	{ CURLE_OK, SW_FETCH_OK },
	{ CURLE_URL_MALFORMAT, SW_FETCH_BAD_REQUEST },
	{ CURLE_COULDNT_RESOLVE_HOST, SW_FETCH_DNS },
	{ CURLE_COULDNT_RESOLVE_PROXY, SW_FETCH_DNS },
	{ CURLE_COULDNT_CONNECT, SW_FETCH_CONNECT },
	{ CURLE_SEND_ERROR, SW_FETCH_LOST },
	{ CURLE_RECV_ERROR, SW_FETCH_LOST },
	{ CURLE_SSL_CONNECT_ERROR, SW_FETCH_TLS },
	{ CURLE_PEER_FAILED_VERIFICATION, SW_FETCH_TLS_CHAIN },
	{ CURLE_SSL_CACERT_BADFILE, SW_FETCH_TLS },
	{ CURLE_SSL_CERTPROBLEM, SW_FETCH_TLS },
	{ CURLE_SSL_CIPHER, SW_FETCH_TLS },
	{ CURLE_SSL_ISSUER_ERROR, SW_FETCH_TLS_CHAIN },
	{ CURLE_OPERATION_TIMEDOUT, SW_FETCH_TIMEOUT },
	{ CURLE_FILESIZE_EXCEEDED, SW_FETCH_TOO_LARGE },
};

/* What OpenSSL found wrong with a certificate (X509_V_ERR_…, stable numbers); a wrong host is found by libcurl. */
static const struct {
	long verify;
	enum sw_fetch_error error;
} certificates[] = {
	{ 0, SW_FETCH_TLS_HOST },
	{ 9, SW_FETCH_TLS_EXPIRED },
	{ 10, SW_FETCH_TLS_EXPIRED },
	{ 62, SW_FETCH_TLS_HOST },
};

const char *sw_fetch_error_name(enum sw_fetch_error error)
{
	return errors[error].name;
}

int sw_transfer_result(enum sw_fetch_error error)
{
	return errors[error].err;
}

struct sw_str sw_transfer_why(enum sw_fetch_error error)
{
	return sw_str_of(errors[error].why);
}

void sw_transfer_defaults(struct sw_fetch *fetch)
{
	SW_BUG_ON(fetch->lane >= SW_LANES);
	const struct sw_lane_limits *limits = &sw_lane_limits[fetch->lane];
	if (!fetch->connect_timeout_ms)
		fetch->connect_timeout_ms = limits->connect_timeout_ms;
	if (!fetch->total_timeout_ms)
		fetch->total_timeout_ms = limits->total_timeout_ms;
	if (!fetch->response_max_bytes)
		fetch->response_max_bytes = limits->response_max_bytes;
}

static void global_init(void)
{
	SW_BUG_ON(curl_global_init(CURL_GLOBAL_DEFAULT) != 0);
}

void sw_transfer_global(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, global_init);
}

/* ---- callbacks of libcurl ---- */

static curl_socket_t on_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct sw_transfer *transfer = data;
	const struct sw_courier_config *config = transfer->config;
	enum sw_reach_class reach = sw_reach_of(&address->addr);
	bool allowed = transfer->fetch->trusted || reach == SW_REACH_PUBLIC ||
		       (reach == SW_REACH_PRIVATE && config->allow_private) ||
		       (reach == SW_REACH_LOOPBACK && config->allow_loopback);
	(void)purpose;
	if (!allowed) {
		transfer->refused = true;
		return CURL_SOCKET_BAD;
	}
	sw_count(&sw_courier_metrics, SW_COURIER_CONNECTS, 1);
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* For the read time-out only: most requests have none and need not look at the clock. */
static void hear(struct sw_transfer *transfer)
{
	if (transfer->fetch->read_timeout_ms)
		transfer->heard_us = sw_mono_us();
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
	struct sw_transfer *transfer = data;
	size_t total = size * n;
	hear(transfer);
	if (transfer->body.n + total > transfer->fetch->response_max_bytes) {
		transfer->too_large = true;
		return 0;
	}
	if (!transfer->body.cap) {
		/* Announced and allowed: one piece instead of doubling. */
		curl_off_t length = -1;
		curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
		if (length > 0 && (uint64_t)length <= transfer->fetch->response_max_bytes) {
			transfer->body.cap = (size_t)length;
			transfer->body.p = sw_arena_bytes(transfer->arena, transfer->body.cap);
		}
	}
	sw_buf_add(&transfer->body, bytes, total);
	return total;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *data)
{
	struct sw_transfer *transfer = data;
	struct sw_str line = { bytes, size * n }, value = sw_str_trim(line), name;
	hear(transfer);
	if (sw_str_starts(line, SW_S("HTTP/"))) {
		/* A further head: the one before was a 100. */
		transfer->fetched.headers_n = 0;
		return line.n;
	}
	transfer->head_bytes += line.n;
	if (transfer->head_bytes > SW_TRANSFER_HEAD_BYTES) {
		transfer->too_large = true;
		return 0;
	}
	name = sw_str_cut(&value, ':');
	if (!value.p || transfer->fetched.headers_n == SW_TRANSFER_HEADERS_MAX)
		return line.n;
	struct sw_http_header *header = &transfer->headers[transfer->fetched.headers_n++];
	header->name = sw_str_dup(transfer->arena, name);
	header->value = sw_str_dup(transfer->arena, sw_str_trim(value));
	return line.n;
}

/* ---- the request ---- */

/* Nothing that could end a line or begin another request. */
static bool is_clean(struct sw_str s, char lowest)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < (unsigned char)lowest || s.p[i] == 0x7f)
			return false;
	return true;
}

/* What stands behind the authority, up to the fragment: sent as it is. False: no http or https URL. */
static bool target_of(struct sw_arena *arena, struct sw_str url, struct sw_str *ret)
{
	static const struct sw_str schemes[] = { { "http://", 7 }, { "https://", 8 } };
	for (size_t i = 0; i < SW_COUNTOF(schemes); i++) {
		if (!sw_str_eq_nocase(sw_str_sub(url, 0, schemes[i].n), schemes[i]))
			continue;
		struct sw_str rest = sw_str_from(url, schemes[i].n);
		rest = sw_str_cut(&rest, '#');
		size_t n = 0;
		while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
			n++;
		struct sw_str target = sw_str_from(rest, n);
		const char *slash = target.n && target.p[0] == '/' ? "" : "/";
		*ret = sw_str_fmt(arena, "%s%.*s", slash, SW_FMT(target));
		return n > 0;
	}
	return false;
}

static bool has_header(const struct sw_fetch *fetch, const char *name)
{
	for (size_t i = 0; i < fetch->headers_n; i++)
		if (sw_str_eq_nocase(fetch->headers[i].name, sw_str_of(name)))
			return true;
	return false;
}

/* libcurl only reads the list: it lives in the arena. */
static void add_line(struct sw_transfer *transfer, char *line)
{
	struct curl_slist *node = SW_ARENA_NEW(transfer->arena, struct curl_slist);
	*node = (struct curl_slist){ line, transfer->list };
	transfer->list = node;
}

static bool add_headers(struct sw_transfer *transfer)
{
	static char no_expect[] = "Expect:", no_type[] = "Content-Type:";
	const struct sw_fetch *fetch = transfer->fetch;
	/* No waiting for a 100, and no type that the caller did not name. */
	add_line(transfer, no_expect);
	if (!has_header(fetch, "Content-Type"))
		add_line(transfer, no_type);
	for (size_t i = fetch->headers_n; i-- > 0;) {
		const struct sw_http_header *header = &fetch->headers[i];
		if (!header->name.n || !is_clean(header->name, '!') || !is_clean(header->value, ' ') ||
		    sw_str_index(header->name, ':') >= 0)
			return false;
		struct sw_str sign = header->value.n ? SW_S(": ") : SW_S(";"); /* libcurl's, for one without a value */
		char *line = sw_arena_bytes(transfer->arena, header->name.n + header->value.n + 3);
		char *end = mempcpy(line, header->name.p, header->name.n);
		end = mempcpy(end, sign.p, sign.n);
		if (header->value.n)
			end = mempcpy(end, header->value.p, header->value.n);
		*end = '\0';
		add_line(transfer, line);
	}
	return true;
}

static void set_method(CURL *easy, const struct sw_fetch *fetch, const char *method)
{
	if (fetch->body.p) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)fetch->body.n);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fetch->body.n ? fetch->body.p : "");
	} else if (sw_str_is(fetch->method, "HEAD")) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	} else {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

void sw_transfer_prepare(CURL *easy, const struct sw_courier_config *config)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* A name that does not resolve must not hold up everybody at the time-out. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	/* The environment's proxy would connect for us, past the check of the address. */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, config->user_agent.p ? config->user_agent.p : "Strowger");
	if (config->ca_file.p)
		curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file.p);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
}

static void set_places(struct sw_transfer *transfer)
{
	CURL *easy = transfer->easy;
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
}

/* libcurl shares connections only between equal certificates and authorities; a line with the owner, outside of what
 * PEM reads, makes those of two accounts differ. */
static void set_pem(struct sw_transfer *transfer, CURLoption option, struct sw_str pem)
{
	struct sw_str owned =
		sw_str_fmt(transfer->arena, "# %.*s\n%.*s", SW_FMT(transfer->fetch->identity->owner), SW_FMT(pem));
	struct curl_blob blob = { .data = (void *)(uintptr_t)owned.p, .len = owned.n, .flags = CURL_BLOB_COPY };
	if (pem.n)
		curl_easy_setopt(transfer->easy, option, &blob);
}

static void set_identity(struct sw_transfer *transfer)
{
	const struct sw_fetch_identity *identity = transfer->fetch->identity;
	if (!identity)
		return;
	set_pem(transfer, CURLOPT_SSLCERT_BLOB, identity->certificate);
	set_pem(transfer, CURLOPT_SSLKEY_BLOB, identity->private_key);
	set_pem(transfer, CURLOPT_CAINFO_BLOB, identity->authorities);
	if (identity->authorities.n && identity->exact)
		curl_easy_setopt(transfer->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	if (identity->authorities.n) /* instead of the system's, not beside them */
		curl_easy_setopt(transfer->easy, CURLOPT_CAPATH, NULL);
}

void sw_transfer_compose(struct sw_transfer *transfer)
{
	const struct sw_fetch *fetch = transfer->fetch;
	transfer->malformed = !fetch->method.n || !is_clean(fetch->method, '!') || !is_clean(fetch->url, '!') ||
			      !target_of(transfer->arena, fetch->url, &transfer->target) || !add_headers(transfer);
}

enum sw_fetch_error sw_transfer_begin(struct sw_transfer *transfer)
{
	const struct sw_fetch *fetch = transfer->fetch;
	transfer->body.arena = transfer->arena;
	if (transfer->malformed)
		return SW_FETCH_BAD_REQUEST;
	set_places(transfer);
	set_identity(transfer);
	set_method(transfer->easy, fetch, sw_str_cstr(transfer->arena, fetch->method));
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->list);
	curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET, transfer->target.p);
	/* libcurl repeats a request, POST too, when a connection that was kept ends before the answer begins. */
	curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, (long)fetch->once);
	curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, (long)fetch->once);
	curl_easy_setopt(transfer->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)fetch->response_max_bytes);
	curl_easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)fetch->connect_timeout_ms);
	curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)fetch->total_timeout_ms);
	if (curl_easy_setopt(transfer->easy, CURLOPT_URL, sw_str_cstr(transfer->arena, fetch->url)) != CURLE_OK)
		return SW_FETCH_BAD_REQUEST;
	return SW_FETCH_OK;
}

/* ---- the result ---- */

static int64_t info_us(CURL *easy, CURLINFO info)
{
	curl_off_t us = 0;
	curl_easy_getinfo(easy, info, &us);
	return us;
}

static enum sw_fetch_error certificate_error(CURL *easy)
{
	long verify = -1;
	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verify);
	for (size_t i = 0; i < SW_COUNTOF(certificates); i++)
		if (certificates[i].verify == verify)
			return certificates[i].error;
	return SW_FETCH_TLS_CHAIN;
}

static enum sw_fetch_error error_of(const struct sw_transfer *transfer, CURLcode code)
{
	if (transfer->too_large)
		return SW_FETCH_TOO_LARGE;
	if (transfer->refused && code != CURLE_OK)
		return SW_FETCH_REFUSED_ADDRESS;
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return certificate_error(transfer->easy);
	if (code == CURLE_OPERATION_TIMEDOUT && sw_transfer_sent_us(transfer) == 0)
		return SW_FETCH_CONNECT_TIMEOUT;
	for (size_t i = 0; i < SW_COUNTOF(codes); i++)
		if (codes[i].code == code)
			return codes[i].error;
	return SW_FETCH_PROTOCOL;
}

int64_t sw_transfer_sent_us(const struct sw_transfer *transfer)
{
	return info_us(transfer->easy, CURLINFO_PRETRANSFER_TIME_T);
}

void sw_transfer_fail(struct sw_transfer *transfer, enum sw_fetch_error error)
{
	transfer->fetched.error = error;
	transfer->fetched.why = sw_transfer_why(error);
	transfer->fetched.status = 0;
	transfer->fetched.headers_n = 0; /* of half an answer */
}

static void read_info(struct sw_transfer *transfer)
{
	CURL *easy = transfer->easy;
	struct sw_fetched *fetched = &transfer->fetched;
	long status = 0, connects = 1;
	char *text = NULL;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
	fetched->status = (int)status;
	fetched->reused = connects == 0;
	if (curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &text) == CURLE_OK && text)
		fetched->content_type = sw_str_dup(transfer->arena, sw_str_of(text));
	if (curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &text) == CURLE_OK && text)
		fetched->peer = sw_str_dup(transfer->arena, sw_str_of(text));
	fetched->dns_us = info_us(easy, CURLINFO_NAMELOOKUP_TIME_T);
	fetched->connect_us = info_us(easy, CURLINFO_CONNECT_TIME_T);
	fetched->tls_us = info_us(easy, CURLINFO_APPCONNECT_TIME_T);
	fetched->first_byte_us = info_us(easy, CURLINFO_STARTTRANSFER_TIME_T);
	fetched->total_us = info_us(easy, CURLINFO_TOTAL_TIME_T);
}

void sw_transfer_end(struct sw_transfer *transfer, CURLcode code)
{
	struct sw_fetched *fetched = &transfer->fetched;
	enum sw_fetch_error error = error_of(transfer, code);
	read_info(transfer);
	if (error) {
		sw_transfer_fail(transfer, error);
		if (transfer->error[0] && error != SW_FETCH_REFUSED_ADDRESS && error != SW_FETCH_TOO_LARGE)
			fetched->why = sw_str_dup(transfer->arena, sw_str_of(transfer->error));
		return;
	}
	fetched->body = sw_buf_str(&transfer->body);
	struct sw_http_header *headers = SW_ARENA_ARRAY(transfer->arena, struct sw_http_header, fetched->headers_n + 1);
	memcpy(headers, transfer->headers, fetched->headers_n * sizeof(*headers));
	fetched->headers = headers;
}
