#include "wire/signature/punycode.h"

#include "base/utf8.h"

/* RFC 3492 section 5. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128, LABEL_MAX = 63 };

static bool is_ascii(struct sw_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= FIRST)
			return false;
	return true;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;
	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void add_digit(struct sw_buf *out, uint32_t digit)
{
	sw_buf_add_char(out, (char)(digit < 26 ? 'a' + digit : '0' + digit - 26));
}

/* A number of variable length, its last digit below the threshold. */
static void add_delta(struct sw_buf *out, uint32_t delta, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
		if (delta < t)
			break;
		add_digit(out, t + (delta - t) % (BASE - t));
		delta = (delta - t) / (BASE - t);
	}
	add_digit(out, delta);
}

/* At most LABEL_MAX points below 0x110000: nothing overflows. */
static void encode(struct sw_buf *out, const uint32_t *points, uint32_t n)
{
	uint32_t basic = 0, done, next = FIRST, delta = 0, bias = BIAS;
	for (uint32_t i = 0; i < n; i++)
		if (points[i] < FIRST) {
			sw_buf_add_char(out, (char)points[i]);
			basic++;
		}
	if (basic)
		sw_buf_add_char(out, '-');
	for (done = basic; done < n; delta++, next++) {
		uint32_t lowest = UINT32_MAX;
		for (uint32_t i = 0; i < n; i++)
			if (points[i] >= next && points[i] < lowest)
				lowest = points[i];
		delta += (lowest - next) * (done + 1);
		next = lowest;
		for (uint32_t i = 0; i < n; i++) {
			delta += points[i] < next;
			if (points[i] != next)
				continue;
			add_delta(out, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
}

static int add_label(struct sw_buf *out, struct sw_str label)
{
	uint32_t points[LABEL_MAX], n = 0;
	if (is_ascii(label)) {
		sw_buf_add_str(out, label);
		return 0;
	}
	if (!sw_utf8_valid(label) || sw_utf8_count(label) > LABEL_MAX)
		return SW_EINVAL;
	for (size_t at = 0; at < label.n;) {
		uint32_t point = sw_utf8_next(label, &at);
		points[n++] = point >= 'A' && point <= 'Z' ? point | 0x20 : point;
	}
	sw_buf_add_cstr(out, "xn--");
	encode(out, points, n);
	return 0;
}

int sw_punycode_host(struct sw_buf *out, struct sw_str host)
{
	while (host.p) {
		int err = add_label(out, sw_str_cut(&host, '.'));
		if (err)
			return err;
		if (host.p)
			sw_buf_add_char(out, '.');
	}
	return 0;
}
