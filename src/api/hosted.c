#include "api/hosted.h"

bool sw_hosted(struct sw_str host)
{
	struct sw_str name = sw_str_cut(&host, ':');
	for (const struct sw_str *h = sw_hosted_names; h->p; h++) {
		struct sw_str end = sw_str_from(name, name.n > h->n ? name.n - h->n : 0);
		bool below = name.n > h->n && name.p[name.n - h->n - 1] == '.';
		if (sw_str_eq_nocase(end, *h) && (below || name.n == h->n))
			return true;
	}
	return false;
}

const struct sw_str sw_hosted_names[] = { { "twilio.com", 10 }, { NULL, 0 } };
