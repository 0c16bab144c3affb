/* What an import copies, and what it only counts. */
#include "core/schema.h"
#include "main/import/import.h"
#include "main/modules.h"

enum { KINDS_MAX = 512 };

static const char *const type_members[] = { "type", "schema_version", NULL };
static const struct import_part parts[] = {
	{ "Subscription", "types", "/v1/Subscriptions/{Sid}/SubscribedEvents", "types", type_members },
};

/* Numbers, which come to accounts by contracts with carriers: the operator gives them (/v1/senders). */
static const struct {
	const char *name, *plural, *member;
} senders[] = {
	{ "IncomingPhoneNumber", "phone numbers", "phone_number" },
	{ "ShortCode", "short codes", "short_code" },
};

#define V2010 "/2010-04-01/Accounts/{AccountSid}/"
#define NONE_YET "this server has none yet"
static const struct import_absent absent[] = {
	{ "api", "/2010-04-01/Accounts.json", "accounts", "subaccounts", "import each by its own SID and token", 1 },
	{ "api", V2010 "Keys.json", "keys", "API keys", "their secrets are never shown; create new ones here", 0 },
	{ "messaging", "/v1/Services", "services", "messaging services", NONE_YET, 0 },
	{ "content", "/v1/Content", "contents", "content templates", NONE_YET, 0 },
	{ "verify", "/v2/Services", "services", "Verify services", NONE_YET, 0 },
	{ "studio", "/v2/Flows", "flows", "Studio flows", NONE_YET, 0 },
	{ "taskrouter", "/v1/Workspaces", "workspaces", "TaskRouter workspaces", NONE_YET, 0 },
	{ "conversations", "/v1/Services", "services", "Conversations services", NONE_YET, 0 },
	{ "sync", "/v1/Services", "services", "Sync services", NONE_YET, 0 },
	{ "notify", "/v1/Services", "services", "Notify services", NONE_YET, 0 },
	{ "proxy", "/v1/Services", "services", "Proxy services", NONE_YET, 0 },
	{ "serverless", "/v1/Services", "services", "Functions services", NONE_YET, 0 },
	{ "trunking", "/v1/Trunks", "trunks", "trunks", NONE_YET, 0 },
	{ "numbers", "/v2/RegulatoryCompliance/Bundles", "results", "regulatory bundles", NONE_YET, 0 },
	{ "api", V2010 "SIP/Domains.json", "domains", "SIP domains", NONE_YET, 0 },
	{ "api", V2010 "Queues.json", "queues", "queues of calls", NONE_YET, 0 },
};

static const struct sw_endpoint *find(struct sw_arena *arena, const struct sw_api *api, const char *verb,
				      const char *name)
{
	struct sw_str operation = sw_str_fmt(arena, "%s%s", verb, name);
	const struct sw_endpoint *e;
	for (size_t i = 0; (e = sw_api_endpoint(api, i)); i++)
		if (sw_str_is(operation, e->operation))
			return e;
	return NULL;
}

/* A parameter without which none is made, and which no reply shows. */
static const char *hidden(const struct import_kind *kind)
{
	for (const struct sw_field *p = kind->create->params; p->name; p++) {
		const struct sw_field *shown = sw_schema_find(kind->create->fields, sw_str_of(p->name));
		bool needed = p->flags & SW_REQUIRED && !(p->flags & SW_PATH);
		if (needed && (!shown || shown->flags & SW_HIDDEN) &&
		    !(kind->part && strcmp(kind->part->param, p->name) == 0))
			return p->name;
	}
	return NULL;
}

static struct sw_str why_not(struct sw_arena *arena, const struct sw_resource *def, const struct import_kind *kind)
{
	if (def->parent)
		return SW_S("what belongs to another resource is not copied yet");
	if (!kind->list)
		return SW_S("the API has no list of them; add here those that there are");
	if (!kind->create)
		return SW_S("they cannot be created by request, here or there");
	const char *name = hidden(kind);
	return name ? sw_str_fmt(arena, "'%s' is never shown; create them here", name) : SW_STR_NULL;
}

static void add_resource(struct sw_arena *arena, const struct sw_api *api, const struct sw_resource *def,
			 struct import_kind *kind)
{
	*kind = (struct import_kind){
		.name = def->name,
		.plural = sw_str_of(def->plural),
		.list = find(arena, api, "List", def->name),
		.fetch = find(arena, api, "Fetch", def->name),
		.create = find(arena, api, "Create", def->name),
		.update = find(arena, api, "Update", def->name),
	};
	for (size_t i = 0; i < SW_COUNTOF(parts); i++)
		if (strcmp(parts[i].name, def->name) == 0)
			kind->part = &parts[i];
	kind->why_not = why_not(arena, def, kind);
}

size_t import_kinds(struct sw_arena *arena, const struct sw_api *api, struct import_kind **ret)
{
	struct import_kind *kinds = *ret = SW_ARENA_ARRAY(arena, struct import_kind, KINDS_MAX);
	size_t n = 0;
	for (const struct sw_module *const *m = sw_modules; *m; m++)
		for (const struct sw_resource *const *r = (*m)->resources; r && *r; r++)
			if ((*r)->style != SW_STYLE_NATIVE) {
				SW_BUG_ON(n + SW_COUNTOF(senders) >= KINDS_MAX);
				add_resource(arena, api, *r, &kinds[n++]);
			}
	for (size_t i = 0; i < SW_COUNTOF(senders); i++)
		kinds[n++] = (struct import_kind){
			.name = senders[i].name,
			.plural = sw_str_of(senders[i].plural),
			.list = find(arena, api, "List", senders[i].name),
			.fetch = find(arena, api, "Fetch", senders[i].name),
			.create = find(arena, api, "Create", "Sender"),
			.update = find(arena, api, "Update", senders[i].name),
			.sender = senders[i].member,
		};
	return n;
}

static bool is_copied(const struct import_absent *row, const struct import_kind *kinds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (kinds[i].list && strcmp(kinds[i].list->path, row->path) == 0 &&
		    strcmp(kinds[i].list->product, row->product) == 0)
			return true;
	return false;
}

const struct import_absent *import_absent_at(const struct import_kind *kinds, size_t n, size_t i)
{
	for (size_t k = 0; k < SW_COUNTOF(absent); k++)
		if (!is_copied(&absent[k], kinds, n) && i-- == 0)
			return &absent[k];
	return NULL;
}
