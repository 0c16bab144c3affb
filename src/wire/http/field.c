#include "wire/http/http.h"

struct sw_str sw_http_field(const struct sw_http_head *head, const char *name)
{
	struct sw_str want = sw_str_of(name);

	for (unsigned i = 0; i < head->fields; i++)
		if (sw_str_eq_nocase(head->field[i].name, want))
			return head->field[i].value;
	return SW_STR_NULL;
}

unsigned sw_http_field_count(const struct sw_http_head *head, const char *name)
{
	struct sw_str want = sw_str_of(name);
	unsigned n = 0;

	for (unsigned i = 0; i < head->fields; i++)
		n += sw_str_eq_nocase(head->field[i].name, want);
	return n;
}

/* RFC 9110 section 15, RFC 6585, RFC 4918 (422 is in RFC 9110), RFC 7725. */
static const struct {
	int status;
	const char *phrase;
} reasons[] = {
	{ 100, "Continue" },
	{ 101, "Switching Protocols" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 203, "Non-Authoritative Information" },
	{ 204, "No Content" },
	{ 205, "Reset Content" },
	{ 206, "Partial Content" },
	{ 207, "Multi-Status" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 425, "Too Early" },
	{ 426, "Upgrade Required" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 451, "Unavailable For Legal Reasons" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
	{ 511, "Network Authentication Required" },
};

const char *sw_http_reason(int status)
{
	size_t low = 0, high = SW_COUNTOF(reasons);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (reasons[mid].status == status)
			return reasons[mid].phrase;
		if (reasons[mid].status < status)
			low = mid + 1;
		else
			high = mid;
	}
	return "";
}
