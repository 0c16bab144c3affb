#include "base/num.h"
#include "base/time.h"

static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970-01-01 of a proleptic Gregorian date; years count from March so that the leap day is last. */
static int64_t days_from_date(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = floor_div(year, 400);
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct sw_civil sw_time_civil(int64_t time_us)
{
	int64_t days = floor_div(time_us, SW_US_PER_DAY);
	int64_t rest = time_us - days * SW_US_PER_DAY;
	int64_t shifted = days + 719468;
	int64_t era = floor_div(shifted, 146097);
	int64_t doe = shifted - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int64_t seconds = rest / SW_US_PER_S;
	struct sw_civil c = {
		.day = (int)(doy - (153 * mp + 2) / 5 + 1),
		.month = (int)(mp < 10 ? mp + 3 : mp - 9),
		.hour = (int)(seconds / 3600),
		.minute = (int)(seconds / 60 % 60),
		.second = (int)(seconds % 60),
		.micros = (int)(rest % SW_US_PER_S),
		.weekday = (int)(((days + 4) % 7 + 7) % 7),
	};
	c.year = (int)(yoe + era * 400 + (c.month <= 2));
	return c;
}

int64_t sw_time_from_civil(const struct sw_civil *c)
{
	int64_t days = days_from_date(c->year, c->month, c->day);
	return ((days * 24 + c->hour) * 60 + c->minute) * 60 * SW_US_PER_S + c->second * SW_US_PER_S + c->micros;
}

/* Dates stand in every reply, so they are put together digit by digit instead of by printf. */
static char *put(char *at, int value, int digits)
{
	for (int i = digits - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
	return at + digits;
}

static char *put_text(char *at, const char *text)
{
	size_t n = strlen(text);
	memcpy(at, text, n);
	return at + n;
}

static char *put_clock(char *at, const struct sw_civil *c)
{
	at = put(at, c->hour, 2);
	*at++ = ':';
	at = put(at, c->minute, 2);
	*at++ = ':';
	return put(at, c->second, 2);
}

static struct sw_str wrote(char *buf, char *end)
{
	*end = 0;
	return (struct sw_str){ buf, (size_t)(end - buf) };
}

static struct sw_str internet_date(int64_t time_us, const char *zone, char buf[SW_TIME_BUF])
{
	struct sw_civil c = sw_time_civil(time_us);
	char *at = put_text(buf, weekdays[c.weekday]);
	at = put_text(at, ", ");
	at = put(at, c.day, 2);
	*at++ = ' ';
	at = put_text(at, months[c.month - 1]);
	*at++ = ' ';
	at = put(at, c.year, 4);
	*at++ = ' ';
	return wrote(buf, put_text(put_clock(at, &c), zone));
}

static char *put_iso(char *at, const struct sw_civil *c)
{
	at = put(at, c->year, 4);
	*at++ = '-';
	at = put(at, c->month, 2);
	*at++ = '-';
	at = put(at, c->day, 2);
	*at++ = 'T';
	return put_clock(at, c);
}

struct sw_str sw_time_rfc2822(int64_t time_us, char buf[SW_TIME_BUF])
{
	return internet_date(time_us, " +0000", buf);
}

struct sw_str sw_time_http(int64_t time_us, char buf[SW_TIME_BUF])
{
	return internet_date(time_us, " GMT", buf);
}

struct sw_str sw_time_iso(int64_t time_us, char buf[SW_TIME_BUF])
{
	struct sw_civil c = sw_time_civil(time_us);
	return wrote(buf, put_text(put_iso(buf, &c), "Z"));
}

struct sw_str sw_time_rfc3339(int64_t time_us, char buf[SW_TIME_BUF])
{
	struct sw_civil c = sw_time_civil(time_us);
	char *at = put_iso(buf, &c);
	*at++ = '.';
	at = put(at, c.micros, 6);
	return wrote(buf, put_text(at, "Z"));
}

/* The n digits at the start of *s as a number, moving *s behind them and the one character `behind` (0: none). */
static int take_digits(struct sw_str *s, size_t n, char behind, int *ret)
{
	int64_t value;
	struct sw_str digits = sw_str_sub(*s, 0, n);
	if (digits.n < n || digits.p[0] == '-' || sw_num_parse(digits, &value))
		return SW_EINVAL;
	*s = sw_str_from(*s, n);
	if (behind && (s->n == 0 || s->p[0] != behind))
		return SW_EINVAL;
	*s = sw_str_from(*s, behind != 0);
	*ret = (int)value;
	return 0;
}

static bool date_exists(const struct sw_civil *c)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (c->year % 4 == 0 && c->year % 100 != 0) || c->year % 400 == 0;
	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= lengths[c->month - 1] + (c->month == 2 && leap);
}

static int take_date(struct sw_str *s, struct sw_civil *c)
{
	if (take_digits(s, 4, '-', &c->year) || take_digits(s, 2, '-', &c->month) || take_digits(s, 2, 0, &c->day))
		return SW_EINVAL;
	return date_exists(c) ? 0 : SW_EINVAL;
}

int sw_time_parse_date(struct sw_str text, int64_t *ret_us)
{
	struct sw_civil c = { 0 };
	if (take_date(&text, &c) || text.n)
		return SW_EINVAL;
	*ret_us = sw_time_from_civil(&c);
	return 0;
}

static int take_fraction(struct sw_str *s, int *ret_micros)
{
	if (s->n == 0 || s->p[0] != '.')
		return 0;
	int micros = 0;
	size_t i = 1;
	for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++)
		if (i <= 6)
			micros = micros * 10 + (s->p[i] - '0');
	if (i == 1 || i > 10)
		return SW_EINVAL;
	for (size_t k = i; k <= 6; k++)
		micros *= 10;
	*s = sw_str_from(*s, i);
	*ret_micros = micros;
	return 0;
}

static int take_zone(struct sw_str *s, int *ret_minutes)
{
	if (sw_str_is(*s, "Z") || sw_str_is(*s, "z")) {
		*ret_minutes = 0;
		return 0;
	}
	if (s->n != 6 || (s->p[0] != '+' && s->p[0] != '-'))
		return SW_EINVAL;
	int sign = s->p[0] == '-' ? -1 : 1, hours, minutes;
	*s = sw_str_from(*s, 1);
	if (take_digits(s, 2, ':', &hours) || take_digits(s, 2, 0, &minutes) || hours > 23 || minutes > 59)
		return SW_EINVAL;
	*ret_minutes = sign * (hours * 60 + minutes);
	return 0;
}

int sw_time_parse(struct sw_str text, int64_t *ret_us)
{
	if (text.n == 10)
		return sw_time_parse_date(text, ret_us);
	struct sw_civil c = { 0 };
	int zone_minutes;
	if (take_date(&text, &c) || text.n == 0 || (text.p[0] != 'T' && text.p[0] != 't' && text.p[0] != ' '))
		return SW_EINVAL;
	text = sw_str_from(text, 1);
	if (take_digits(&text, 2, ':', &c.hour) || take_digits(&text, 2, ':', &c.minute) ||
	    take_digits(&text, 2, 0, &c.second) || take_fraction(&text, &c.micros) || take_zone(&text, &zone_minutes))
		return SW_EINVAL;
	if (c.hour > 23 || c.minute > 59 || c.second > 60)
		return SW_EINVAL;
	*ret_us = sw_time_from_civil(&c) - zone_minutes * 60 * SW_US_PER_S;
	return 0;
}
