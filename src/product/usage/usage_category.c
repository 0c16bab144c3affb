/* Categories of usage: those that are counted here, and the names that the contract has besides. */
#include "product/usage/usage_count.h"

#define LEAF(name) (1u << USAGE_##name)

/* clang-format off */
const struct usage_category usage_categories[] = {
	{ "channels", "Messages over channels", LEAF(CHANNEL_OUT) | LEAF(CHANNEL_IN), "messages", "messages" },
	{ "channels-messaging-inbound", "Channel messages received", LEAF(CHANNEL_IN), "messages", "messages" },
	{ "channels-messaging-outbound", "Channel messages sent", LEAF(CHANNEL_OUT), "messages", "messages" },
	{ "mms", "MMS messages", LEAF(MMS_OUT) | LEAF(MMS_IN), "messages", "messages" },
	{ "mms-inbound", "MMS messages received", LEAF(MMS_IN), "messages", "messages" },
	{ "mms-inbound-longcode", "MMS messages received by phone numbers", LEAF(MMS_IN), "messages", "messages" },
	{ "mms-outbound", "MMS messages sent", LEAF(MMS_OUT), "messages", "messages" },
	{ "mms-outbound-longcode", "MMS messages sent from phone numbers", LEAF(MMS_OUT), "messages", "messages" },
	{ "sms", "SMS messages", LEAF(SMS_OUT) | LEAF(SMS_IN), "messages", "segments" },
	{ "sms-inbound", "SMS messages received", LEAF(SMS_IN), "messages", "segments" },
	{ "sms-inbound-longcode", "SMS messages received by phone numbers", LEAF(SMS_IN), "messages", "segments" },
	{ "sms-outbound", "SMS messages sent", LEAF(SMS_OUT), "messages", "segments" },
	{ "sms-outbound-longcode", "SMS messages sent from phone numbers", LEAF(SMS_OUT), "messages", "segments" },
	{ "totalprice", "Total price", ~0u, "", "usd" },
	{ 0 },
};

/* Answered with nothing used. */
static const char *const others[] = {
	"a2p-registration-fees", "agent-conference", "answering-machine-detection", "authy-authentications",
	"authy-calls-outbound", "authy-monthly-fees", "authy-phone-intelligence", "authy-phone-verifications",
	"authy-sms-outbound", "call-progess-events", "calleridlookups", "calls", "calls-client",
	"calls-globalconference", "calls-inbound", "calls-inbound-local", "calls-inbound-mobile",
	"calls-inbound-tollfree", "calls-outbound", "calls-pay-verb-transactions", "calls-recordings", "calls-sip",
	"calls-sip-inbound", "calls-sip-outbound", "calls-transfers", "carrier-lookups", "conversations",
	"conversations-api-requests", "conversations-conversation-events", "conversations-endpoint-connectivity",
	"conversations-events", "conversations-participant-events", "conversations-participants", "cps", "flex-usage",
	"fraud-lookups", "group-rooms", "group-rooms-data-track", "group-rooms-encrypted-media-recorded",
	"group-rooms-media-downloaded", "group-rooms-media-recorded", "group-rooms-media-routed",
	"group-rooms-media-stored", "group-rooms-participant-minutes", "group-rooms-recorded-minutes", "imp-v1-usage",
	"lookups", "marketplace", "marketplace-algorithmia-named-entity-recognition",
	"marketplace-cadence-transcription", "marketplace-cadence-translation", "marketplace-capio-speech-to-text",
	"marketplace-convriza-ababa", "marketplace-deepgram-phrase-detector",
	"marketplace-digital-segment-business-info", "marketplace-facebook-offline-conversions",
	"marketplace-google-speech-to-text", "marketplace-ibm-watson-message-insights",
	"marketplace-ibm-watson-message-sentiment", "marketplace-ibm-watson-recording-analysis",
	"marketplace-ibm-watson-tone-analyzer", "marketplace-icehook-systems-scout",
	"marketplace-infogroup-dataaxle-bizinfo", "marketplace-keen-io-contact-center-analytics",
	"marketplace-marchex-cleancall", "marketplace-marchex-sentiment-analysis-for-sms",
	"marketplace-marketplace-nextcaller-social-id", "marketplace-mobile-commons-opt-out-classifier",
	"marketplace-nexiwave-voicemail-to-text", "marketplace-nextcaller-advanced-caller-identification",
	"marketplace-nomorobo-spam-score", "marketplace-payfone-tcpa-compliance",
	"marketplace-remeeting-automatic-speech-recognition", "marketplace-tcpa-defense-solutions-blacklist-feed",
	"marketplace-telo-opencnam", "marketplace-truecnam-true-spam", "marketplace-twilio-caller-name-lookup-us",
	"marketplace-twilio-carrier-information-lookup", "marketplace-voicebase-pci",
	"marketplace-voicebase-transcription", "marketplace-voicebase-transcription-custom-vocabulary",
	"marketplace-whitepages-pro-caller-identification", "marketplace-whitepages-pro-phone-intelligence",
	"marketplace-whitepages-pro-phone-reputation", "marketplace-wolfarm-spoken-results",
	"marketplace-wolfram-short-answer", "marketplace-ytica-contact-center-reporting-analytics", "mediastorage",
	"mms-inbound-shortcode", "mms-messages-carrierfees", "mms-outbound-shortcode", "monitor-reads",
	"monitor-storage", "monitor-writes", "notify", "notify-actions-attempts", "notify-channels",
	"number-format-lookups", "pchat", "pchat-users", "peer-to-peer-rooms-participant-minutes", "pfax",
	"pfax-minutes", "pfax-minutes-inbound", "pfax-minutes-outbound", "pfax-pages", "phonenumbers",
	"phonenumbers-cps", "phonenumbers-emergency", "phonenumbers-local", "phonenumbers-mobile",
	"phonenumbers-setups", "phonenumbers-tollfree", "premiumsupport", "proxy", "proxy-active-sessions",
	"pstnconnectivity", "pv", "pv-composition-media-downloaded", "pv-composition-media-encrypted",
	"pv-composition-media-stored", "pv-composition-minutes", "pv-recording-compositions", "pv-room-participants",
	"pv-room-participants-au1", "pv-room-participants-br1", "pv-room-participants-ie1",
	"pv-room-participants-jp1", "pv-room-participants-sg1", "pv-room-participants-us1",
	"pv-room-participants-us2", "pv-rooms", "pv-sip-endpoint-registrations", "recordings", "recordingstorage",
	"rooms-group-bandwidth", "rooms-group-minutes", "rooms-peer-to-peer-minutes", "shortcodes",
	"shortcodes-customerowned", "shortcodes-mms-enablement", "shortcodes-mps", "shortcodes-random",
	"shortcodes-uk", "shortcodes-vanity", "small-group-rooms", "small-group-rooms-data-track",
	"small-group-rooms-participant-minutes", "sms-inbound-shortcode", "sms-messages-carrierfees",
	"sms-messages-features", "sms-messages-features-senderid", "sms-outbound-content-inspection",
	"sms-outbound-shortcode", "speech-recognition", "studio-engagements", "sync", "sync-actions",
	"sync-endpoint-hours", "sync-endpoint-hours-above-daily-cap", "taskrouter-tasks", "transcriptions",
	"trunking-cps", "trunking-emergency-calls", "trunking-origination", "trunking-origination-local",
	"trunking-origination-mobile", "trunking-origination-tollfree", "trunking-recordings", "trunking-secure",
	"trunking-termination", "turnmegabytes", "turnmegabytes-australia", "turnmegabytes-brasil",
	"turnmegabytes-germany", "turnmegabytes-india", "turnmegabytes-ireland", "turnmegabytes-japan",
	"turnmegabytes-singapore", "turnmegabytes-useast", "turnmegabytes-uswest", "twilio-interconnect",
	"verify-push", "video-recordings", "voice-insights", "voice-insights-client-insights-on-demand-minute",
	"voice-insights-ptsn-insights-on-demand-minute", "voice-insights-sip-interface-insights-on-demand-minute",
	"voice-insights-sip-trunking-insights-on-demand-minute", "wireless", "wireless-orders",
	"wireless-orders-artwork", "wireless-orders-bulk", "wireless-orders-esim", "wireless-orders-starter",
	"wireless-usage", "wireless-usage-commands", "wireless-usage-commands-africa", "wireless-usage-commands-asia",
	"wireless-usage-commands-centralandsouthamerica", "wireless-usage-commands-europe",
	"wireless-usage-commands-home", "wireless-usage-commands-northamerica", "wireless-usage-commands-oceania",
	"wireless-usage-commands-roaming", "wireless-usage-data", "wireless-usage-data-africa",
	"wireless-usage-data-asia", "wireless-usage-data-centralandsouthamerica",
	"wireless-usage-data-custom-additionalmb", "wireless-usage-data-custom-first5mb",
	"wireless-usage-data-domestic-roaming", "wireless-usage-data-europe",
	"wireless-usage-data-individual-additionalgb", "wireless-usage-data-individual-firstgb",
	"wireless-usage-data-international-roaming-canada", "wireless-usage-data-international-roaming-india",
	"wireless-usage-data-international-roaming-mexico", "wireless-usage-data-northamerica",
	"wireless-usage-data-oceania", "wireless-usage-data-pooled", "wireless-usage-data-pooled-downlink",
	"wireless-usage-data-pooled-uplink", "wireless-usage-mrc", "wireless-usage-mrc-custom",
	"wireless-usage-mrc-individual", "wireless-usage-mrc-pooled", "wireless-usage-mrc-suspended",
	"wireless-usage-sms", "wireless-usage-voice",
};

static const struct leaf {
	const char *product, *direction;
} leaves[USAGE_LEAVES] = {
	[USAGE_SMS_OUT] = { "sms", "outbound" },	     [USAGE_SMS_IN] = { "sms", "inbound" },
	[USAGE_MMS_OUT] = { "mms", "outbound" },	     [USAGE_MMS_IN] = { "mms", "inbound" },
	[USAGE_CHANNEL_OUT] = { "channel", "outbound" }, [USAGE_CHANNEL_IN] = { "channel", "inbound" },
};
/* clang-format on */

int usage_leaf(struct sw_str product, struct sw_str direction)
{
	for (int i = 1; i < USAGE_LEAVES; i++)
		if (sw_str_is(product, leaves[i].product) && sw_str_starts(direction, sw_str_of(leaves[i].direction)))
			return i;
	return 0;
}

/* "calls-inbound-local" is "Calls inbound local". */
static const char *describe(struct sw_arena *arena, struct sw_str name)
{
	struct sw_str text = sw_str_dup(arena, name);
	char *p = (char *)(uintptr_t)text.p;
	for (size_t i = 0; i < text.n; i++)
		if (p[i] == '-')
			p[i] = ' ';
	p[0] = (char)(p[0] - 32);
	return sw_str_cstr(arena, text);
}

bool usage_category_find(struct sw_arena *arena, struct sw_str name, struct usage_category *ret)
{
	for (const struct usage_category *known = usage_categories; known->name; known++)
		if (sw_str_is(name, known->name)) {
			*ret = *known;
			return true;
		}
	for (size_t i = 0; i < SW_COUNTOF(others); i++)
		if (sw_str_is(name, others[i])) {
			*ret = (struct usage_category){ others[i], describe(arena, name), 0, "", "" };
			return true;
		}
	return false;
}
