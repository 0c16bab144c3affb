#include <stdlib.h>

#include "net/courier/transfer.h"

int sw_http_call_now(const struct sw_fetch *request, struct sw_arena *arena, struct sw_fetched *ret)
{
	static const struct sw_courier_config config;
	struct sw_fetch fetch = *request;
	struct sw_transfer *transfer = SW_ARENA_NEW(arena, struct sw_transfer);
	sw_transfer_defaults(&fetch);
	fetch.trusted = true;
	sw_transfer_global();
	*transfer = (struct sw_transfer){ .fetch = &fetch, .config = &config, .arena = arena };
	transfer->easy = curl_easy_init();
	SW_BUG_ON(!transfer->easy);
	sw_transfer_prepare(transfer->easy, &config);
	sw_transfer_compose(transfer);
	enum sw_fetch_error error = sw_transfer_begin(transfer);
	if (error)
		sw_transfer_fail(transfer, error);
	else
		sw_transfer_end(transfer, curl_easy_perform(transfer->easy));
	curl_easy_cleanup(transfer->easy);
	*ret = transfer->fetched;
	return sw_transfer_result(ret->error);
}
