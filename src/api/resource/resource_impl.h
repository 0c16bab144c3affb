/* api/resource/resource_impl.h - what the files of declared resources share: the arguments of their calls. */
#ifndef SW_API_RESOURCE_IMPL_H
#define SW_API_RESOURCE_IMPL_H

#include "api/api_impl.h"

enum { SW_RESOURCE_LEVELS = 4 }; /* of resources that belong to each other */

/* Behind the resource's own fields. A level is named by SID or, where names are taken, by text. */
struct sw_resource_args {
	struct sw_sid account;
	struct sw_sid sid[SW_RESOURCE_LEVELS]; /* outermost first */
	struct sw_str name[SW_RESOURCE_LEVELS];
	int64_t created, created_from, created_to, updated, updated_from, updated_to;
	struct sw_str order;
};

/** How many resources it belongs to. */
unsigned sw_resource_level(const struct sw_resource *def);

int sw_resource_create(struct sw_call *c, struct sw_error *err);
int sw_resource_list_all(struct sw_call *c, struct sw_error *err);
int sw_resource_fetch(struct sw_call *c, struct sw_error *err);
int sw_resource_change(struct sw_call *c, struct sw_error *err);
int sw_resource_remove(struct sw_call *c, struct sw_error *err);

/** A step that has the children of what is deleted follow it. */
void sw_resource_cascade(struct sw_txn *txn, const struct sw_resource_type *type, const struct sw_account *account,
			 struct sw_sid parent);

#endif
