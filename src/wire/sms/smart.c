#include "wire/sms/sms.h"

static const struct {
	uint16_t cp;
	char text[6];
} substitutes[] = {
#define X(cp_, text_) { cp_, text_ },
#include "wire/sms/smart.def"
#undef X
};

struct sw_str sw_sms_smart(uint32_t cp)
{
	size_t low = 0, high = SW_COUNTOF(substitutes);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (substitutes[mid].cp == cp)
			return sw_str_of(substitutes[mid].text);
		if (substitutes[mid].cp < cp)
			low = mid + 1;
		else
			high = mid;
	}
	return SW_STR_NULL;
}
